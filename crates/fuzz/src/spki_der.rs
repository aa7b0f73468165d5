//! DER public keys: each key has one encoding, and so one id.

use touchmark_core::{KeyAlgorithm, KeyId, PublicKey, SignatureScheme, Verifier};

/// Reads a `SubjectPublicKeyInfo`, and rebuilds it from the key's numbers alone.
pub fn check(data: &[u8]) -> bool {
    let Ok(key) = PublicKey::from_spki_der(data) else {
        return false;
    };
    assert_eq!(key.spki_der(), data);
    let rebuilt = match key.algorithm() {
        KeyAlgorithm::Ecdsa(curve) => PublicKey::from_ec_point(curve, key.raw()),
        KeyAlgorithm::Rsa(bits) => {
            assert!((2048..=4096).contains(&bits));
            PublicKey::from_pkcs1_der(key.raw())
        }
        KeyAlgorithm::Ed25519 => PublicKey::from_ed25519(key.raw()),
    };
    assert_eq!(rebuilt.ok().as_ref(), Some(&key));
    assert_eq!(PublicKey::from_pem(&key.to_pem()).ok().as_ref(), Some(&key));
    assert_eq!(KeyId::parse(&key.key_id().to_string()), Some(key.key_id()));
    for scheme in SignatureScheme::all_for(key.algorithm()) {
        assert!(Verifier::new(&key, scheme).is_ok(), "{scheme}");
    }
    true
}
