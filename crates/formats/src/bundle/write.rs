//! Writing a bundle.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use touchmark_core::{Digest, HashAlgorithm, PublicKey, Signature};

use super::MEDIA_TYPE;

/// Writes a version 0.3 bundle for a signature by a bare key: compact JSON without a final
/// newline, the same bytes for the same input.
///
/// `digest` is the artifact's; any of the three hash functions may be declared, and SHA-256 suits
/// every verifier. It is declared for pure Ed25519 too, which does not sign a digest: cosign
/// refuses bundles without one. The hint is the key's id, as cosign writes it.
#[must_use]
pub fn write(key: &PublicKey, digest: &Digest, signature: &Signature) -> Vec<u8> {
    // Every value is base64 or a constant, so that nothing needs escaping.
    format!(
        concat!(
            r#"{{"mediaType":"{media_type}","verificationMaterial":{{"publicKey":{{"hint":"{hint}"}}}},"#,
            r#""messageSignature":{{"messageDigest":{{"algorithm":"{algorithm}","digest":"{digest}"}},"#,
            r#""signature":"{signature}"}}}}"#
        ),
        media_type = MEDIA_TYPE,
        hint = key.key_id().to_hint(),
        algorithm = algorithm_name(digest.algorithm()),
        digest = STANDARD.encode(digest.as_bytes()),
        signature = signature.to_base64(),
    )
    .into_bytes()
}

/// The name in `dev.sigstore.common.v1.HashAlgorithm`.
pub(super) fn algorithm_name(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Sha256 => "SHA2_256",
        HashAlgorithm::Sha384 => "SHA2_384",
        HashAlgorithm::Sha512 => "SHA2_512",
    }
}
