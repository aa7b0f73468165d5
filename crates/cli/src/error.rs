//! The one error type of the command line: what is printed, and with which code it exits.

use std::error::Error as StdError;
use std::path::Path;

use serde::Serialize;
use touchmark_core::{ErrorKind, Explain};

/// An error ready to be shown.
#[derive(Clone, Debug)]
pub(crate) struct CliError {
    kind: ErrorKind,
    code: u8,
    message: String,
    hint: Option<String>,
    causes: Vec<String>,
}

/// As the JSON contract has it: `{kind,message,hint,causes}`.
#[derive(Serialize)]
pub(crate) struct ErrorView<'a> {
    kind: &'static str,
    message: &'a str,
    hint: &'a str,
    causes: &'a [String],
}

impl CliError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code_of(kind),
            message: message.into(),
            hint: None,
            causes: Vec::new(),
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// For work that ended without a result.
    pub(crate) fn stopped() -> Self {
        Self::new(ErrorKind::Failed, "the work ended before its time")
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn cause(mut self, cause: &(dyn StdError + 'static)) -> Self {
        self.causes = chain(Some(cause));
        self
    }

    /// Several causes side by side: why each of several candidates was no good.
    pub(crate) fn because(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.causes = causes.into_iter().collect();
        self
    }

    /// More causes, after its own.
    pub(crate) fn also(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// An exit code other than the group's own.
    pub(crate) fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        let hint = match action {
            "read" => "check the path, and that the file may be read",
            _ => "check that the folder is there and may be written to, and that there is room",
        };
        Self::new(
            ErrorKind::Failed,
            format!("cannot {action} {}", path.display()),
        )
        .hint(hint)
        .cause(error)
    }

    /// Says what it is about, unless the message does.
    pub(crate) fn context(mut self, what: &str) -> Self {
        let starts = self.message.strip_prefix(what);
        let ends = self.message.strip_suffix(what);
        let is_told = starts.is_some_and(|rest| rest.starts_with([' ', ':']))
            || ends.is_some_and(|rest| rest.ends_with(' '));
        if !is_told {
            self.message = format!("{what}: {}", self.message);
        }
        self
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do next: the error's own hint, or the one of its group.
    pub(crate) fn hint_text(&self) -> &str {
        self.hint
            .as_deref()
            .unwrap_or_else(|| hint_of_kind(self.kind))
    }

    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    pub(crate) fn view(&self) -> ErrorView<'_> {
        ErrorView {
            kind: self.kind.as_str(),
            message: &self.message,
            hint: self.hint_text(),
            causes: &self.causes,
        }
    }
}

impl<E: Explain> From<E> for CliError {
    fn from(error: E) -> Self {
        Self {
            kind: error.kind(),
            code: code_of(error.kind()),
            message: error.to_string(),
            hint: error.hint(),
            causes: chain(error.source()),
        }
    }
}

/// The exit code of each group of errors; scripts rely on them.
fn code_of(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Usage => 2,
        ErrorKind::Key => 3,
        ErrorKind::Secret => 4,
        ErrorKind::Unreachable => 5,
        ErrorKind::Malformed => 6,
        ErrorKind::Rejected => 12,
        _ => 1,
    }
}

/// Where an error has no hint of its own.
fn hint_of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "`--help` after the command shows what it takes",
        ErrorKind::Key => "`touchmark key list` shows the keys in tokens",
        ErrorKind::Secret => "check the PIN or password, and where it comes from",
        ErrorKind::Unreachable => "`touchmark doctor` shows what is reachable",
        ErrorKind::Malformed => "check that this is the file that was meant, and that it is whole",
        ErrorKind::Rejected => "do not use the file before you know why",
        _ => "`--verbose` tells what was being done",
    }
}

fn chain(mut error: Option<&(dyn StdError + 'static)>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    while let Some(cause) = error {
        let text = cause.to_string();
        // Transparent wrappers repeat what they wrap.
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        error = cause.source();
    }
    causes
}
