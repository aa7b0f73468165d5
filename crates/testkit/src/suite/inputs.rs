//! Messages to sign: ordinary ones, and one whose reading fails.

use std::io::{self, Read};

use touchmark_core::{HashAlgorithm, Message, SignatureScheme};

/// A short, an empty, and a long message: three paths through any hash or buffer.
pub(super) fn messages() -> [Vec<u8>; 3] {
    [b"touchmark".to_vec(), Vec::new(), vec![0xa5; 200_000]]
}

/// Every scheme there is.
pub(super) fn all_schemes() -> Vec<SignatureScheme> {
    let hashed = HashAlgorithm::ALL.into_iter().flat_map(|hash| {
        [
            SignatureScheme::Ecdsa(hash),
            SignatureScheme::RsaPkcs1v15(hash),
            SignatureScheme::RsaPss(hash),
        ]
    });
    hashed
        .chain([SignatureScheme::Ed25519, SignatureScheme::Ed25519ph])
        .collect()
}

/// A message that can be opened but not read to its end, like a file on a disk that fails.
#[derive(Debug)]
pub(super) struct BreaksOff;

impl Message for BreaksOff {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new((&b"the beginning"[..]).chain(Broken)))
    }

    fn len_hint(&self) -> Option<u64> {
        Some(100)
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk fails"))
    }
}
