//! What can be wrong with a key file, and what to do about it.

use std::error::Error as StdError;
use std::io;

use touchmark_core::interaction::InteractionError;
use touchmark_core::{ErrorKind, Explain, PublicKeyError};

/// Why a key file cannot be opened, made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file, or the message to sign, cannot be read.
    #[error("{subject} cannot be read")]
    Read {
        /// Which file, as the user gave it.
        subject: String,
        /// What the system said.
        source: io::Error,
    },
    /// The environment variable is not set, or the URI is of another kind.
    #[error("no key at {0}")]
    NotFound(String),
    /// The bytes are no key file.
    #[error("malformed private key: {what}")]
    Malformed {
        /// What is wrong with them.
        what: &'static str,
        /// What the PEM, JSON or DER reader said.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// A public key or certificate where a private key is wanted.
    #[error("a {0} is no private key")]
    NotPrivate(&'static str),
    /// A private key that is encrypted in a form other than cosign's.
    #[error("the private key is encrypted in a form that is not supported: {0}")]
    Protected(&'static str),
    /// A key, or encryption parameters, of a kind that is not used here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// The public half is of an unsupported algorithm or size, or invalid.
    #[error("the private key cannot be used")]
    Public(#[from] PublicKeyError),
    /// The key is encrypted and there is nobody to ask for its password.
    #[error("the private key {0} is encrypted, and no password was given")]
    NoPassword(String),
    /// The password does not open the key, or the key file was altered.
    #[error("wrong password for the private key, or the file was altered")]
    WrongPassword,
    /// The password could not be asked for.
    #[error(transparent)]
    Interaction(#[from] InteractionError),
    /// The message was changed while it was being signed.
    #[error("the message changed while it was being signed")]
    MessageChanged,
    /// The cryptographic library or the system failed.
    #[error("{0} failed")]
    Failed(&'static str),
}

impl FileError {
    /// Malformed for a reason that was found here.
    pub(crate) fn malformed(what: &'static str) -> Self {
        Self::Malformed { what, source: None }
    }

    /// Malformed for a reason that a reader gave.
    pub(crate) fn malformed_by(
        what: &'static str,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Malformed {
            what,
            source: Some(Box::new(source)),
        }
    }
}

impl Explain for FileError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => ErrorKind::Key,
                _ => ErrorKind::Failed,
            },
            Self::NotFound(_) | Self::NotPrivate(_) | Self::Protected(_) => ErrorKind::Key,
            Self::Malformed { .. } | Self::Unsupported(_) => ErrorKind::Malformed,
            Self::Public(error) => error.kind(),
            Self::NoPassword(_) | Self::WrongPassword => ErrorKind::Secret,
            Self::Interaction(error) => error.kind(),
            Self::MessageChanged | Self::Failed(_) => ErrorKind::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read { .. } => "check the path and its permissions",
            Self::NotFound(_) => "set the variable to the text of a PEM private key",
            Self::Malformed { .. } => {
                "give one private key in PEM, as `touchmark generate-key-pair` writes it"
            }
            Self::NotPrivate(_) => "name the private key's file instead, such as cosign.key",
            Self::Protected(_) => {
                "decrypt it with `openssl pkey -in KEY -out plain.pem`, then bring it in with \
                 `touchmark import-key-pair --key plain.pem`"
            }
            Self::Unsupported(_) => {
                "supported are ECDSA P-256, P-384 and P-521, RSA of 2048, 3072 or 4096 bits, and \
                 Ed25519; encrypted key files as cosign writes them"
            }
            Self::NoPassword(_) => {
                "set COSIGN_PASSWORD (empty counts as a password), or run at a terminal"
            }
            Self::WrongPassword => "check COSIGN_PASSWORD, or unset it to be asked",
            Self::MessageChanged => "sign again when nothing writes to the file any more",
            Self::Public(error) => return error.hint(),
            Self::Interaction(error) => return error.hint(),
            Self::Failed(_) => return None,
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_group_and_next_step() {
        let read = |kind: io::ErrorKind| FileError::Read {
            subject: "a.key".into(),
            source: kind.into(),
        };
        let cases = [
            (read(io::ErrorKind::NotFound), ErrorKind::Key, "path"),
            (
                read(io::ErrorKind::PermissionDenied),
                ErrorKind::Failed,
                "permissions",
            ),
            (FileError::NotFound("env://A".into()), ErrorKind::Key, "PEM"),
            (
                FileError::malformed("x"),
                ErrorKind::Malformed,
                "generate-key-pair",
            ),
            (FileError::NotPrivate("x"), ErrorKind::Key, "cosign.key"),
            (FileError::Protected("x"), ErrorKind::Key, "openssl pkey"),
            (
                FileError::Unsupported("x".into()),
                ErrorKind::Malformed,
                "P-384",
            ),
            (
                FileError::NoPassword("a.key".into()),
                ErrorKind::Secret,
                "COSIGN_PASSWORD",
            ),
            (
                FileError::WrongPassword,
                ErrorKind::Secret,
                "COSIGN_PASSWORD",
            ),
            (FileError::MessageChanged, ErrorKind::Failed, "sign again"),
        ];
        for (error, kind, word) in cases {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.hint().unwrap().contains(word), "{error}");
        }
    }
}
