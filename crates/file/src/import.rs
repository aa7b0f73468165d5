//! Bringing in a key that another program made, as `cosign import-key-pair` does.

use touchmark_core::KeyAlgorithm;

use crate::error::FileError;
use crate::private_key::{KeyFile, PrivateKey, parse_private_key};

/// Reads an unencrypted private key in PEM (PKCS#8, SEC1 or PKCS#1) of exactly one of
/// [`KeyAlgorithm::GENERATED`].
///
/// # Errors
/// As for [`parse_private_key`]; also [`FileError::Unsupported`] for an RSA key of another size,
/// which could sign here but which cosign does not import, and for a key file that is cosign's
/// already.
pub fn import(pem: &[u8]) -> Result<PrivateKey, FileError> {
    match parse_private_key(pem)? {
        KeyFile::Plain(key) if KeyAlgorithm::GENERATED.contains(&key.algorithm()) => Ok(key),
        KeyFile::Plain(key) => Err(FileError::Unsupported(format!(
            "importing a key of {}",
            key.algorithm()
        ))),
        KeyFile::Encrypted(_) => Err(FileError::Unsupported(
            "importing a key that is encrypted already".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;
    use touchmark_core::Explain;

    #[test]
    fn what_cosign_imports_is_imported_and_what_it_refuses_is_not() {
        for name in vectors::ALGORITHMS {
            let key = import(&vectors::read(&format!("openssl-{name}.pkcs8.pem"))).unwrap();
            assert_eq!(
                key.public_key().to_pem().into_bytes(),
                vectors::read(&format!("openssl-{name}.pub"))
            );
        }
        for name in [
            "openssl-rsa1024.refused.pem",
            "openssl-rsa2056.not-imported.pem",
            "openssl-secp256k1.refused.pem",
            "openssl-x25519.refused.pem",
            "cosign-3-generated.key",
        ] {
            let error = import(&vectors::read(name)).unwrap_err();
            assert!(error.hint().unwrap().contains("supported are"), "{name}");
        }
    }
}
