//! Reading a bundle from untrusted bytes.

use touchmark_core::{Digest, HashAlgorithm, Signature};

use super::write::algorithm_name;
use super::{Bundle, Content, Envelope, KeyMaterial, LogEntry, MessageSignature, Version, wire};
use crate::error::FormatError;
use crate::protojson;

/// The largest bundle that is read, in bytes. A blob's bundle has hundreds; an attestation with
/// a software bill of materials inside can have a few million.
pub const MAX_LEN: usize = 16 * 1024 * 1024;
/// The most log entries in one bundle: sigstore-go's limit.
pub const MAX_LOG_ENTRIES: usize = 32;
/// The most timestamps in one bundle: sigstore-go's limit.
pub const MAX_TIMESTAMPS: usize = 32;

const WHAT: &str = "Sigstore bundle";

/// Reads a bundle of version 0.1, 0.2 or 0.3.
///
/// # Errors
/// It is not exactly one such bundle: see [`FormatError`] for the ways to fail.
pub fn read(json: &[u8]) -> Result<Bundle, FormatError> {
    let bundle: wire::Bundle = protojson::read(WHAT, MAX_LEN, json)?;
    let media_type = bundle.media_type.ok_or(FormatError::Missing("mediaType"))?;
    let version =
        Version::from_media_type(&media_type).ok_or(FormatError::MediaType(media_type))?;
    let content = content(bundle.message_signature, bundle.dsse_envelope)?;
    let mut material = bundle
        .verification_material
        .ok_or(FormatError::Missing("verificationMaterial"))?
        .0;
    let log_entries = log_entries(material.tlog_entries.take(), version)?;
    let timestamps = timestamps(material.timestamp_verification_data.take())?;
    Ok(Bundle {
        version,
        signer: signer(material, version)?,
        log_entries,
        timestamps,
        content,
    })
}

/// Reads an envelope that stands alone.
pub(crate) fn read_envelope(what: &'static str, json: &[u8]) -> Result<Envelope, FormatError> {
    envelope(protojson::read(what, MAX_LEN, json)?)
}

type Member<T> = Option<protojson::Message<T>>;

fn content(
    message: Member<wire::MessageSignature>,
    envelope: Member<wire::Envelope>,
) -> Result<Content, FormatError> {
    match (message, envelope) {
        (Some(_), Some(_)) => Err(FormatError::Both("messageSignature", "dsseEnvelope")),
        (Some(message), None) => message_signature(message.0).map(Content::Message),
        (None, Some(envelope)) => self::envelope(envelope.0).map(Content::Envelope),
        (None, None) => Err(FormatError::Missing("messageSignature")),
    }
}

fn message_signature(message: wire::MessageSignature) -> Result<MessageSignature, FormatError> {
    Ok(MessageSignature {
        digest: match message.message_digest {
            Some(output) => digest(output.0)?,
            None => None,
        },
        signature: Signature::from_bytes(wire::required(
            message.signature,
            "messageSignature.signature",
        )?),
    })
}

/// A digest; neither algorithm nor digest stands for none at all.
fn digest(output: wire::HashOutput) -> Result<Option<Digest>, FormatError> {
    let bytes = output.digest.map(|bytes| bytes.0).unwrap_or_default();
    let invalid = |why| FormatError::Invalid {
        field: "messageSignature.messageDigest".into(),
        why,
    };
    match hash_algorithm(output.algorithm).map_err(invalid)? {
        Some(algorithm) => Digest::from_bytes(algorithm, &bytes)
            .map(Some)
            .ok_or_else(|| invalid("the digest's length is not its algorithm's")),
        None if bytes.is_empty() => Ok(None),
        None => Err(invalid("a digest without an algorithm")),
    }
}

/// `None` is the enum's zero, "unspecified".
fn hash_algorithm(
    algorithm: Option<wire::HashAlgorithm>,
) -> Result<Option<HashAlgorithm>, &'static str> {
    const UNKNOWN: &str = "the algorithm is none of SHA2_256, SHA2_384, SHA2_512";
    match algorithm {
        None | Some(wire::HashAlgorithm::Number(0)) => Ok(None),
        Some(wire::HashAlgorithm::Number(number)) => usize::try_from(number - 1)
            .ok()
            .and_then(|index| HashAlgorithm::ALL.get(index).copied())
            .map(Some)
            .ok_or(UNKNOWN),
        Some(wire::HashAlgorithm::Name(name)) if name == "HASH_ALGORITHM_UNSPECIFIED" => Ok(None),
        Some(wire::HashAlgorithm::Name(name)) => HashAlgorithm::ALL
            .into_iter()
            .find(|known| algorithm_name(*known) == name)
            .map(Some)
            .ok_or(UNKNOWN),
    }
}

