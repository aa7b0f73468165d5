//! New private keys.

use touchmark_core::KeyAlgorithm;

use crate::ecdsa::EcdsaKey;
use crate::ed25519::Ed25519Key;
use crate::error::FileError;
use crate::private_key::{Key, PrivateKey};
use crate::rsa::RsaKey;

/// Makes a private key of one of [`KeyAlgorithm::GENERATED`]. Blocks: RSA takes up to a second.
///
/// # Errors
/// [`FileError::Unsupported`] for another RSA size; [`FileError::Failed`] where the library fails.
pub fn generate(algorithm: KeyAlgorithm) -> Result<PrivateKey, FileError> {
    PrivateKey::new(match algorithm {
        KeyAlgorithm::Ecdsa(curve) => Key::Ecdsa(EcdsaKey::generate(curve)?),
        KeyAlgorithm::Rsa(bits) => Key::Rsa(RsaKey::generate(bits)?),
        KeyAlgorithm::Ed25519 => Key::Ed25519(Box::new(Ed25519Key::generate()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_is_generated_and_no_two_keys_are_the_same() {
        for algorithm in KeyAlgorithm::GENERATED {
            let key = generate(algorithm).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            let again = PrivateKey::from_pkcs8_der(key.pkcs8_der()).unwrap();
            assert_eq!(again.public_key(), key.public_key());
            assert_ne!(generate(algorithm).unwrap().public_key(), key.public_key());
        }
    }

    #[test]
    fn another_rsa_size_is_refused() {
        let error = generate(KeyAlgorithm::Rsa(2056)).unwrap_err();
        assert!(matches!(error, FileError::Unsupported(_)), "{error}");
    }
}
