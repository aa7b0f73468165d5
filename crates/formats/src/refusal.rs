//! Why a blob's signature is not accepted.

use std::fmt::Write;
use std::io;

use touchmark_core::{Digest, ErrorKind, Explain, KeyId, PrepareError, SignatureError};

use crate::certificate::CertificateError;
use crate::error::shown;
use crate::trial::Mismatch;

/// Why [`verify_blob`](crate::verify_blob) refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The artifact is not the one that was signed.
    #[error("{}", digest_mismatch(.declared, .found, .signer.as_deref()))]
    DigestMismatch {
        /// What the bundle declares.
        declared: Digest,
        /// The artifact's digest.
        found: Digest,
        /// The name of the given key that signed the declared digest, where one did.
        signer: Option<String>,
    },
    /// One of the given keys is the one that the bundle names, and its signature is wrong.
    #[error("the signature by {name} ({key_id}) does not match the file")]
    InvalidSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: KeyId,
    },
    /// No given key made the signature, and nothing says which key did.
    #[error("the signature matches neither the file nor {}", keys(.given))]
    NoMatch {
        /// The ids of the given keys.
        given: Vec<KeyId>,
    },
    /// The evidence names a key that was not given.
    #[error("the signature is by key {signer}, and the given {}", keys(.given))]
    UnknownKey {
        /// The id of the key that the evidence names.
        signer: KeyId,
        /// The ids of the given keys.
        given: Vec<KeyId>,
    },
    /// The evidence names its signer by a certificate and none is trusted, or the other way
    /// round.
    #[error(transparent)]
    Certificate(CertificateError),
    /// The bundle is an attestation.
    #[error("the bundle holds an attestation of type {}, not a blob's signature", shown(.0))]
    Attestation(String),
    /// The signature is no signature of the key that is said to have made it, or of any key.
    #[error("malformed signature of {length} bytes for {key}")]
    Malformed {
        /// Its length in bytes.
        length: usize,
        /// The key that it should be by: a name, or an algorithm.
        key: String,
        /// What is wrong with it, for ECDSA.
        #[source]
        source: Option<SignatureError>,
    },
    /// Only a digest of the artifact was given, and the check needs another, or all of it.
    #[error("the file itself is needed")]
    NeedsFile(#[source] PrepareError),
    /// The artifact cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
}

impl Refusal {
    /// The stable name of the verdict, for scripts. Without a keyring there are four besides
    /// `valid`: `unknown-key` (the evidence names another signer), `invalid-signature` (every
    /// other mismatch), `malformed`, and `failed` where no verdict could be reached.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.code(),
            Self::UnknownKey { .. } => "unknown-key",
            Self::DigestMismatch { .. }
            | Self::InvalidSignature { .. }
            | Self::NoMatch { .. }
            | Self::Attestation(_) => "invalid-signature",
            Self::Malformed { .. } => "malformed",
            Self::NeedsFile(_) | Self::Unreadable(_) => "failed",
        }
    }
}

impl Explain for Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::DigestMismatch { .. }
            | Self::InvalidSignature { .. }
            | Self::NoMatch { .. }
            | Self::UnknownKey { .. }
            | Self::Attestation(_) => ErrorKind::Rejected,
            Self::Certificate(error) => error.kind(),
            Self::Malformed { .. } => ErrorKind::Malformed,
            Self::NeedsFile(_) => ErrorKind::Usage,
            Self::Unreadable(_) => ErrorKind::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::DigestMismatch { .. } => {
                "the file was changed after signing, or the bundle belongs to another file or \
                 version: do not use it before you know which"
            }
            Self::InvalidSignature { .. } => {
                "do not use the file: fetch it and its signature again from its publisher"
            }
            Self::NoMatch { .. } => {
                "the file was changed, or another key signed it: fetch the file and its signature \
                 again, and check the key with its owner"
            }
            Self::UnknownKey { .. } => {
                "get the signer's public key from its owner, never from beside the file, and give \
                 it with --key"
            }
            Self::Certificate(error) => return error.hint(),
            Self::Attestation(_) => {
                "check it with `touchmark verify-blob-attestation`, or name the bundle of the file's \
                 own signature"
            }
            Self::Malformed { .. } => {
                "fetch the signature again; an ECDSA signature is ASN.1 DER, not r ‖ s"
            }
            Self::NeedsFile(_) => "name the file itself instead of its digest",
            Self::Unreadable(_) => return None,
        };
        Some(hint.into())
    }
}

impl From<Mismatch> for Refusal {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Unknown { signer, given } => Self::UnknownKey { signer, given },
            Mismatch::Malformed {
                length,
                key,
                source,
            } => Self::Malformed {
                length,
                key,
                source,
            },
            Mismatch::Invalid { name, key_id } => Self::InvalidSignature { name, key_id },
            Mismatch::NoMatch { given } => Self::NoMatch { given },
            Mismatch::Certificate(error) => Self::Certificate(error),
        }
    }
}

fn digest_mismatch(declared: &Digest, found: &Digest, signer: Option<&str>) -> String {
    let mut text = format!("the file's digest is {found}, but the bundle is for {declared}");
    if let Some(signer) = signer {
        // A String takes every write.
        let _ = write!(text, " (signed by {signer})");
    }
    text
}

pub(crate) fn keys(given: &[KeyId]) -> String {
    match given {
        [] => "no key was given".into(),
        [one] => format!("key {one}"),
        [first, rest @ ..] => {
            let list = rest.iter().fold(first.to_string(), |list, key| {
                list + ", " + &key.to_string()
            });
            format!("keys {list}")
        }
    }
}
