//! Why a signed claim about an image or a file is not accepted.

use std::io;

use touchmark_core::{Digest, ErrorKind, Explain, KeyId, SignatureError};

use crate::certificate::CertificateError;
use crate::error::{FormatError, shown};
use crate::refusal::keys;
use crate::statement::IMAGE_SIGNATURE;
use crate::trial::Mismatch;

/// Why one candidate (an image signature or an attestation) was refused.
///
/// Where cosign has a text for the same case that scripts look for, the message contains it.
#[derive(Debug, thiserror::Error)]
pub enum ClaimRefusal {
    /// A given key is the one that is said to have signed, and its signature is wrong.
    #[error("the signature by {name} ({key_id}) does not match what it stands beside")]
    InvalidSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: KeyId,
    },
    /// No given key made the signature, and nothing says which key did.
    #[error("the signature is not by {}, or its payload was changed", keys(.given))]
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
    /// The signature is no signature of the key that is said to have made it, or of any key.
    #[error("malformed signature of {length} bytes for {key}")]
    MalformedSignature {
        /// Its length in bytes.
        length: usize,
        /// The key that it should be by: a name, or an algorithm.
        key: String,
        /// What is wrong with it, for ECDSA.
        #[source]
        source: Option<SignatureError>,
    },
    /// The evidence names its signer by a certificate and none is trusted, or the other way
    /// round.
    #[error(transparent)]
    Certificate(CertificateError),
    /// What was signed, or stands beside it, is not of the format that it should be.
    #[error("{what}")]
    Malformed {
        /// What is malformed.
        what: &'static str,
        /// How.
        source: FormatError,
    },
    /// A bundle for a file rather than for a statement.
    #[error("bundle does not contain a DSSE envelope: it is a signature over a file")]
    NoEnvelope,
    /// The signed payload is no in-toto statement.
    #[error("the envelope's payload type is {}, not an in-toto statement's", shown(.0))]
    PayloadType(String),
    /// It is signed, but about something else.
    #[error("invalid or missing digest in claim: {name} signed {}, not {}", list(.found), list(.wanted))]
    Digest {
        /// The signer's name.
        name: String,
        /// What the claim is about, as it says it; at most a few.
        found: Vec<String>,
        /// What it should be about.
        wanted: Vec<String>,
    },
    /// It is signed, but not with the wanted annotation.
    #[error("missing or incorrect annotation {}: wanted {}, found {}", shown(.name), shown(.wanted), signed(.found.as_deref()))]
    Annotation {
        /// The annotation's name.
        name: String,
        /// The value that was asked for.
        wanted: String,
        /// The value that was signed, as JSON unless it is a string.
        found: Option<String>,
    },
    /// It is signed, but says something else: an attestation is no image signature.
    #[error("{}", wrong_type(.wanted, .found))]
    PredicateType {
        /// The type that was asked for.
        wanted: String,
        /// The type of what was signed.
        found: String,
    },
    /// Reading failed.
    #[error("the claim cannot be read")]
    Unreadable(#[source] io::Error),
}

impl ClaimRefusal {
    pub(crate) fn digest<'d>(
        name: &str,
        found: impl Iterator<Item = String>,
        wanted: impl IntoIterator<Item = &'d Digest>,
    ) -> Self {
        /// How many subjects a message repeats.
        const MOST: usize = 3;
        Self::Digest {
            name: name.into(),
            found: found.take(MOST).collect(),
            wanted: wanted.into_iter().map(Digest::to_string).collect(),
        }
    }

    /// The stable name of the verdict, for scripts: as of [`Refusal`](crate::Refusal::code), and
    /// `wrong-digest`, `wrong-annotation` and `wrong-type` for what a trusted key signed about
    /// something else.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.code(),
            Self::UnknownKey { .. } => "unknown-key",
            Self::InvalidSignature { .. } | Self::NoMatch { .. } => "invalid-signature",
            Self::MalformedSignature { .. } | Self::Malformed { .. } => "malformed",
            Self::NoEnvelope | Self::PayloadType(_) | Self::PredicateType { .. } => "wrong-type",
            Self::Digest { .. } => "wrong-digest",
            Self::Annotation { .. } => "wrong-annotation",
            Self::Unreadable(_) => "failed",
        }
    }
}

impl Explain for ClaimRefusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MalformedSignature { .. } | Self::Malformed { .. } => ErrorKind::Malformed,
            Self::Unreadable(_) => ErrorKind::Failed,
            Self::Certificate(error) => error.kind(),
            _ => ErrorKind::Rejected,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::InvalidSignature { .. } | Self::NoMatch { .. } => {
                "do not use the artifact: check the key with its owner, and fetch the artifact and \
                 its signature again from its publisher"
            }
            Self::UnknownKey { .. } => {
                "get the signer's public key from its owner, never from beside the artifact, and give \
                 it with --key"
            }
            Self::Certificate(error) => return error.hint(),
            Self::MalformedSignature { .. } | Self::Malformed { .. } => {
                "whoever stored this cannot have verified it: have the artifact signed again"
            }
            Self::NoEnvelope => "check the file with `touchmark verify-blob`",
            Self::PayloadType(_) | Self::PredicateType { .. } => {
                "an attestation is checked with `touchmark verify-attestation --type`, a signature \
                 with `touchmark verify`"
            }
            Self::Digest { .. } => {
                "the signature was copied here from another artifact: do not use this one before you \
                 know why"
            }
            Self::Annotation { .. } => {
                "give the value that was signed, or leave the annotation out"
            }
            Self::Unreadable(_) => return None,
        };
        Some(hint.into())
    }
}

impl From<Mismatch> for ClaimRefusal {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Unknown { signer, given } => Self::UnknownKey { signer, given },
            Mismatch::Malformed {
                length,
                key,
                source,
            } => Self::MalformedSignature {
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

fn wrong_type(wanted: &str, found: &str) -> String {
    if wanted == IMAGE_SIGNATURE {
        return format!(
            "it is an attestation of type {}, not an image signature",
            shown(found)
        );
    }
    format!(
        "none of the attestations matched the predicate type: {wanted}, found: {}",
        shown(found)
    )
}

fn list(texts: &[String]) -> String {
    if texts.is_empty() {
        return "nothing".into();
    }
    texts.join(", ")
}

fn signed(found: Option<&str>) -> String {
    found.map_or_else(|| "none".into(), shown)
}
