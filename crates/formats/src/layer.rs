//! The annotations of a layer that holds a legacy signature or attestation.
//!
//! cosign keeps what stands beside a payload in the annotations of its layer in the `.sig` or
//! `.att` manifest: text from a registry, none of it covered by the signature.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use touchmark_core::Signature;

use crate::error::FormatError;

/// base64 of the signature; empty on attestations, whose envelope has it.
pub const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// The signer's certificate in PEM.
pub const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// The issuers of that certificate in PEM, the root last.
pub const CHAIN: &str = "dev.sigstore.cosign/chain";
/// An entry of a Rekor v1 log.
pub const BUNDLE: &str = "dev.sigstore.cosign/bundle";
/// An RFC 3161 timestamp.
pub const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
/// An attestation's predicate type.
pub const PREDICATE_TYPE: &str = "predicateType";

/// The largest annotation that is used, in bytes.
const MAX_LEN: usize = 1024 * 1024;

/// What a layer's annotations say. Nothing in it is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The signature; `None` where it is absent or empty.
    pub signature: Option<Signature>,
    /// The signer's certificate in PEM.
    pub certificate: Option<String>,
    /// Its issuers in PEM.
    pub chain: Option<String>,
    /// Whether there is an entry of a transparency log.
    pub log_entry: bool,
    /// Whether there is a timestamp.
    pub timestamp: bool,
}

/// Reads a layer's annotations; those that are not cosign's are ignored.
///
/// # Errors
/// The signature is not base64, or an annotation is larger than any honest one.
pub fn read(annotations: &BTreeMap<String, String>) -> Result<Beside, FormatError> {
    let text = |name: &str| annotations.get(name).filter(|text| !text.is_empty());
    if [SIGNATURE, CERTIFICATE, CHAIN]
        .into_iter()
        .filter_map(text)
        .any(|text| text.len() > MAX_LEN)
    {
        return Err(FormatError::TooLarge {
            what: "annotation",
            limit: MAX_LEN,
        });
    }
    Ok(Beside {
        signature: text(SIGNATURE)
            .map(|text| STANDARD.decode(text).map(Signature::from_bytes))
            .transpose()
            .map_err(FormatError::Base64)?,
        certificate: text(CERTIFICATE).cloned(),
        chain: text(CHAIN).cloned(),
        log_entry: text(BUNDLE).is_some(),
        timestamp: text(TIMESTAMP).is_some(),
    })
}

/// The annotations of an image signature's layer.
#[must_use]
pub fn of_signature(signature: &Signature) -> BTreeMap<String, String> {
    BTreeMap::from([(SIGNATURE.into(), signature.to_base64())])
}

/// The annotations of an attestation's layer, as cosign writes them.
#[must_use]
pub fn of_attestation(predicate_type: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        (SIGNATURE.into(), String::new()),
        (PREDICATE_TYPE.into(), predicate_type.into()),
    ])
}

/// Adds the signer's certificate, and its issuers where there are any.
pub fn add_certificate(
    annotations: &mut BTreeMap<String, String>,
    certificate: &str,
    chain: Option<&str>,
) {
    annotations.insert(CERTIFICATE.into(), certificate.into());
    if let Some(chain) = chain {
        annotations.insert(CHAIN.into(), chain.into());
    }
}
