//! cosign 2's blob bundle: `{"base64Signature", "cert", "rekorBundle"}`.
//!
//! cosign 2 writes it with `--bundle` unless `--new-bundle-format` is set, and every cosign reads
//! it. cosign lets a public key in `cert` replace the one of `--key`, so that a file from an
//! attacker verifies with the attacker's own key; here `cert` never adds a key to trust.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use touchmark_core::{PublicKey, Signature};

use crate::error::FormatError;
use crate::protojson::{self, Bytes, Count, Message};

/// The largest file that is read, in bytes: its Rekor entry may hold a certificate chain.
pub const MAX_LEN: usize = 1024 * 1024;

const WHAT: &str = "legacy cosign bundle";

/// A legacy bundle whose form is sound. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyBundle {
    /// The signature, never empty.
    pub signature: Signature,
    /// The signer as the file states it: never a reason to trust it.
    pub signer: Option<Signer>,
    /// The entry in a Rekor v1 log.
    pub rekor: Option<RekorBundle>,
}

/// What `cert` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// A public key.
    PublicKey(PublicKey),
    /// An X.509 certificate in DER.
    Certificate(Vec<u8>),
}

/// A Rekor v1 entry with the log's promise to include it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RekorBundle {
    /// The log's signature over the entry, raw; never empty.
    pub signed_entry_timestamp: Vec<u8>,
    /// The entry's body: canonical JSON, never empty.
    pub body: Vec<u8>,
    /// When the log took it, in Unix seconds.
    pub integrated_time: u64,
    /// The index over all shards of the log.
    pub log_index: u64,
    /// The log's id as the file has it: hex of SHA-256 of its public key.
    pub log_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "base64Signature")]
    signature: Option<Bytes>,
    cert: Option<String>,
    #[serde(rename = "rekorBundle")]
    rekor: Option<Message<WireRekor>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRekor {
    #[serde(rename = "SignedEntryTimestamp")]
    signed_entry_timestamp: Option<Bytes>,
    #[serde(rename = "Payload")]
    payload: Option<Message<WirePayload>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePayload {
    body: Option<Bytes>,
    #[serde(rename = "integratedTime")]
    integrated_time: Option<Count>,
    #[serde(rename = "logIndex")]
    log_index: Option<Count>,
    #[serde(rename = "logID")]
    log_id: Option<String>,
}

/// Reads a legacy bundle.
///
/// # Errors
/// It is not exactly one: see [`FormatError`] for the ways to fail. Unlike cosign, which matches
/// names in any case and ignores what it does not know, every name is exact and known.
pub fn read(json: &[u8]) -> Result<LegacyBundle, FormatError> {
    let wire: Wire = protojson::read(WHAT, MAX_LEN, json)?;
    Ok(LegacyBundle {
        signature: Signature::from_bytes(required(wire.signature, "base64Signature")?),
        signer: match wire.cert.filter(|cert| !cert.is_empty()) {
            Some(cert) => Some(signer(&cert)?),
            None => None,
        },
        rekor: match wire.rekor {
            Some(rekor) => Some(rekor_bundle(rekor.0)?),
            None => None,
        },
    })
}

/// Reads `cert`: PEM, or base64 of PEM, as cosign writes it.
fn signer(cert: &str) -> Result<Signer, FormatError> {
    let decoded = STANDARD.decode(cert).ok();
    let text = decoded.as_deref().unwrap_or(cert.as_bytes());
    let mut blocks = pem::parse_many(text).map_err(FormatError::Cert)?;
    let block = match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) => block,
        (None, _) => return Err(FormatError::Missing("the PEM block in cert")),
        (Some(_), false) => {
            return Err(FormatError::Invalid {
                field: "cert".into(),
                why: "it holds more than one PEM block",
            });
        }
    };
    match block.tag() {
        "CERTIFICATE" => Ok(Signer::Certificate(block.into_contents())),
        _ => PublicKey::from_pem(&block.to_string())
            .map(Signer::PublicKey)
            .map_err(FormatError::CertKey),
    }
}

fn rekor_bundle(rekor: WireRekor) -> Result<RekorBundle, FormatError> {
    let payload = rekor
        .payload
        .ok_or(FormatError::Missing("rekorBundle.Payload"))?
        .0;
    Ok(RekorBundle {
        signed_entry_timestamp: required(
            rekor.signed_entry_timestamp,
            "rekorBundle.SignedEntryTimestamp",
        )?,
        body: required(payload.body, "rekorBundle.Payload.body")?,
        integrated_time: payload.integrated_time.map_or(0, |count| count.0),
        log_index: payload.log_index.map_or(0, |count| count.0),
        log_id: payload.log_id.unwrap_or_default(),
    })
}

fn required(bytes: Option<Bytes>, name: &'static str) -> Result<Vec<u8>, FormatError> {
    bytes
        .map(|bytes| bytes.0)
        .filter(|bytes| !bytes.is_empty())
        .ok_or(FormatError::Missing(name))
}
