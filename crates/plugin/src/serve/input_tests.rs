use touchmark_core::Curve;

use super::*;
use crate::wire::MessageOptions;

const P384: KeyAlgorithm = KeyAlgorithm::Ecdsa(Curve::P384);
const RSA: KeyAlgorithm = KeyAlgorithm::Rsa(2048);

fn choose(
    key: KeyAlgorithm,
    digest: Option<usize>,
    hash_func: Option<u32>,
    init_hash: u32,
) -> Result<Chosen, ServeError> {
    let options = SignOptions {
        message_options: MessageOptions {
            digest: digest.map(|length| vec![7; length]),
            hash_func,
        },
        ..SignOptions::default()
    };
    Plan::new(&options, init_hash).choose(key)
}

fn scheme_of(
    key: KeyAlgorithm,
    digest: Option<usize>,
    hash_func: Option<u32>,
    init_hash: u32,
) -> SignatureScheme {
    choose(key, digest, hash_func, init_hash).unwrap().scheme
}

#[test]
fn a_digest_without_a_hash_function_is_told_by_its_length_alone() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    for (length, hash) in [(32, Sha256), (48, Sha384), (64, Sha512)] {
        for init in [0, 5, 7, 17] {
            let ecdsa = scheme_of(P384, Some(length), None, init);
            assert_eq!(ecdsa, SignatureScheme::Ecdsa(hash));
            let rsa = scheme_of(RSA, Some(length), None, init);
            assert_eq!(rsa, SignatureScheme::RsaPkcs1v15(hash));
            assert_eq!(scheme_of(P384, Some(length), Some(0), init), ecdsa);
        }
    }
}

#[test]
fn a_named_hash_function_must_fit_the_digest() {
    assert!(choose(P384, Some(48), Some(6), 5).is_ok());
    for (length, hash) in [(48, 5), (32, 6), (28, 4), (20, 3)] {
        assert!(choose(P384, Some(length), Some(hash), 5).is_err());
    }
    for length in [1, 20, 28, 33, 65] {
        let error = choose(RSA, Some(length), None, 5).unwrap_err();
        assert!(matches!(error, ServeError::Digest { length: found, .. } if found == length));
    }
}

#[test]
fn standard_input_is_hashed_as_the_call_then_the_key_reference_then_the_key_says() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    for (call, init, hash) in [
        (Some(6), 7, Sha384),
        (Some(0), 7, Sha512),
        (None, 7, Sha512),
        (None, 5, Sha256),
        (None, 0, Sha256),
    ] {
        let chosen = choose(P384, None, call, init).unwrap();
        assert_eq!(chosen.scheme, SignatureScheme::Ecdsa(hash));
        assert_eq!(chosen.input, Input::Hashed(hash));
        // An empty digest is none.
        assert_eq!(choose(P384, Some(0), call, init).unwrap(), chosen);
    }
    assert!(matches!(
        choose(RSA, None, None, 4),
        Err(ServeError::Hash(4))
    ));
}

#[test]
fn ed25519_signs_the_message_or_a_sha512_digest() {
    let key = KeyAlgorithm::Ed25519;
    for init in [0, 5, 17] {
        let pure = choose(key, None, None, init).unwrap();
        assert_eq!(
            (pure.scheme, pure.input),
            (SignatureScheme::Ed25519, Input::Whole)
        );
        for hash in [None, Some(7)] {
            let prehashed = scheme_of(key, Some(64), hash, init);
            assert_eq!(prehashed, SignatureScheme::Ed25519ph);
        }
        assert!(choose(key, Some(32), None, init).is_err());
        assert!(choose(key, Some(32), Some(5), init).is_err());
    }
    let inline = choose(key, Some(9), Some(0), 5).unwrap();
    assert_eq!(inline.scheme, SignatureScheme::Ed25519);
    assert_eq!(inline.input, Input::Inline(vec![7; 9]));
}

#[test]
fn a_long_message_is_refused_for_pure_ed25519_only() {
    let long = || Timed::new(io::repeat(0).take(MESSAGE_LIMIT as u64 + 1), None);
    assert!(matches!(
        Input::Whole.read(long()),
        Err(ServeError::TooLong)
    ));
    assert!(Input::Hashed(HashAlgorithm::Sha256).read(long()).is_ok());
}

#[test]
fn reading_stops_at_the_deadline() {
    let endless = Timed::new(io::repeat(0), Some(SystemTime::now()));
    let error = Input::Hashed(HashAlgorithm::Sha256)
        .read(endless)
        .unwrap_err();
    assert!(matches!(error, ServeError::Deadline));
}
