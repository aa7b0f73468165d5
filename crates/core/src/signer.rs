//! The seam itself: a provider opens keys, a signer signs with one.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::{ErrorKind, Explain, Fault};
use crate::manage::{CertificateStore, KeyDestroyer, KeyGenerator, KeyLister, KeySwitch};
use crate::prepared::Prepared;
use crate::public_key::{KeyId, PublicKey};
use crate::scheme::SignatureScheme;
use crate::signature::Signature;
use crate::uri::KeyUri;
use crate::verifier::VerifyError;

/// One kind of place where keys live: a token, a device, an account, a folder.
///
/// A provider is cheap to make: it loads, connects and logs in only when a key is opened. What it
/// can do beyond opening keys it offers as optional objects; an absent one is absent for good.
#[async_trait]
pub trait Provider: Debug + Send + Sync {
    /// Finds exactly one key and makes it ready to sign.
    ///
    /// # Errors
    /// No key matches, several do, or the place cannot be reached.
    async fn open(&self, key: &KeyUri) -> Result<Box<dyn Signer>, OpenError>;

    /// The public half of a key, with as little access as it takes (often without logging in).
    /// The default opens the key.
    ///
    /// # Errors
    /// As for [`Provider::open`].
    async fn public_key(&self, key: &KeyUri) -> Result<PublicKey, OpenError> {
        Ok(self.open(key).await?.public_key().clone())
    }

    /// Makes keys.
    fn generator(&self) -> Option<&dyn KeyGenerator> {
        None
    }

    /// Lists keys.
    fn lister(&self) -> Option<&dyn KeyLister> {
        None
    }

    /// Destroys keys.
    fn destroyer(&self) -> Option<&dyn KeyDestroyer> {
        None
    }

    /// Disables and enables keys.
    fn switch(&self) -> Option<&dyn KeySwitch> {
        None
    }

    /// Keeps a certificate beside a key.
    fn certificates(&self) -> Option<&dyn CertificateStore> {
        None
    }
}

/// One key that signs.
///
/// Commands use it through [`crate::CheckedSigner`], which verifies each signature.
#[async_trait]
pub trait Signer: Debug + Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// The schemes that this key can sign with here, the preferred one first; never empty.
    fn schemes(&self) -> &[SignatureScheme];

    /// Signs. ECDSA signatures are returned in DER, whatever the backend speaks.
    ///
    /// # Errors
    /// The scheme is not one of [`Signer::schemes`], or the backend failed.
    async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError>;
}

/// Why a key could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key that was found is not the one that was pinned.
    #[error("the key found is {found}, not the pinned {pinned}")]
    NotPinned {
        /// The id of the key that answered.
        found: KeyId,
        /// The id that was expected.
        pinned: KeyId,
    },
    /// The backend's own reason.
    #[error(transparent)]
    Backend(#[from] Fault),
}

impl Explain for OpenError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotPinned { .. } => ErrorKind::Key,
            Self::Backend(fault) => fault.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotPinned { .. } => {
                Some("check the URI, or pin the new public key if the key was replaced".into())
            }
            Self::Backend(fault) => fault.hint(),
        }
    }
}

/// Why a signature could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key does not sign with this scheme.
    #[error("this key does not sign with {0}")]
    Scheme(SignatureScheme),
    /// The backend returned something that does not verify with its own public key.
    #[error("the backend returned a signature that does not verify; it was discarded")]
    SelfCheck(#[source] VerifyError),
    /// The backend's own reason.
    #[error(transparent)]
    Backend(#[from] Fault),
}

impl Explain for SignError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Scheme(_) => ErrorKind::Key,
            Self::SelfCheck(_) => ErrorKind::Failed,
            Self::Backend(fault) => fault.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Scheme(_) => None,
            Self::SelfCheck(_) => Some(
                "the public key does not belong to the private key, or the device is faulty: do \
                 not use it until the vendor has explained it"
                    .into(),
            ),
            Self::Backend(fault) => fault.hint(),
        }
    }
}
