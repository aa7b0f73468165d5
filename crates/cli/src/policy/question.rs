//! What the judge is asked and what it answers, as JSON over pipes.

use serde::{Deserialize, Serialize};

/// One policy file.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

/// Do these policies allow this input?
#[derive(Debug, Serialize)]
pub(super) struct Question<'a> {
    pub(super) policies: &'a [Source],
    /// JSON, as text: the judge parses it.
    pub(super) input: String,
}

/// The same, as the judge reads it.
#[derive(Debug, Deserialize)]
pub(super) struct Received {
    pub(super) policies: Vec<Source>,
    pub(super) input: String,
}

#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answer {
    Allowed,
    /// What was found instead of true.
    Denied(Vec<String>),
    /// The policy or the input cannot be understood.
    Malformed(String),
}
