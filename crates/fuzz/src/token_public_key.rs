//! Public keys as a token's attributes have them: an accepted one is a sound key.

use touchmark_pkcs11::decode::{ec_public_key, rsa_public_key};

/// Reads `CKA_EC_PARAMS` and `CKA_EC_POINT`, and the same bytes as modulus and exponent. The
/// first byte is the length of the first attribute.
pub fn check(data: &[u8]) -> bool {
    let Some((length, rest)) = data.split_first() else {
        return false;
    };
    let Some((first, second)) = rest.split_at_checked(usize::from(*length)) else {
        return false;
    };
    let mut accepted = false;
    if let Ok(key) = ec_public_key(first, second) {
        accepted = crate::spki_der::check(key.spki_der());
        assert!(accepted);
    }
    // An exponent is short and a modulus long.
    if let Ok(key) = rsa_public_key(second, first) {
        accepted = crate::spki_der::check(key.spki_der());
        assert!(accepted);
        let padded = [&[0], second].concat();
        assert_eq!(rsa_public_key(&padded, first).ok(), Some(key));
    }
    accepted
}
