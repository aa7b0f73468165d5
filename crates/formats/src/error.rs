//! Bytes that are not the format they should be.

use std::fmt;

use base64::DecodeError;
use touchmark_core::{ErrorKind, Explain, PublicKeyError};

/// How many characters of foreign text an error repeats.
const SHOWN: usize = 120;

/// Why bytes were refused as a bundle or a signature. All of them are [`ErrorKind::Malformed`].
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// More bytes than any honest file of the format has.
    #[error("{what} of more than {limit} bytes")]
    TooLarge {
        /// The format.
        what: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Not JSON, or a member that is unknown, given twice, or of another type.
    #[error("malformed {what}")]
    Json {
        /// The format.
        what: &'static str,
        /// What is wrong, and where.
        source: JsonError,
    },
    /// A media type that names no known version of the bundle.
    #[error("bundle media type {} is not supported", shown(.0))]
    MediaType(String),
    /// A member that the format requires is absent or empty.
    #[error("{0} is missing or empty")]
    Missing(&'static str),
    /// Two members of which only one may be present.
    #[error("both {0} and {1} are present where only one may be")]
    Both(&'static str, &'static str),
    /// A value that the format does not allow.
    #[error("{field}: {why}")]
    Invalid {
        /// Where it stands.
        field: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The same log entry or timestamp twice.
    #[error("{0} repeats an earlier one")]
    Duplicate(String),
    /// A text signature that is not base64.
    #[error("the signature is text, but not base64")]
    Base64(#[source] DecodeError),
    /// A `cert` that is neither a certificate nor a public key in PEM.
    #[error("cert holds no PEM certificate or public key")]
    Cert(#[source] pem::PemError),
    /// A `cert` with a public key that cannot be used.
    #[error("cert holds a public key that cannot be used")]
    CertKey(#[source] PublicKeyError),
}

impl Explain for FormatError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooLarge { .. } => "check that the right file was named",
            Self::MediaType(_) => {
                "supported are Sigstore bundles of versions 0.1 to 0.3; `cosign sign-blob \
                 --bundle` and `touchmark sign-blob` write 0.3"
            }
            Self::Base64(_) => {
                "a detached signature is standard base64 with padding, or the raw bytes"
            }
            Self::CertKey(error) => return error.hint(),
            Self::Json { .. }
            | Self::Missing(_)
            | Self::Both(..)
            | Self::Invalid { .. }
            | Self::Duplicate(_)
            | Self::Cert(_) => {
                "fetch the file again from its publisher, or have the artifact signed again"
            }
        };
        Some(hint.into())
    }
}

/// What a JSON parser said, shortened and without control characters: it repeats foreign text.
#[derive(Debug)]
pub struct JsonError(String);

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        if text.chars().count() <= 2 * SHOWN {
            return Self(printable(&text, 2 * SHOWN));
        }
        // The position comes last and matters most.
        let position = format!(" at line {} column {}", error.line(), error.column());
        Self(printable(&text, SHOWN) + "…" + &position)
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

/// Foreign text in quotes, shortened, fit for a terminal.
pub(crate) fn shown(text: &str) -> String {
    let rest = if text.chars().count() > SHOWN {
        "…"
    } else {
        ""
    };
    format!("\"{}{rest}\"", printable(text, SHOWN))
}

/// The first characters of foreign text, with everything but printable ASCII escaped.
pub(crate) fn printable(text: &str, most: usize) -> String {
    let mut printable = String::new();
    for character in text.chars().take(most) {
        if character == ' ' || character.is_ascii_graphic() {
            printable.push(character);
        } else {
            printable.extend(character.escape_default());
        }
    }
    printable
}
