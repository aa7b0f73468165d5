//! Private keys in memory, and the readers of their encodings.

use std::fmt;

use const_oid::db::{rfc5912, rfc8410};
use der::Decode;
use pkcs8::PrivateKeyInfoRef;
use touchmark_core::{KeyAlgorithm, PublicKey};
use zeroize::Zeroizing;

use crate::ecdsa::EcdsaKey;
use crate::ed25519::Ed25519Key;
use crate::encrypted::{COSIGN_LABEL, EncryptedKey, SIGSTORE_LABEL};
use crate::error::FileError;
use crate::pem_block::single_block;
use crate::rsa::RsaKey;

/// A private key of a supported algorithm. Its memory is wiped on drop, and `Debug` shows only
/// the public half.
pub struct PrivateKey {
    pub(crate) key: Key,
    public: PublicKey,
    pkcs8: Zeroizing<Vec<u8>>,
}

/// What signs, by family.
pub(crate) enum Key {
    Ecdsa(EcdsaKey),
    Rsa(RsaKey),
    Ed25519(Box<Ed25519Key>),
}

/// What a private key file holds.
#[derive(Debug)]
pub enum KeyFile {
    /// A key that can be used.
    Plain(PrivateKey),
    /// A key that needs its password first.
    Encrypted(EncryptedKey),
}

/// Reads the text of a private key file: exactly one PEM block, which is cosign's (labels
/// `ENCRYPTED SIGSTORE PRIVATE KEY` and `ENCRYPTED COSIGN PRIVATE KEY`), PKCS#8 (RFC 5208 and
/// RFC 5958, `PRIVATE KEY`), SEC1 (RFC 5915, `EC PRIVATE KEY`) or PKCS#1 (RFC 8017 A.1.2,
/// `RSA PRIVATE KEY`). A pure function of the bytes.
///
/// # Errors
/// The bytes are malformed, hold no private key, or one of an unsupported kind.
pub fn parse_private_key(bytes: &[u8]) -> Result<KeyFile, FileError> {
    let block = single_block(bytes)?;
    let der = &block.contents[..];
    match block.label.as_str() {
        SIGSTORE_LABEL | COSIGN_LABEL => EncryptedKey::from_json(der).map(KeyFile::Encrypted),
        "PRIVATE KEY" => PrivateKey::from_pkcs8_der(der).map(KeyFile::Plain),
        "EC PRIVATE KEY" => PrivateKey::from_sec1_der(der).map(KeyFile::Plain),
        "RSA PRIVATE KEY" => PrivateKey::from_pkcs1_der(der).map(KeyFile::Plain),
        "ENCRYPTED PRIVATE KEY" => Err(FileError::Protected("encrypted PKCS#8")),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(FileError::NotPrivate("public key")),
        "CERTIFICATE" => Err(FileError::NotPrivate("certificate")),
        other => Err(FileError::Unsupported(format!("a PEM block {other:?}"))),
    }
}

impl PrivateKey {
    /// Reads a DER `PrivateKeyInfo` (RFC 5208) or `OneAsymmetricKey` (RFC 5958).
    ///
    /// # Errors
    /// The bytes are malformed, or the key is unsupported or does not match the public key that
    /// stands beside it.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, FileError> {
        let malformed = |e| FileError::malformed_by("not PKCS#8", e);
        let info = PrivateKeyInfoRef::from_der(der).map_err(malformed)?;
        let inner = info.private_key.as_bytes();
        let oid = info.algorithm.oid;
        let key = if oid == rfc5912::ID_EC_PUBLIC_KEY {
            let curve = info.algorithm.parameters_oid().map_err(|_| {
                FileError::Unsupported("an EC key with parameters that name no curve".into())
            })?;
            Key::Ecdsa(EcdsaKey::from_sec1_der(inner, Some(curve))?)
        } else if oid == rfc5912::RSA_ENCRYPTION {
            Key::Rsa(RsaKey::from_pkcs1_der(inner)?)
        } else if oid == rfc8410::ID_ED_25519 {
            Key::Ed25519(Box::new(Ed25519Key::from_pkcs8(&info)?))
        } else {
            return Err(FileError::Unsupported(format!("key algorithm {oid}")));
        };
        let stated = info.public_key.map(|bits| bits.raw_bytes().to_vec());
        let key = Self::new(key)?;
        match stated {
            Some(stated) if stated != key.public.raw() => Err(FileError::malformed(
                "the public key inside is another key's",
            )),
            _ => Ok(key),
        }
    }

    /// Reads a DER `ECPrivateKey` (RFC 5915) that names its curve.
    ///
    /// # Errors
    /// As for [`PrivateKey::from_pkcs8_der`].
    pub fn from_sec1_der(der: &[u8]) -> Result<Self, FileError> {
        Self::new(Key::Ecdsa(EcdsaKey::from_sec1_der(der, None)?))
    }

    /// Reads a DER `RSAPrivateKey` (RFC 8017 A.1.2) of two primes.
    ///
    /// # Errors
    /// As for [`PrivateKey::from_pkcs8_der`].
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, FileError> {
        Self::new(Key::Rsa(RsaKey::from_pkcs1_der(der)?))
    }

    pub(crate) fn new(key: Key) -> Result<Self, FileError> {
        let (public, pkcs8) = match &key {
            Key::Ecdsa(key) => (key.public_key()?, key.to_pkcs8_der()?),
            Key::Rsa(key) => (key.public_key()?, key.to_pkcs8_der()?),
            Key::Ed25519(key) => (key.public_key()?, key.to_pkcs8_der()?),
        };
        Ok(Self { key, public, pkcs8 })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The algorithm and size.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm()
    }

    /// The key as a DER `PrivateKeyInfo` (RFC 5208), byte for byte as Go's `x509` encodes it.
    pub(crate) fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "private_key_tests.rs"]
mod tests;
