//! What a verb hands to [`crate::report`]: nothing prints on its own.

use std::fmt::{Display, Write};

use serde::Serialize;

use crate::error::CliError;

/// The result of a verb that ran: what to print in either form, and the exit code.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// For standard output with `--output text`, as it is.
    pub(crate) text: String,
    /// For standard error, one line each.
    pub(crate) notes: Vec<String>,
    /// For standard output with `--output json`: one JSON value.
    pub(crate) json: Option<String>,
    /// Failures of single inputs, in order: printed to standard error in both forms.
    pub(crate) failures: Vec<CliError>,
    /// The exit code where nothing failed.
    pub(crate) code: u8,
}

impl Outcome {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn json(mut self, value: &impl Serialize) -> Self {
        // Our own types always serialise; an empty value would be seen by every test.
        self.json = serde_json::to_string(value).ok();
        self
    }

    /// The highest code of all inputs.
    pub(crate) fn exit_code(&self) -> u8 {
        self.failures
            .iter()
            .map(CliError::code)
            .chain([self.code])
            .max()
            .unwrap_or_default()
    }
}

/// Each item on a line of its own.
pub(crate) fn lines<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().fold(String::new(), |mut text, item| {
        // A String takes every write.
        let _ = writeln!(text, "{item}");
        text
    })
}
