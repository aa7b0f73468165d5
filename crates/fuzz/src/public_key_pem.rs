//! PEM public keys: no block is skipped, and what is written reads back.

use touchmark_core::PublicKey;

/// Reads every key of a PEM text, writes them, and reads that.
pub fn check(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let one = PublicKey::from_pem(text);
    let Ok(keys) = PublicKey::all_from_pem(text) else {
        assert!(one.is_err());
        return false;
    };
    assert_eq!(keys.len(), text.matches("-----BEGIN ").count());
    assert_eq!(one.ok(), (keys.len() == 1).then(|| keys[0].clone()));
    let written: String = keys.iter().map(PublicKey::to_pem).collect();
    assert_eq!(PublicKey::all_from_pem(&written).ok().as_ref(), Some(&keys));
    for key in &keys {
        let again = PublicKey::from_spki_der(key.spki_der());
        assert_eq!(again.ok().as_ref(), Some(key));
    }
    true
}
