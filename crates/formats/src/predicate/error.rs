//! Why a file is not the predicate that it should be.

use std::str::Utf8Error;

use touchmark_core::{ErrorKind, Explain};

use super::PredicateType;
use crate::error::{FormatError, JsonError, shown};

/// Why a predicate was not made.
#[derive(Debug, thiserror::Error)]
pub enum PredicateError {
    /// Neither a name of cosign's `--type` nor a URI.
    #[error("{} is no predicate type", shown(.0))]
    UnknownType(String),
    /// The file is larger than an attestation can carry.
    #[error("predicate of more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The file is not JSON, or has a member twice.
    #[error("the predicate is not sound JSON")]
    Json(#[source] FormatError),
    /// The file is not text in UTF-8.
    #[error("the {kind} predicate is not text in UTF-8")]
    NotText {
        /// The type's name.
        kind: &'static str,
        /// Where it is not.
        source: Utf8Error,
    },
    /// The file is JSON, but no object.
    #[error("the {kind} predicate is not a JSON object")]
    NotAnObject {
        /// The type's name.
        kind: &'static str,
    },
    /// The file is text, but not SPDX's tag-value form.
    #[error("the spdx predicate has no line SPDXVersion: SPDX-2.x")]
    NotTagValue,
    /// A member that the type requires is absent, of another type, or has a value that the type
    /// does not allow.
    #[error("malformed {kind} predicate{}", place(.path))]
    Field {
        /// The type's name.
        kind: &'static str,
        /// The place, such as `statements[2].status`, or nothing for the object itself.
        path: String,
        /// What is wrong there.
        source: JsonError,
    },
    /// A time outside the years 0 to 9999.
    #[error("the time of signing cannot be written")]
    Time(#[source] time::error::Format),
}

impl Explain for PredicateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownType(_) => ErrorKind::Usage,
            Self::Time(_) => ErrorKind::Failed,
            _ => ErrorKind::Malformed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownType(_) => {
                let names: Vec<&str> = PredicateType::names().collect();
                format!("give one of {}, or a URI", names.join(", "))
            }
            Self::TooLarge { .. } => {
                "attest the document's digest instead, and publish the document beside it".into()
            }
            Self::Json(_) | Self::NotText { .. } | Self::NotAnObject { .. } => {
                "check that the right file was named, and that it was written whole".into()
            }
            Self::Field { .. } | Self::NotTagValue => {
                "check that --type names what the file holds; nothing was signed".into()
            }
            Self::Time(_) => "set the clock".into(),
        })
    }
}

fn place(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    format!(" at {path}")
}
