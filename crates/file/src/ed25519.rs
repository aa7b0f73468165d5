//! Ed25519 keys, on ed25519-dalek: the one library here that signs a stream and a digest.
//!
//! Pure Ed25519 hashes the message twice. Were it to change in between, two signatures with one
//! nonce over two messages would give the private key away, so each pass also takes a SHA-256 of
//! what it read, and a difference stops the signature before it exists.

use std::cell::RefCell;
use std::io::{self, Read};

use const_oid::db::rfc8410;
use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use ed25519_dalek::ed25519::signature::digest::Update;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign_byupdate};
use ed25519_dalek::{SignatureError, SigningKey};
use pkcs8::PrivateKeyInfoRef;
use sha2::Sha512;
use spki::AlgorithmIdentifierRef;
use touchmark_core::ed25519::Prehashed;
use touchmark_core::{Digest, HashAlgorithm, Hasher, Message, PublicKey, Signature};
use zeroize::Zeroizing;

use crate::encrypted::random;
use crate::error::FileError;

/// Bytes per read while signing.
const CHUNK: usize = 64 * 1024;

/// An Ed25519 seed.
pub(crate) struct Ed25519Key(SigningKey);

impl Ed25519Key {
    pub(crate) fn generate() -> Result<Self, FileError> {
        let seed = Zeroizing::new(random()?);
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads RFC 8410 §7: an `OCTET STRING` of 32 bytes inside the one of PKCS#8.
    pub(crate) fn from_pkcs8(info: &PrivateKeyInfoRef<'_>) -> Result<Self, FileError> {
        if info.algorithm.parameters.is_some() {
            return Err(FileError::malformed("Ed25519 with parameters"));
        }
        let inner = <&OctetStringRef>::from_der(info.private_key.as_bytes())
            .map_err(|e| FileError::malformed_by("not an Ed25519 private key", e))?;
        let seed = inner
            .as_bytes()
            .try_into()
            .map_err(|_| FileError::malformed("an Ed25519 private key is 32 bytes"))?;
        Ok(Self(SigningKey::from_bytes(seed)))
    }

    pub(crate) fn public_key(&self) -> Result<PublicKey, FileError> {
        Ok(PublicKey::from_ed25519(self.0.verifying_key().as_bytes())?)
    }

    /// Version 1, without the public key: what Go writes, and what every reader accepts.
    pub(crate) fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let failed = |_| FileError::Failed("encoding the key");
        let seed = Zeroizing::new(self.0.to_bytes());
        let inner = OctetStringRef::new(&*seed).and_then(|seed| seed.to_der());
        let inner = inner.map(Zeroizing::new).map_err(failed)?;
        let algorithm = AlgorithmIdentifierRef {
            oid: rfc8410::ID_ED_25519,
            parameters: None,
        };
        let inner = OctetStringRef::new(&inner).map_err(failed)?;
        let info = PrivateKeyInfoRef::new(algorithm, inner);
        info.to_der().map(Zeroizing::new).map_err(failed)
    }

    /// Ed25519ph (RFC 8032 §5.1) with an empty context.
    pub(crate) fn sign_prehashed(&self, digest: &Digest) -> Result<Signature, FileError> {
        let digest = Prehashed::new(digest).ok_or(FileError::Failed("Ed25519ph"))?;
        let signature = self.0.sign_prehashed(digest, None);
        let signature = signature.map_err(|_| FileError::Failed("Ed25519ph"))?;
        Ok(Signature::from_bytes(signature.to_bytes()))
    }

    /// Pure Ed25519 in flat memory: the message is read twice.
    pub(crate) fn sign_stream(&self, message: &dyn Message) -> Result<Signature, FileError> {
        let expanded = ExpandedSecretKey::from(self.0.as_bytes());
        let passes = RefCell::new(Passes::default());
        let pass = |hash: &mut Sha512| passes.borrow_mut().pass(message, hash);
        let signature = raw_sign_byupdate(&expanded, pass, &self.0.verifying_key());
        match signature {
            Ok(signature) => Ok(Signature::from_bytes(signature.to_bytes())),
            Err(_) => Err(passes.into_inner().explain()),
        }
    }
}

/// What the passes over a message have seen.
#[derive(Default)]
struct Passes {
    first: Option<Digest>,
    error: Option<io::Error>,
}

impl Passes {
    /// Reads the message once more into `hash`; fails where it is not what it was before.
    fn pass(&mut self, message: &dyn Message, hash: &mut Sha512) -> Result<(), SignatureError> {
        let seen = read_into(message, hash).map_err(|error| {
            self.error = Some(error);
            SignatureError::new()
        })?;
        match self.first.get_or_insert_with(|| seen.clone()) {
            first if *first == seen => Ok(()),
            _ => Err(SignatureError::new()),
        }
    }

    fn explain(self) -> FileError {
        match self.error {
            Some(source) => FileError::Read {
                subject: "the message".into(),
                source,
            },
            None => FileError::MessageChanged,
        }
    }
}

/// Feeds the message to `hash` and returns its SHA-256.
fn read_into(message: &dyn Message, hash: &mut Sha512) -> io::Result<Digest> {
    let mut reader = message.open()?;
    let mut witness = Hasher::new(HashAlgorithm::Sha256);
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(witness.finish()),
            Ok(n) => {
                Update::update(hash, &chunk[..n]);
                witness.update(&chunk[..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
#[path = "ed25519_tests.rs"]
mod tests;
