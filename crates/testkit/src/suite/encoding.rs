//! The encodings of signatures at the seam.

use touchmark_core::{Curve, KeyAlgorithm, PublicKey, Signature};

/// Checks that a signature has the one encoding that its algorithm has here.
pub(super) fn check(key: &PublicKey, signature: &Signature) {
    let bytes = signature.as_bytes();
    match key.algorithm() {
        KeyAlgorithm::Ecdsa(curve) => check_ecdsa(curve, signature),
        KeyAlgorithm::Rsa(bits) => {
            assert_eq!(bytes.len(), usize::from(bits).div_ceil(8), "RSA length");
        }
        KeyAlgorithm::Ed25519 => assert_eq!(bytes.len(), 64, "Ed25519 length"),
    }
}

fn check_ecdsa(curve: Curve, signature: &Signature) {
    signature
        .check_der()
        .unwrap_or_else(|error| panic!("{error}: {signature:?}"));
    // SEQUENCE header, then two INTEGERs with a sign byte at most.
    let longest = 3 + 2 * (2 + 1 + curve.field_len());
    let length = signature.as_bytes().len();
    assert!(
        length <= longest,
        "{length} bytes are too many for {curve:?}"
    );
}
