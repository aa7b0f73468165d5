//! The signer of a private key in memory.

use std::fmt;

use async_trait::async_trait;
use touchmark_core::{
    Content, Fault, Prepared, PublicKey, SignError, Signature, SignatureScheme, Signer,
};

use crate::error::FileError;
use crate::private_key::{Key, PrivateKey};
use crate::rsa::Padding;

/// Signs with every scheme of the key's algorithm. It computes on the caller's thread: a
/// signature takes microseconds to milliseconds, except pure Ed25519, which reads the message.
pub struct FileSigner {
    key: PrivateKey,
    schemes: Vec<SignatureScheme>,
}

impl FileSigner {
    /// Signs with this key.
    #[must_use]
    pub fn new(key: PrivateKey) -> Self {
        let schemes = SignatureScheme::all_for(key.algorithm());
        Self { key, schemes }
    }

    /// `None` where the scheme is not the key's.
    fn try_sign(&self, input: &Prepared<'_>) -> Option<Result<Signature, FileError>> {
        use SignatureScheme::{Ecdsa, Ed25519, Ed25519ph, RsaPkcs1v15, RsaPss};
        Some(match (&self.key.key, input.scheme(), input.content()) {
            (Key::Ecdsa(key), Ecdsa(_), Content::Digest(digest)) => key.sign(digest),
            (Key::Rsa(key), RsaPkcs1v15(_), Content::Digest(digest)) => {
                key.sign(Padding::Pkcs1v15, digest)
            }
            (Key::Rsa(key), RsaPss(_), Content::Digest(digest)) => key.sign(Padding::Pss, digest),
            (Key::Ed25519(key), Ed25519ph, Content::Digest(digest)) => key.sign_prehashed(digest),
            (Key::Ed25519(key), Ed25519, Content::Message(message)) => key.sign_stream(*message),
            _ => return None,
        })
    }
}

#[async_trait]
impl Signer for FileSigner {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError> {
        let signature = self
            .try_sign(input)
            .ok_or(SignError::Scheme(input.scheme()))?;
        Ok(signature.map_err(Fault::new)?)
    }
}

impl fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSigner")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "signer_tests.rs"]
mod tests;
