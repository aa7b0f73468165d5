//! Verification of one scheme's signatures with one public key, apart from whoever signed.

use std::fmt;

use aws_lc_rs::digest::Digest as LcDigest;
use aws_lc_rs::signature::{self as lc, ParsedPublicKey, VerificationAlgorithm};
use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};

use crate::algorithm::{Curve, KeyAlgorithm};
use crate::digest::{Digest, HashAlgorithm, Message, read_chunks};
use crate::ed25519::Prehashed;
use crate::error::{ErrorKind, Explain};
use crate::prepared::{Content, Prepared};
use crate::public_key::PublicKey;
use crate::scheme::SignatureScheme;
use crate::signature::Signature;

/// A public key made ready for one scheme: parse once, verify often.
#[derive(Clone)]
pub struct Verifier {
    scheme: SignatureScheme,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Digest(Box<ParsedPublicKey>),
    Ed25519(Box<VerifyingKey>),
}

/// Why a signature was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The scheme is not one of the key's.
    #[error("a {algorithm} key does not verify {scheme} signatures")]
    WrongKey {
        /// The key's algorithm.
        algorithm: KeyAlgorithm,
        /// The scheme that was asked for.
        scheme: SignatureScheme,
    },
    /// The public key's numbers are not valid for its algorithm.
    #[error("the public key is not a valid {0} key")]
    BadKey(KeyAlgorithm),
    /// The message cannot be read.
    #[error("the message cannot be read")]
    Read(#[source] std::io::Error),
    /// The signature does not match the message and the key.
    #[error("the signature does not match the message and the key")]
    Mismatch,
}

impl Explain for VerifyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::WrongKey { .. } => ErrorKind::Usage,
            Self::BadKey(_) => ErrorKind::Malformed,
            Self::Read(_) => ErrorKind::Failed,
            Self::Mismatch => ErrorKind::Rejected,
        }
    }
}

impl Verifier {
    /// Makes a key ready for a scheme.
    ///
    /// # Errors
    /// The scheme does not fit the key, or the key is invalid.
    pub fn new(key: &PublicKey, scheme: SignatureScheme) -> Result<Self, VerifyError> {
        let algorithm = key.algorithm();
        let bad = VerifyError::BadKey(algorithm);
        if let KeyAlgorithm::Ed25519 = algorithm
            && scheme.fits(algorithm)
        {
            let point = key
                .raw()
                .try_into()
                .map_err(|_| VerifyError::BadKey(algorithm))?;
            let key = ed25519_key(point).ok_or(bad)?;
            return Ok(Self {
                scheme,
                key: Key::Ed25519(Box::new(key)),
            });
        }
        let implementation =
            implementation(algorithm, scheme).ok_or(VerifyError::WrongKey { algorithm, scheme })?;
        let parsed = ParsedPublicKey::new(implementation, key.raw()).map_err(|_| bad)?;
        Ok(Self {
            scheme,
            key: Key::Digest(Box::new(parsed)),
        })
    }

    /// Checks a signature over a prepared input.
    ///
    /// # Errors
    /// [`VerifyError::Mismatch`] where it does not match, including an input that was prepared
    /// for another scheme; [`VerifyError::Read`] where the message cannot be read.
    pub fn verify(&self, input: &Prepared<'_>, signature: &Signature) -> Result<(), VerifyError> {
        if input.scheme() != self.scheme {
            return Err(VerifyError::Mismatch);
        }
        match (&self.key, input.content()) {
            (Key::Digest(key), Content::Digest(digest)) => {
                let digest = import(digest).ok_or(VerifyError::Mismatch)?;
                key.verify_digest_sig(&digest, signature.as_bytes())
                    .map_err(|_| VerifyError::Mismatch)
            }
            (Key::Ed25519(key), Content::Message(message)) => verify_pure(key, *message, signature),
            (Key::Ed25519(key), Content::Digest(digest)) => verify_ph(key, digest, signature),
            (Key::Digest(_), Content::Message(_)) => Err(VerifyError::Mismatch),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

/// The point, where it is one that RFC 8032 §5.1.3 decodes (its only encoding) and not of low
/// order: with a low-order key, one signature fits almost every message.
fn ed25519_key(point: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(point).ok()?;
    let canonical = key.to_edwards().compress().to_bytes();
    (canonical == *point && !key.is_weak()).then_some(key)
}

fn import(digest: &Digest) -> Option<LcDigest> {
    LcDigest::import_less_safe(digest.as_bytes(), digest.algorithm().implementation()).ok()
}

fn verify_pure(
    key: &VerifyingKey,
    message: &dyn Message,
    signature: &Signature,
) -> Result<(), VerifyError> {
    let signature = parse_ed25519(signature)?;
    let mut stream = key
        .verify_stream(&signature)
        .map_err(|_| VerifyError::Mismatch)?;
    let mut reader = message.open().map_err(VerifyError::Read)?;
    read_chunks(&mut *reader, |chunk| stream.update(chunk)).map_err(VerifyError::Read)?;
    stream
        .finalize_and_verify()
        .map_err(|_| VerifyError::Mismatch)
}

fn verify_ph(
    key: &VerifyingKey,
    digest: &Digest,
    signature: &Signature,
) -> Result<(), VerifyError> {
    let signature = parse_ed25519(signature)?;
    let digest = Prehashed::new(digest).ok_or(VerifyError::Mismatch)?;
    key.verify_prehashed(digest, None, &signature)
        .map_err(|_| VerifyError::Mismatch)
}

fn parse_ed25519(signature: &Signature) -> Result<DalekSignature, VerifyError> {
    DalekSignature::from_slice(signature.as_bytes()).map_err(|_| VerifyError::Mismatch)
}

fn implementation(
    algorithm: KeyAlgorithm,
    scheme: SignatureScheme,
) -> Option<&'static dyn VerificationAlgorithm> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, RsaPkcs1v15, RsaPss};
    match (algorithm, scheme) {
        (KeyAlgorithm::Ecdsa(curve), Ecdsa(hash)) => Some(match (curve, hash) {
            (Curve::P256, Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
            (Curve::P256, Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
            (Curve::P256, Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
            (Curve::P384, Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
            (Curve::P384, Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
            (Curve::P384, Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
            (Curve::P521, Sha256) => &lc::ECDSA_P521_SHA256_ASN1,
            (Curve::P521, Sha384) => &lc::ECDSA_P521_SHA384_ASN1,
            (Curve::P521, Sha512) => &lc::ECDSA_P521_SHA512_ASN1,
        }),
        (KeyAlgorithm::Rsa(_), RsaPkcs1v15(hash)) => Some(match hash {
            Sha256 => &lc::RSA_PKCS1_2048_8192_SHA256,
            Sha384 => &lc::RSA_PKCS1_2048_8192_SHA384,
            Sha512 => &lc::RSA_PKCS1_2048_8192_SHA512,
        }),
        (KeyAlgorithm::Rsa(_), RsaPss(hash)) => Some(match hash {
            Sha256 => &lc::RSA_PSS_2048_8192_SHA256,
            Sha384 => &lc::RSA_PSS_2048_8192_SHA384,
            Sha512 => &lc::RSA_PSS_2048_8192_SHA512,
        }),
        _ => None,
    }
}
