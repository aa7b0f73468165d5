//! Unit tests of `ed25519`: the standard's vectors, and messages that change.

use std::sync::atomic::{AtomicUsize, Ordering};

use touchmark_core::{ErrorKind, Explain};

use super::*;

/// RFC 8032 §7.1, test 2.
const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
/// RFC 8032 §7.3.
const PH_SEED: &str = "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42";
const PH_SIGNATURE: &str = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
                            31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    let pairs = digits.chunks(2);
    pairs
        .map(|d| u8::try_from(d[0] * 16 + d[1]).unwrap())
        .collect()
}

fn key(seed: &str) -> Ed25519Key {
    Ed25519Key(SigningKey::from_bytes(&bytes(seed).try_into().unwrap()))
}

#[test]
fn the_vectors_of_rfc_8032_sign() {
    let signature = key(SEED).sign_stream(&vec![0x72]).unwrap();
    assert_eq!(signature.as_bytes(), bytes(SIGNATURE));
    let digest = Digest::of(HashAlgorithm::Sha512, b"abc");
    let signature = key(PH_SEED).sign_prehashed(&digest).unwrap();
    assert_eq!(signature.as_bytes(), bytes(PH_SIGNATURE));
    let other = Digest::of(HashAlgorithm::Sha256, b"abc");
    assert!(key(PH_SEED).sign_prehashed(&other).is_err());
}

/// Yields other bytes each time it is opened.
#[derive(Debug, Default)]
struct Changing {
    opened: AtomicUsize,
    fails: bool,
}

impl Message for Changing {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let opened = self.opened.fetch_add(1, Ordering::SeqCst);
        if self.fails && opened == 1 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(Box::new(io::repeat(0).take(1000 + opened as u64)))
    }
}

#[test]
fn a_message_that_changes_between_the_passes_is_an_error_and_no_signature() {
    let error = key(SEED).sign_stream(&Changing::default()).unwrap_err();
    assert!(matches!(error, FileError::MessageChanged), "{error}");
    let failing = Changing {
        fails: true,
        ..Changing::default()
    };
    let error = key(SEED).sign_stream(&failing).unwrap_err();
    assert!(matches!(error, FileError::Read { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Failed);
}
