//! What the plugin side needs of whoever embeds it.

use async_trait::async_trait;
use touchmark_core::{CheckedSigner, Fault, KeyAlgorithm, PublicKey};

/// The keys that are served. A key is named by what follows `NAME://` in the host's key
/// reference, exactly as the host sent it: a configured name, a path, or a key URI. It is foreign
/// text: an implementation parses it as a key reference, which refuses a PIN inside.
#[async_trait]
pub trait PluginBackend: Send + Sync {
    /// Opens a key to sign.
    ///
    /// # Errors
    /// The reference is malformed, no key matches or several do, or the key cannot be reached.
    async fn open(&self, reference: &str) -> Result<CheckedSigner, Fault>;

    /// The public half of a key.
    ///
    /// # Errors
    /// As for [`PluginBackend::open`].
    async fn public_key(&self, reference: &str) -> Result<PublicKey, Fault>;

    /// Makes a key.
    ///
    /// # Errors
    /// The reference already names a key, or no such key can be made there.
    async fn generate(&self, reference: &str, algorithm: KeyAlgorithm) -> Result<PublicKey, Fault>;
}
