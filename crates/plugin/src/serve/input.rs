//! What a call signs or verifies, and with which scheme.

use std::io::{self, Read};
use std::time::SystemTime;

use touchmark_core::{Digest, HashAlgorithm, KeyAlgorithm, Message, SignatureScheme};

use super::ServeError;
use crate::wire::{SignOptions, hash};

/// The longest message in bytes that pure Ed25519 takes from standard input, from where it cannot
/// be read twice.
pub(super) const MESSAGE_LIMIT: usize = 64 * 1024 * 1024;

/// What the request says of the message, before the key is known.
pub(super) struct Plan<'a> {
    digest: Option<&'a [u8]>,
    message_hash: Option<u32>,
    init_hash: u32,
}

/// The scheme, and where its input comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) scheme: SignatureScheme,
    pub(super) input: Input,
}

/// Where the input comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Standard input, of which the digest is enough.
    Hashed(HashAlgorithm),
    /// Standard input itself.
    Whole,
    /// A digest in the request.
    Digest(Digest),
    /// A message in the request, in the place of its digest.
    Inline(Vec<u8>),
}

impl<'a> Plan<'a> {
    pub(super) fn new(options: &'a SignOptions, init_hash: u32) -> Self {
        let message = &options.message_options;
        Self {
            // Go makes no difference between an empty digest and none.
            digest: message.digest.as_deref().filter(|bytes| !bytes.is_empty()),
            message_hash: message.hash_func,
            init_hash,
        }
    }

    /// Decides, once the key is known. A digest wins over standard input.
    pub(super) fn choose(&self, key: KeyAlgorithm) -> Result<Chosen, ServeError> {
        match (self.digest, key) {
            (Some(bytes), KeyAlgorithm::Ed25519) => self.edwards_digest(bytes),
            (Some(bytes), _) => Ok(Chosen::digest(key, self.digest_hash(bytes, key)?)),
            (None, KeyAlgorithm::Ed25519) => Ok(Chosen {
                scheme: SignatureScheme::Ed25519,
                input: Input::Whole,
            }),
            (None, _) => {
                let hash = self.stream_hash(key)?;
                Ok(Chosen {
                    scheme: scheme(key, hash),
                    input: Input::Hashed(hash),
                })
            }
        }
    }

    /// A SHA-512 digest means Ed25519ph. With "no hash function" in so many words, the bytes are
    /// the message: that is how Go's `crypto.Signer` is called for pure Ed25519.
    fn edwards_digest(&self, bytes: &[u8]) -> Result<Chosen, ServeError> {
        if self.message_hash == Some(hash::NONE) {
            return Ok(Chosen {
                scheme: SignatureScheme::Ed25519,
                input: Input::Inline(bytes.to_vec()),
            });
        }
        let digest = self.digest_hash(bytes, KeyAlgorithm::Ed25519)?;
        if digest.algorithm() != HashAlgorithm::Sha512 {
            return Err(wrong_digest(bytes, KeyAlgorithm::Ed25519));
        }
        Ok(Chosen {
            scheme: SignatureScheme::Ed25519ph,
            input: Input::Digest(digest),
        })
    }

    /// The digest with the hash function that the call names for it; where it names none, its
    /// length tells. `initOptions.hashFunc` does not count: cosign sends 5 there, and then digests
    /// that suit the key.
    fn digest_hash(&self, bytes: &[u8], key: KeyAlgorithm) -> Result<Digest, ServeError> {
        let digest = match self.message_hash.filter(|number| *number != hash::NONE) {
            Some(number) => Digest::from_bytes(known(number)?, bytes),
            None => HashAlgorithm::ALL
                .into_iter()
                .find_map(|hash| Digest::from_bytes(hash, bytes)),
        };
        digest.ok_or_else(|| wrong_digest(bytes, key))
    }

    fn stream_hash(&self, key: KeyAlgorithm) -> Result<HashAlgorithm, ServeError> {
        let named = self.message_hash.unwrap_or(hash::NONE);
        match [named, self.init_hash]
            .into_iter()
            .find(|number| *number != hash::NONE)
        {
            Some(number) => known(number),
            None => Ok(SignatureScheme::default_for(key)
                .hash()
                .unwrap_or(HashAlgorithm::Sha256)),
        }
    }
}

impl Chosen {
    fn digest(key: KeyAlgorithm, digest: Digest) -> Self {
        Self {
            scheme: scheme(key, digest.algorithm()),
            input: Input::Digest(digest),
        }
    }
}

impl Input {
    /// Reads standard input, if it has the message.
    pub(super) fn read(self, stdin: Timed<impl Read>) -> Result<Box<dyn Message>, ServeError> {
        Ok(match self {
            Self::Digest(digest) => Box::new(digest),
            Self::Inline(message) => Box::new(message),
            Self::Hashed(hash) => Box::new(Digest::read(hash, stdin).map_err(unread)?),
            Self::Whole => Box::new(read_whole(stdin)?),
        })
    }
}

fn read_whole(stdin: impl Read) -> Result<Vec<u8>, ServeError> {
    let mut message = Vec::new();
    stdin
        .take(MESSAGE_LIMIT as u64 + 1)
        .read_to_end(&mut message)
        .map_err(unread)?;
    if message.len() > MESSAGE_LIMIT {
        return Err(ServeError::TooLong);
    }
    Ok(message)
}

fn unread(error: io::Error) -> ServeError {
    match error.kind() {
        io::ErrorKind::TimedOut => ServeError::Deadline,
        _ => ServeError::Read(error),
    }
}

fn known(number: u32) -> Result<HashAlgorithm, ServeError> {
    hash::from_wire(number).ok_or(ServeError::Hash(number))
}

fn wrong_digest(bytes: &[u8], key: KeyAlgorithm) -> ServeError {
    ServeError::Digest {
        length: bytes.len(),
        key,
    }
}

/// cosign knows no PSS: an RSA key signs with PKCS #1 v1.5.
fn scheme(key: KeyAlgorithm, hash: HashAlgorithm) -> SignatureScheme {
    match key {
        KeyAlgorithm::Ecdsa(_) => SignatureScheme::Ecdsa(hash),
        KeyAlgorithm::Rsa(_) => SignatureScheme::RsaPkcs1v15(hash),
        KeyAlgorithm::Ed25519 => SignatureScheme::Ed25519ph,
    }
}

/// Standard input that ends in an error once the deadline has passed. A read that blocks is not
/// cut short; the host closes the pipe or ends us.
pub(super) struct Timed<R> {
    reader: R,
    deadline: Option<SystemTime>,
}

impl<R: Read> Timed<R> {
    pub(super) fn new(reader: R, deadline: Option<SystemTime>) -> Self {
        Self { reader, deadline }
    }
}

impl<R: Read> Read for Timed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self
            .deadline
            .is_some_and(|deadline| deadline <= SystemTime::now())
        {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.reader.read(buffer)
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
