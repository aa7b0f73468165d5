//! Optional capabilities of a provider: making, listing, disabling and destroying keys.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::algorithm::KeyAlgorithm;
use crate::error::{ErrorKind, Explain, Fault};
use crate::public_key::{KeyId, PublicKey};
use crate::uri::KeyUri;

/// Makes keys in place: the private half never leaves.
#[async_trait]
pub trait KeyGenerator: Debug + Send + Sync {
    /// Makes one key pair at the URI and returns its public half.
    ///
    /// # Errors
    /// The URI already names a key ([`ErrorKind::Key`]), the algorithm is not to be had there, or
    /// the backend failed; then no half of a key pair is left behind.
    async fn generate(
        &self,
        key: &KeyUri,
        algorithm: KeyAlgorithm,
    ) -> Result<PublicKey, ManageError>;
}

/// Lists keys.
#[async_trait]
pub trait KeyLister: Debug + Send + Sync {
    /// Every key that the URI's attributes match; none is an empty list.
    ///
    /// # Errors
    /// The place cannot be reached or read.
    async fn list(&self, filter: &KeyUri) -> Result<Vec<KeyListing>, ManageError>;
}

/// Destroys keys for good.
#[async_trait]
pub trait KeyDestroyer: Debug + Send + Sync {
    /// Destroys the one key that the URI names, if its id is `confirm`, and returns every object
    /// that went, in words.
    ///
    /// # Errors
    /// No key matches or several do, the id is another ([`ErrorKind::Key`]), or the backend
    /// failed.
    async fn destroy(&self, key: &KeyUri, confirm: &KeyId) -> Result<Vec<String>, ManageError>;
}

/// Disables keys without destroying them.
#[async_trait]
pub trait KeySwitch: Debug + Send + Sync {
    /// Allows (`true`) or forbids the one key that the URI names to sign, and returns its id.
    ///
    /// # Errors
    /// No key matches or several do, or the backend refuses.
    async fn set_enabled(&self, key: &KeyUri, enabled: bool) -> Result<KeyId, ManageError>;
}

/// Keeps X.509 certificates beside keys.
#[async_trait]
pub trait CertificateStore: Debug + Send + Sync {
    /// The certificate (DER) that is kept beside the key, if there is one.
    ///
    /// # Errors
    /// No key matches or several do, or the backend failed.
    async fn certificate(&self, key: &KeyUri) -> Result<Option<Vec<u8>>, ManageError>;

    /// Stores a certificate (DER) beside the key whose public key it certifies.
    ///
    /// # Errors
    /// The certificate is malformed or for another key, or the backend failed.
    async fn store(&self, key: &KeyUri, certificate: &[u8]) -> Result<KeyId, ManageError>;
}

/// One key as a lister sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyListing {
    /// A URI that names this key alone, without secrets.
    pub uri: KeyUri,
    /// The public half, where the place shows it.
    pub public_key: Option<PublicKey>,
    /// Its name there (`CKA_LABEL`).
    pub label: Option<String>,
    /// Its id there (`CKA_ID`), lower-case hex.
    pub id: Option<String>,
    /// The token's label.
    pub token: Option<String>,
    /// How the private half is protected, by the field's own names, in a fixed order.
    pub protection: Vec<Protection>,
    /// Whether the protection is proven (by a key attestation) rather than claimed.
    pub proven: bool,
}

/// One protection attribute of a private key, such as `CKA_SENSITIVE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The name, camel case, as JSON output has it: `sensitive`, `neverExtractable`.
    pub name: &'static str,
    /// Its value; `None` where the token does not tell.
    pub value: Option<bool>,
}

/// Why a key could not be made, listed, changed or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// The confirmation names another key.
    #[error("the key found is {found}, not {confirmed}")]
    NotConfirmed {
        /// The id of the key that the URI names.
        found: KeyId,
        /// The id that was given.
        confirmed: KeyId,
    },
    /// The backend's own reason.
    #[error(transparent)]
    Backend(#[from] Fault),
}

impl Explain for ManageError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotConfirmed { .. } => ErrorKind::Key,
            Self::Backend(fault) => fault.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotConfirmed { .. } => {
                Some("nothing was changed; `touchmark key show` prints the id of a key".into())
            }
            Self::Backend(fault) => fault.hint(),
        }
    }
}
