//! Errors that say who must act and what to do.
//!
//! Each crate has its own error enum; all of them implement [`Explain`], so that one place (the
//! command line's `report`) can print any of them and choose an exit code.

use std::error::Error as StdError;
use std::fmt;

/// Who has to act on an error. Each group has one exit code on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller asked for something that cannot be: wrong flags, a malformed or refused URI.
    Usage,
    /// No token, device or key matches, several do, or the one that does is not the right one.
    Key,
    /// A PIN or password is missing, wrong or locked.
    Secret,
    /// A module, device or service cannot be reached, or a deadline passed.
    Unreachable,
    /// Bytes from outside (a file, key, bundle, answer) are malformed.
    Malformed,
    /// A signature does not verify.
    Rejected,
    /// Any other failure.
    Failed,
}

impl ErrorKind {
    /// The group's name in JSON output: lower case, stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Key => "key",
            Self::Secret => "secret",
            Self::Unreachable => "unreachable",
            Self::Malformed => "malformed",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// An error that knows its group and, where there is a next step, says it.
pub trait Explain: StdError + Send + Sync + 'static {
    /// Who must act.
    fn kind(&self) -> ErrorKind;

    /// What the reader can do next, as one sentence without a final full stop; `None` where
    /// nothing useful can be said.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// Any backend's error, as it crosses the seam: its group, its hint and its causes are kept.
pub struct Fault(Box<dyn Explain>);

impl Fault {
    /// Wraps a backend's own error.
    pub fn new(error: impl Explain) -> Self {
        Self(Box::new(error))
    }

    /// Who must act.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// What the reader can do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    /// The backend's error itself, for callers that know its type.
    #[must_use]
    pub fn downcast_ref<E: Explain>(&self) -> Option<&E> {
        let error: &(dyn StdError + 'static) = &*self.0;
        error.downcast_ref()
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl Explain for Fault {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn hint(&self) -> Option<String> {
        self.0.hint()
    }
}
