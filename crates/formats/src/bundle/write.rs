//! Writing a bundle.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use touchmark_core::{Digest, HashAlgorithm, PublicKey, Signature};

use super::{Envelope, MEDIA_TYPE};
use crate::json;

/// Who a bundle says signed it.
#[derive(Clone, Copy, Debug)]
pub enum SignedBy<'a> {
    /// A bare key: the bundle carries its id as the hint, as cosign writes it.
    Key(&'a PublicKey),
    /// The signer's X.509 certificate in DER. Version 0.3 carries no chain.
    Certificate(&'a [u8]),
}

impl<'a> From<&'a PublicKey> for SignedBy<'a> {
    fn from(key: &'a PublicKey) -> Self {
        Self::Key(key)
    }
}

/// Writes a version 0.3 bundle for a signature over an artifact: compact JSON without a final
/// newline, the same bytes for the same input.
///
/// `digest` is the artifact's; any of the three hash functions may be declared, and SHA-256 suits
/// every verifier. It is declared for pure Ed25519 too, which does not sign a digest: cosign
/// refuses bundles without one.
#[must_use]
pub fn write<'a>(
    signer: impl Into<SignedBy<'a>>,
    digest: &Digest,
    signature: &Signature,
) -> Vec<u8> {
    let mut json = material(signer.into());
    // Every value is base64 or a constant, so that nothing needs escaping. A String takes every
    // write.
    let _ = write!(
        json,
        concat!(
            r#""messageSignature":{{"messageDigest":{{"algorithm":"{algorithm}","digest":"{digest}"}},"#,
            r#""signature":"{signature}"}}}}"#
        ),
        algorithm = algorithm_name(digest.algorithm()),
        digest = STANDARD.encode(digest.as_bytes()),
        signature = signature.to_base64(),
    );
    json.into_bytes()
}

/// Writes a version 0.3 bundle for an envelope, in the same way. The envelope's key id is left
/// out: go-securesystemslib ignores a signature with any but an empty one.
#[must_use]
pub fn write_envelope<'a>(signer: impl Into<SignedBy<'a>>, envelope: &Envelope) -> Vec<u8> {
    let mut json = material(signer.into());
    json.push_str(r#""dsseEnvelope":{"payload":""#);
    STANDARD.encode_string(&envelope.payload, &mut json);
    json.push_str(r#"","payloadType":"#);
    json::push_string(&mut json, &envelope.payload_type);
    json.push_str(r#","signatures":[{"sig":""#);
    STANDARD.encode_string(envelope.signature.as_bytes(), &mut json);
    json.push_str(r#""}]}}"#);
    json.into_bytes()
}

/// The bundle up to its content.
fn material(signer: SignedBy<'_>) -> String {
    let (member, name, value) = match signer {
        SignedBy::Key(key) => ("publicKey", "hint", key.key_id().to_hint()),
        SignedBy::Certificate(der) => ("certificate", "rawBytes", STANDARD.encode(der)),
    };
    format!(
        r#"{{"mediaType":"{MEDIA_TYPE}","verificationMaterial":{{"{member}":{{"{name}":"{value}"}}}},"#
    )
}

/// The name in `dev.sigstore.common.v1.HashAlgorithm`.
pub(super) fn algorithm_name(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Sha256 => "SHA2_256",
        HashAlgorithm::Sha384 => "SHA2_384",
        HashAlgorithm::Sha512 => "SHA2_512",
    }
}
