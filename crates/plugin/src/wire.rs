//! The JSON of the protocol, version `v1`: what sigstore's Go package
//! `pkg/signature/kms/cliplugin/common` writes and reads.
//!
//! Bytes are standard, padded base64; an absent byte string is `null`. Hash functions are the
//! integers of Go's `crypto.Hash` (see [`hash`]). Deadlines are RFC 3339 with an offset. Fields
//! that are not known here are ignored in both directions, as Go does; what is known must have its
//! type, and must not come twice.

mod bytes;
pub mod hash;
mod request;
mod response;
mod timestamp;

pub use request::{
    CreateKey, InitOptions, MessageOptions, Method, PublicKeyOptions, Request, RpcOptions,
    SignOptions, VerifySignature,
};
pub use response::{Algorithm, Algorithms, Empty, PublicKeyPem, Response, SignatureBytes};
use serde_json::error::Category;
use touchmark_core::{ErrorKind, Explain};

/// The version of the protocol: the first argument, and `initOptions.protocolVersion`.
pub const PROTOCOL_VERSION: &str = "v1";

/// The longest request in bytes: what Linux takes as one argument.
pub const REQUEST_LIMIT: usize = 128 * 1024;

/// The longest response in bytes.
pub const RESPONSE_LIMIT: usize = 1024 * 1024;

/// Bytes that are no message of this protocol.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Longer than a message may be.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// Not JSON, or JSON with a field missing, twice or of another type. What it holds is not
    /// repeated.
    #[error("{problem} at line {line} column {column}")]
    Json {
        /// What is wrong.
        problem: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A method that is not part of the protocol.
    #[error("unknown method {0:?}")]
    Method(String),
    /// The method is named, but its arguments are not there.
    #[error("the arguments of {0} are missing")]
    Arguments(String),
}

impl Explain for WireError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TooLong(_) => None,
            Self::Json { .. } | Self::Arguments(_) | Self::Method(_) => Some(
                "both sides must speak version v1 of sigstore's KMS plugin protocol: check their \
                 versions"
                    .into(),
            ),
        }
    }
}

impl From<serde_json::Error> for WireError {
    /// Keeps the place and drops serde's own text, which may quote what it read.
    fn from(error: serde_json::Error) -> Self {
        Self::Json {
            problem: match error.classify() {
                Category::Eof => "JSON that ends too early",
                Category::Data => "a missing, repeated or mistyped field",
                Category::Io | Category::Syntax => "malformed JSON",
            },
            line: error.line(),
            column: error.column(),
        }
    }
}

/// Reads a request: one JSON object of at most [`REQUEST_LIMIT`] bytes.
///
/// # Errors
/// It is none, or names no method of the protocol with its arguments.
pub fn parse_request(json: &[u8]) -> Result<Request, WireError> {
    check_shape(json, REQUEST_LIMIT)?;
    let raw: request::Raw = serde_json::from_slice(json)?;
    raw.try_into()
}

/// Reads a response: one JSON object of at most [`RESPONSE_LIMIT`] bytes. Whether it has what was
/// asked for is for the caller to see.
///
/// # Errors
/// It is none.
pub fn parse_response(json: &[u8]) -> Result<Response, WireError> {
    check_shape(json, RESPONSE_LIMIT)?;
    Ok(serde_json::from_slice(json)?)
}

/// Refuses what is too long, and arrays: serde takes one for an object.
fn check_shape(json: &[u8], limit: usize) -> Result<(), WireError> {
    if json.len() > limit {
        return Err(WireError::TooLong(limit));
    }
    if json.trim_ascii_start().first() == Some(&b'[') {
        return Err(WireError::Json {
            problem: "an array instead of an object",
            line: 1,
            column: 1,
        });
    }
    Ok(())
}

#[cfg(test)]
#[path = "wire/tests.rs"]
mod tests;
