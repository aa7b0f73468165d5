//! The seam of touchmark: what every key backend implements and every command uses.
//!
//! A backend turns a [`KeyUri`] into a [`Signer`] through its [`Provider`]. A command asks a
//! [`SignatureScheme`] to prepare a [`Message`], hands the [`Prepared`] input to a
//! [`CheckedSigner`], and gets a [`Signature`] that was verified before it left.
//!
//! This crate knows no token, service, file format or runtime. Its only input and output is the
//! terminal prompt in [`interaction`].

pub mod algorithm;
pub mod checked;
pub mod digest;
pub mod ed25519;
pub mod error;
pub mod interaction;
pub mod manage;
pub mod prepared;
pub mod public_key;
pub mod scheme;
pub mod signature;
pub mod signer;
pub mod uri;
pub mod verifier;

pub use algorithm::{Curve, KeyAlgorithm};
pub use checked::CheckedSigner;
pub use digest::{Digest, HashAlgorithm, Hasher, Message};
pub use error::{ErrorKind, Explain, Fault};
pub use interaction::Interaction;
pub use manage::{
    CertificateStore, KeyDestroyer, KeyGenerator, KeyLister, KeyListing, KeySwitch, ManageError,
    Protection,
};
pub use prepared::{Content, PrepareError, Prepared};
pub use public_key::{KeyId, PublicKey, PublicKeyError};
pub use scheme::SignatureScheme;
pub use secrecy::{ExposeSecret, SecretString};
pub use signature::{Signature, SignatureError};
pub use signer::{OpenError, Provider, SignError, Signer};
pub use uri::{KeyUri, KeyUriError};
pub use verifier::{Verifier, VerifyError};
