//! The messages of protobuf-specs, member by member, as they stand in JSON.
//!
//! Each has the members of its `.proto` and no other. Everything is optional here, as in
//! protocol buffers; `read` decides what must be there.

use serde::Deserialize;

use super::read::{MAX_LOG_ENTRIES, MAX_TIMESTAMPS};
use crate::error::FormatError;
use crate::protojson::{Bytes, Count, List, Message};

/// The longest certificate chain that is read; real ones have two or three.
const MAX_CERTIFICATES: usize = 16;
/// The longest inclusion proof: a tree has at most 2^63 leaves.
const MAX_HASHES: usize = 64;
/// A bundle's envelope has one signature; a few more are read only to be refused by count.
const MAX_SIGNATURES: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundle {
    #[serde(rename = "mediaType", alias = "media_type")]
    pub(super) media_type: Option<String>,
    #[serde(rename = "verificationMaterial", alias = "verification_material")]
    pub(super) verification_material: Option<Message<VerificationMaterial>>,
    #[serde(rename = "messageSignature", alias = "message_signature")]
    pub(super) message_signature: Option<Message<MessageSignature>>,
    #[serde(rename = "dsseEnvelope", alias = "dsse_envelope")]
    pub(super) dsse_envelope: Option<Message<Envelope>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationMaterial {
    #[serde(rename = "publicKey", alias = "public_key")]
    pub(super) public_key: Option<Message<PublicKeyIdentifier>>,
    #[serde(rename = "x509CertificateChain", alias = "x509_certificate_chain")]
    pub(super) x509_certificate_chain: Option<Message<CertificateChain>>,
    pub(super) certificate: Option<Message<Certificate>>,
    #[serde(rename = "tlogEntries", alias = "tlog_entries")]
    pub(super) tlog_entries: Option<List<Message<LogEntry>, MAX_LOG_ENTRIES>>,
    #[serde(
        rename = "timestampVerificationData",
        alias = "timestamp_verification_data"
    )]
    pub(super) timestamp_verification_data: Option<Message<Timestamps>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicKeyIdentifier {
    pub(super) hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificateChain {
    pub(super) certificates: Option<List<Message<Certificate>, MAX_CERTIFICATES>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificate {
    #[serde(rename = "rawBytes", alias = "raw_bytes")]
    pub(super) raw_bytes: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timestamps {
    #[serde(rename = "rfc3161Timestamps", alias = "rfc3161_timestamps")]
    pub(super) rfc3161_timestamps: Option<List<Message<Timestamp>, MAX_TIMESTAMPS>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timestamp {
    #[serde(rename = "signedTimestamp", alias = "signed_timestamp")]
    pub(super) signed_timestamp: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageSignature {
    #[serde(rename = "messageDigest", alias = "message_digest")]
    pub(super) message_digest: Option<Message<HashOutput>>,
    pub(super) signature: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashOutput {
    pub(super) algorithm: Option<HashAlgorithm>,
    pub(super) digest: Option<Bytes>,
}

/// An enum's value: its name or its number.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum HashAlgorithm {
    Name(String),
    Number(i32),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Envelope {
    pub(super) payload: Option<Bytes>,
    #[serde(rename = "payloadType")]
    pub(super) payload_type: Option<String>,
    pub(super) signatures: Option<List<Message<EnvelopeSignature>, MAX_SIGNATURES>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvelopeSignature {
    pub(super) sig: Option<Bytes>,
    pub(super) keyid: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogEntry {
    #[serde(rename = "logIndex", alias = "log_index")]
    pub(super) log_index: Option<Count>,
    #[serde(rename = "logId", alias = "log_id")]
    pub(super) log_id: Option<Message<LogId>>,
    #[serde(rename = "kindVersion", alias = "kind_version")]
    pub(super) kind_version: Option<Message<KindVersion>>,
    #[serde(rename = "integratedTime", alias = "integrated_time")]
    pub(super) integrated_time: Option<Count>,
    #[serde(rename = "inclusionPromise", alias = "inclusion_promise")]
    pub(super) inclusion_promise: Option<Message<InclusionPromise>>,
    #[serde(rename = "inclusionProof", alias = "inclusion_proof")]
    pub(super) inclusion_proof: Option<Message<InclusionProof>>,
    #[serde(rename = "canonicalizedBody", alias = "canonicalized_body")]
    pub(super) canonicalized_body: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogId {
    #[serde(rename = "keyId", alias = "key_id")]
    pub(super) key_id: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindVersion {
    pub(super) kind: Option<String>,
    pub(super) version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InclusionPromise {
    #[serde(rename = "signedEntryTimestamp", alias = "signed_entry_timestamp")]
    pub(super) signed_entry_timestamp: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InclusionProof {
    #[serde(rename = "logIndex", alias = "log_index")]
    pub(super) log_index: Option<Count>,
    #[serde(rename = "rootHash", alias = "root_hash")]
    pub(super) root_hash: Option<Bytes>,
    #[serde(rename = "treeSize", alias = "tree_size")]
    pub(super) tree_size: Option<Count>,
    pub(super) hashes: Option<List<Bytes, MAX_HASHES>>,
    pub(super) checkpoint: Option<Message<Checkpoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    pub(super) envelope: Option<String>,
}

/// The bytes of a member that must be there and not be empty.
pub(super) fn required(bytes: Option<Bytes>, name: &'static str) -> Result<Vec<u8>, FormatError> {
    bytes
        .map(|bytes| bytes.0)
        .filter(|bytes| !bytes.is_empty())
        .ok_or(FormatError::Missing(name))
}
