//! The provider of key files and environment variables.

use std::str;
use std::sync::Arc;

use async_trait::async_trait;
use touchmark_core::interaction::PasswordRequest;
use touchmark_core::{Fault, Interaction, KeyUri, OpenError, Provider, PublicKey, Signer};

use crate::error::FileError;
use crate::private_key::{KeyFile, PrivateKey, parse_private_key};
use crate::signer::FileSigner;
use crate::source::Source;
use crate::thread;

/// Opens keys in files (scheme `file`) and in environment variables (`env://VAR`, whose value is
/// the text of a key file).
///
/// A private key that others may read is not refused: cosign does not refuse it either, and a
/// file system need not have such permissions.
#[derive(Debug)]
pub struct FileProvider {
    interaction: Arc<dyn Interaction>,
}

impl FileProvider {
    /// `interaction` is asked for the password of an encrypted key, when one is opened.
    #[must_use]
    pub fn new(interaction: Arc<dyn Interaction>) -> Self {
        Self { interaction }
    }
}

#[async_trait]
impl Provider for FileProvider {
    async fn open(&self, key: &KeyUri) -> Result<Box<dyn Signer>, OpenError> {
        let interaction = Arc::clone(&self.interaction);
        let source = Source::of(key).map_err(Fault::new)?;
        let key = thread::run(move || unlock(&source, &source.read()?, &*interaction))
            .await
            .map_err(Fault::new)?;
        Ok(Box::new(FileSigner::new(key)))
    }

    /// Reads a public key file (`PUBLIC KEY`, `RSA PUBLIC KEY`) as it is; derives the public half
    /// of a private one, whose password it needs where it is encrypted.
    async fn public_key(&self, key: &KeyUri) -> Result<PublicKey, OpenError> {
        let interaction = Arc::clone(&self.interaction);
        let source = Source::of(key).map_err(Fault::new)?;
        let key = thread::run(move || public_half(&source, &*interaction)).await;
        Ok(key.map_err(Fault::new)?)
    }
}

fn public_half(source: &Source, interaction: &dyn Interaction) -> Result<PublicKey, FileError> {
    let bytes = source.read()?;
    match unlock(source, &bytes, interaction) {
        Ok(key) => Ok(key.public_key().clone()),
        Err(FileError::NotPrivate("public key")) => {
            let text =
                str::from_utf8(&bytes).map_err(|e| FileError::malformed_by("not text", e))?;
            Ok(PublicKey::from_pem(text)?)
        }
        Err(error) => Err(error),
    }
}

/// Reads a key and, where it is encrypted, asks for its password and decrypts it. Asks once.
fn unlock(
    source: &Source,
    bytes: &[u8],
    interaction: &dyn Interaction,
) -> Result<PrivateKey, FileError> {
    let encrypted = match parse_private_key(bytes)? {
        KeyFile::Plain(key) => return Ok(key),
        KeyFile::Encrypted(encrypted) => encrypted,
    };
    let request = PasswordRequest {
        subject: source.name(),
        new: false,
    };
    let password = interaction
        .password(&request)?
        .ok_or_else(|| FileError::NoPassword(source.name()))?;
    encrypted.decrypt(&password)
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
