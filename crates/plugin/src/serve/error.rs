//! Why a call was not answered, and the one line that the host gets to see.

use std::error::Error as _;
use std::io;

use touchmark_core::{ErrorKind, Explain, Fault, KeyAlgorithm, SignatureScheme};

use super::input::MESSAGE_LIMIT;
use crate::wire::{PROTOCOL_VERSION, WireError};

/// The longest `errorMessage` in characters.
const LIMIT: usize = 4096;

/// Why a call was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Not called as a plugin.
    #[error("a KMS plugin is called as: sigstore-kms-touchmark {PROTOCOL_VERSION} JSON")]
    Arguments,
    /// The request is malformed.
    #[error("the plugin request is malformed")]
    Request(#[from] WireError),
    /// Another version of the protocol.
    #[error("plugin protocol {0:?} is not supported")]
    Version(String),
    /// A version of a key was asked for.
    #[error("key version {0:?} was asked for, but keys here have no versions")]
    KeyVersion(String),
    /// A hash function that is not used here, by its number in Go.
    #[error("hash function {0} is not supported")]
    Hash(u32),
    /// A digest that the key does not sign, or not of the hash function that was named.
    #[error("a digest of {length} bytes does not suit the hash function or the {key} key")]
    Digest {
        /// Its length in bytes.
        length: usize,
        /// The key's algorithm.
        key: KeyAlgorithm,
    },
    /// The key does not sign this way where it is.
    #[error("this key does not sign with {0}")]
    Scheme(SignatureScheme),
    /// Too long for pure Ed25519, which needs the whole message at once.
    #[error("the message is longer than {MESSAGE_LIMIT} bytes")]
    TooLong,
    /// Standard input cannot be read.
    #[error("the message cannot be read")]
    Read(#[source] io::Error),
    /// The deadline passed.
    #[error("the deadline passed")]
    Deadline,
    /// The key's own backend failed, or the signature does not verify.
    #[error(transparent)]
    Backend(Fault),
}

impl ServeError {
    /// The error, its causes and its hint in one line without control characters.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let reason = error.to_string();
            if !text.ends_with(&reason) {
                text = format!("{text}: {reason}");
            }
            cause = error.source();
        }
        if let Some(hint) = self.hint() {
            text = format!("{text}: {hint}");
        }
        text.chars().map(printable).take(LIMIT).collect()
    }
}

fn printable(character: char) -> char {
    if character.is_control() {
        ' '
    } else {
        character
    }
}

impl Explain for ServeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(error) => error.kind(),
            Self::Backend(fault) => fault.kind(),
            Self::Deadline => ErrorKind::Unreachable,
            Self::Read(_) => ErrorKind::Failed,
            Self::Scheme(_) => ErrorKind::Key,
            _ => ErrorKind::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Request(error) => return error.hint(),
            Self::Backend(fault) => return fault.hint(),
            Self::Read(_) => return None,
            Self::Arguments => {
                "let cosign call it, as in cosign sign-blob --key touchmark://REF".into()
            }
            Self::Version(_) => format!("use a host that speaks {PROTOCOL_VERSION}"),
            Self::KeyVersion(_) => "name the key that is meant instead".into(),
            Self::Hash(_) => "use SHA-256, SHA-384 or SHA-512 (5, 6 or 7)".into(),
            Self::Digest { .. } => DIGEST_HINT.into(),
            Self::Scheme(SignatureScheme::Ed25519ph) => PREHASH_HINT.into(),
            Self::Scheme(_) => "ask for another hash function, or use another key".into(),
            Self::TooLong => "use an ECDSA or RSA key, or sign with touchmark itself".into(),
            Self::Deadline => "raise the host's --timeout".into(),
        })
    }
}

const DIGEST_HINT: &str = "send a SHA-256, SHA-384 or SHA-512 digest and its own hash function; \
     an Ed25519 key signs a SHA-512 digest or the message itself";

const PREHASH_HINT: &str = "the host sent a digest for Ed25519ph, as cosign does when it uploads \
     to a transparency log: sign without a log, or use an ECDSA key";
