//! The Sigstore bundle: one JSON file that carries a signature and what its verification needs.
//!
//! The format is `dev.sigstore.bundle.v1.Bundle` of sigstore's protobuf-specs in the JSON mapping
//! of protocol buffers. [`write()`] makes version 0.3 for a signature by a bare key; [`read`] takes
//! versions 0.1 to 0.3, and refuses everything that sigstore-go refuses, and more.

mod log_entry;
mod read;
mod wire;
mod write;

pub use log_entry::{InclusionProof, LogEntry};
pub use read::{MAX_LEN, MAX_LOG_ENTRIES, MAX_TIMESTAMPS, read};
pub use write::{SignedBy, write, write_envelope};

pub(crate) use read::read_envelope;

use touchmark_core::{Digest, Signature};

/// The media type of version 0.3, as it is written.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A bundle whose form is sound. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The version that its media type names.
    pub version: Version,
    /// Which key signed, as far as the bundle says.
    pub signer: KeyMaterial,
    /// Entries of transparency logs; at most [`MAX_LOG_ENTRIES`].
    pub log_entries: Vec<LogEntry>,
    /// RFC 3161 `TimeStampResp`s in DER; at most [`MAX_TIMESTAMPS`].
    pub timestamps: Vec<Vec<u8>>,
    /// What was signed, and the signature.
    pub content: Content,
}

/// A version of the bundle format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 0.1: log entries carry an inclusion promise.
    V0_1,
    /// 0.2: log entries carry an inclusion proof.
    V0_2,
    /// 0.3: as 0.2, and a certificate stands alone.
    V0_3,
}

impl Version {
    /// Reads a media type. Each version has two spellings, both of which sigstore-go accepts;
    /// unlike it, patch levels such as `v0.3.1` are not.
    #[must_use]
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let rest = media_type.strip_prefix("application/vnd.dev.sigstore.bundle")?;
        Some(match rest {
            "+json;version=0.1" | ".v0.1+json" => Self::V0_1,
            "+json;version=0.2" | ".v0.2+json" => Self::V0_2,
            "+json;version=0.3" | ".v0.3+json" => Self::V0_3,
            _ => return None,
        })
    }
}

/// What a bundle says about the signing key. None of it selects whom to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyMaterial {
    /// A key that the verifier knows from elsewhere.
    PublicKey {
        /// Any text; cosign and touchmark write base64 of SHA-256 of the SPKI DER.
        hint: String,
    },
    /// The signer's X.509 certificate in DER.
    Certificate(Vec<u8>),
    /// X.509 certificates in DER, the signer's first; before version 0.3 only, never empty.
    CertificateChain(Vec<Vec<u8>>),
}

/// What a bundle's signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An artifact's bytes, kept elsewhere.
    Message(MessageSignature),
    /// A DSSE envelope: an attestation.
    Envelope(Envelope),
}

/// A signature over an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSignature {
    /// The artifact's digest as the signer declared it: not covered by the signature. Absent in
    /// the Ed25519 bundles of cosign 3.1.
    pub digest: Option<Digest>,
    /// The signature, never empty.
    pub signature: Signature,
}

/// A DSSE envelope (Dead Simple Signing Envelope 1.0) with exactly one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The payload, decoded.
    pub payload: Vec<u8>,
    /// Its type, `application/vnd.in-toto+json` for an attestation.
    pub payload_type: String,
    /// The key id beside the signature, often empty; not covered by the signature.
    pub key_id: String,
    /// The signature over the envelope's pre-authentication encoding, never empty.
    pub signature: Signature,
}