fn envelope(envelope: wire::Envelope) -> Result<Envelope, FormatError> {
    let mut signatures = envelope.signatures.map(|list| list.0).unwrap_or_default();
    let (Some(signature), true) = (signatures.pop(), signatures.is_empty()) else {
        return Err(FormatError::Invalid {
            field: "dsseEnvelope.signatures".into(),
            why: "an envelope has exactly one signature here",
        });
    };
    Ok(Envelope {
        payload: wire::required(envelope.payload, "dsseEnvelope.payload")?,
        payload_type: envelope.payload_type.unwrap_or_default(),
        key_id: signature.0.keyid.unwrap_or_default(),
        signature: Signature::from_bytes(wire::required(
            signature.0.sig,
            "dsseEnvelope.signatures.sig",
        )?),
    })
}

fn signer(
    material: wire::VerificationMaterial,
    version: Version,
) -> Result<KeyMaterial, FormatError> {
    const KEY: &str = "verificationMaterial.publicKey";
    const CERTIFICATE: &str = "verificationMaterial.certificate";
    const CHAIN: &str = "verificationMaterial.x509CertificateChain";
    let (key, certificate) = (material.public_key, material.certificate);
    match (key, certificate, material.x509_certificate_chain) {
        (Some(_), Some(_), _) => Err(FormatError::Both(KEY, CERTIFICATE)),
        (Some(_), _, Some(_)) => Err(FormatError::Both(KEY, CHAIN)),
        (_, Some(_), Some(_)) => Err(FormatError::Both(CERTIFICATE, CHAIN)),
        (Some(key), None, None) => Ok(KeyMaterial::PublicKey {
            hint: key.0.hint.unwrap_or_default(),
        }),
        (None, Some(certificate), None) => {
            wire::required(certificate.0.raw_bytes, CERTIFICATE).map(KeyMaterial::Certificate)
        }
        (None, None, Some(_)) if version >= Version::V0_3 => Err(FormatError::Invalid {
            field: CHAIN.into(),
            why: "a bundle of version 0.3 carries the leaf certificate alone",
        }),
        (None, None, Some(chain)) => certificate_chain(chain.0, CHAIN),
        (None, None, None) => Err(FormatError::Missing(KEY)),
    }
}

fn certificate_chain(
    chain: wire::CertificateChain,
    name: &'static str,
) -> Result<KeyMaterial, FormatError> {
    let certificates = chain.certificates.map(|list| list.0).unwrap_or_default();
    if certificates.is_empty() {
        return Err(FormatError::Missing(name));
    }
    certificates
        .into_iter()
        .map(|certificate| wire::required(certificate.0.raw_bytes, name))
        .collect::<Result<_, _>>()
        .map(KeyMaterial::CertificateChain)
}

fn log_entries(
    entries: Option<protojson::List<protojson::Message<wire::LogEntry>, MAX_LOG_ENTRIES>>,
    version: Version,
) -> Result<Vec<LogEntry>, FormatError> {
    let mut log_entries: Vec<LogEntry> = Vec::new();
    let entries = entries.map(|list| list.0).unwrap_or_default();
    for (index, entry) in entries.into_iter().enumerate() {
        let entry = LogEntry::from_wire(index, entry.0, version)?;
        if log_entries.iter().any(|earlier| earlier.same_place(&entry)) {
            return Err(FormatError::Duplicate(format!("tlogEntries[{index}]")));
        }
        log_entries.push(entry);
    }
    Ok(log_entries)
}

fn timestamps(data: Member<wire::Timestamps>) -> Result<Vec<Vec<u8>>, FormatError> {
    let mut timestamps: Vec<Vec<u8>> = Vec::new();
    let list = data.and_then(|data| data.0.rfc3161_timestamps);
    for timestamp in list.map(|list| list.0).unwrap_or_default() {
        let timestamp = wire::required(
            timestamp.0.signed_timestamp,
            "timestampVerificationData.rfc3161Timestamps.signedTimestamp",
        )?;
        if timestamps.contains(&timestamp) {
            let index = timestamps.len();
            return Err(FormatError::Duplicate(format!(
                "rfc3161Timestamps[{index}]"
            )));
        }
        timestamps.push(timestamp);
    }
    Ok(timestamps)
}
