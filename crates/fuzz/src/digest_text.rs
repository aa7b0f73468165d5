//! Digests as text: the one form is accepted, in either case.

use touchmark_core::{Digest, HashAlgorithm};

/// Reads `sha256:HEX`, writes it, and compares.
pub fn check(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let Some(digest) = Digest::parse(text) else {
        return false;
    };
    assert!(digest.to_string().eq_ignore_ascii_case(text));
    assert_eq!(Digest::parse(&digest.to_string()), Some(digest.clone()));
    assert_eq!(digest.as_bytes().len(), digest.algorithm().output_len());
    for algorithm in HashAlgorithm::ALL {
        let same = Digest::from_bytes(algorithm, digest.as_bytes()).is_some();
        assert_eq!(same, algorithm == digest.algorithm());
    }
    true
}
