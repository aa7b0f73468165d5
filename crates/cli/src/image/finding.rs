//! What is found beside an image that may be its signature or an attestation of it.

use std::fmt;

/// In which of cosign's forms it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A layer of the `.sig` or `.att` tag: cosign 1 and 2.
    Legacy,
    /// A Sigstore bundle as a referrer: cosign 3.
    Bundle,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Bundle => "bundle",
        }
    }
}

/// Where something was found: its form, and the digest of the layer or referrer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) form: Form,
    /// `sha256:HEX`, or a file.
    pub(crate) at: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Legacy => write!(f, "layer {}", self.at),
            Form::Bundle => write!(f, "bundle {}", self.at),
        }
    }
}

/// A candidate that is not what was looked for, and why.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) place: Place,
    /// The stable name of the verdict.
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}
