//! Unit tests of `private_key`, on keys that OpenSSL 3.0 made.

use der::Encode;
use der::asn1::{BitStringRef, OctetStringRef};
use spki::AlgorithmIdentifierRef;
use touchmark_core::{ErrorKind, Explain};

use super::*;
use crate::vectors;

const ED25519: &str = "openssl-ed25519.pkcs8.pem";

fn contents(name: &str) -> Vec<u8> {
    single_block(&vectors::read(name))
        .unwrap()
        .contents
        .to_vec()
}

#[test]
fn every_encoding_of_a_key_is_the_same_key() {
    let cases = [
        ("p256", "sec1"),
        ("p256", "sec1-without-public"),
        ("p256", "sec1-compressed"),
        ("p384", "sec1"),
        ("p384", "sec1-without-public"),
        ("p521", "sec1"),
        ("p521", "sec1-without-public"),
        ("rsa2048", "pkcs1"),
        ("rsa3072", "pkcs1"),
        ("rsa4096", "pkcs1"),
    ];
    for (name, encoding) in cases {
        let pkcs8 = vectors::plain(&format!("openssl-{name}.pkcs8.pem"));
        let other = vectors::plain(&format!("openssl-{name}.{encoding}.pem"));
        assert_eq!(other.pkcs8_der(), pkcs8.pkcs8_der(), "{name} {encoding}");
    }
    let key = vectors::plain("openssl-p256.sec1-with-parameters.pem");
    assert_eq!(key.algorithm(), KeyAlgorithm::default());
}

#[test]
fn public_halves_are_those_that_openssl_derives() {
    for name in vectors::ALGORITHMS {
        let key = vectors::plain(&format!("openssl-{name}.pkcs8.pem"));
        let expected = vectors::read(&format!("openssl-{name}.pub"));
        assert_eq!(key.public_key().to_pem().into_bytes(), expected);
    }
}

/// The Ed25519 vector as a version 2 `OneAsymmetricKey` with this public key.
fn version_2(public: &[u8]) -> Vec<u8> {
    let der = contents(ED25519);
    let info = PrivateKeyInfoRef::from_der(&der).unwrap();
    let info = PrivateKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: rfc8410::ID_ED_25519,
            parameters: None,
        },
        private_key: OctetStringRef::new(info.private_key.as_bytes()).unwrap(),
        public_key: Some(BitStringRef::from_bytes(public).unwrap()),
    };
    info.to_der().unwrap()
}

#[test]
fn ed25519_is_read_in_both_versions_and_a_foreign_public_key_is_refused() {
    let one = vectors::plain(ED25519);
    let der = version_2(one.public_key().raw());
    assert_ne!(der, contents(ED25519));
    let two = PrivateKey::from_pkcs8_der(&der).unwrap();
    assert_eq!(two.public_key(), one.public_key());
    let mut foreign = one.public_key().raw().to_vec();
    foreign[0] ^= 1;
    assert!(PrivateKey::from_pkcs8_der(&version_2(&foreign)).is_err());
}

#[test]
fn truncated_keys_and_trailing_bytes_are_malformed() {
    for name in ["p256", "ed25519", "rsa2048"] {
        let der = contents(&format!("openssl-{name}.pkcs8.pem"));
        for end in (0..der.len()).step_by(7) {
            assert!(
                PrivateKey::from_pkcs8_der(&der[..end]).is_err(),
                "{name} {end}"
            );
        }
        let long = [&der[..], &[0]].concat();
        let error = PrivateKey::from_pkcs8_der(&long).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    let sec1 = [contents("openssl-p256.sec1.pem"), vec![0]].concat();
    assert!(PrivateKey::from_sec1_der(&sec1).is_err());
    let pkcs1 = [contents("openssl-rsa2048.pkcs1.pem"), vec![0]].concat();
    assert!(PrivateKey::from_pkcs1_der(&pkcs1).is_err());
}

#[test]
fn keys_whose_halves_do_not_belong_together_are_refused() {
    let mut sec1 = contents("openssl-p256.sec1.pem");
    *sec1.last_mut().unwrap() ^= 1;
    assert!(PrivateKey::from_sec1_der(&sec1).is_err());
    let mut scalar = contents("openssl-p256.sec1.pem");
    scalar[10] ^= 1;
    assert!(PrivateKey::from_sec1_der(&scalar).is_err());
    let mut pkcs1 = contents("openssl-rsa2048.pkcs1.pem");
    let middle = pkcs1.len() / 2;
    pkcs1[middle] ^= 1;
    assert!(PrivateKey::from_pkcs1_der(&pkcs1).is_err());
}

#[test]
fn scalars_out_of_range_are_refused() {
    for fill in [0, 0xff] {
        let mut sec1 = contents("openssl-p256.sec1-without-public.pem");
        assert_eq!(&sec1[5..7], [4, 32]);
        sec1[7..39].fill(fill);
        assert!(PrivateKey::from_sec1_der(&sec1).is_err(), "{fill}");
    }
}

#[test]
fn what_is_no_usable_private_key_says_why_and_what_to_do() {
    let cases = [
        ("openssl-p256.pub", ErrorKind::Key, "private key's file"),
        (
            "openssl-p256.encrypted-pkcs8.pem",
            ErrorKind::Key,
            "openssl pkey",
        ),
        (
            "openssl-p256.encrypted-sec1.pem",
            ErrorKind::Key,
            "openssl pkey",
        ),
        ("openssl-rsa1024.refused.pem", ErrorKind::Malformed, "2048"),
        (
            "openssl-secp256k1.refused.pem",
            ErrorKind::Malformed,
            "P-256",
        ),
        (
            "openssl-x25519.refused.pem",
            ErrorKind::Malformed,
            "Ed25519",
        ),
    ];
    for (name, kind, word) in cases {
        let error = parse_private_key(&vectors::read(name)).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert!(error.hint().unwrap().contains(word), "{name}: {error}");
    }
    for label in ["CERTIFICATE", "RSA PUBLIC KEY", "OPENSSH PRIVATE KEY"] {
        let pem = format!("-----BEGIN {label}-----\nAQID\n-----END {label}-----\n");
        assert!(parse_private_key(pem.as_bytes()).is_err(), "{label}");
    }
}

#[test]
fn two_keys_in_one_file_are_refused() {
    let pem = vectors::read("openssl-p256.pkcs8.pem");
    let error = parse_private_key(&[pem.clone(), pem].concat()).unwrap_err();
    assert!(error.to_string().contains("several"), "{error}");
}

#[test]
fn debug_shows_no_private_bytes() {
    let key = vectors::plain(ED25519);
    let seed = format!("{:?}", &key.pkcs8_der()[16..20]);
    let seed = seed.trim_matches(['[', ']']).to_owned();
    let shown = format!("{key:?}");
    assert!(
        shown.contains("ed25519") && !shown.contains(&seed),
        "{shown}"
    );
}

#[test]
fn a_wider_rsa_key_signs_though_cosign_does_not_import_it() {
    let key = vectors::plain("openssl-rsa2056.not-imported.pem");
    assert_eq!(key.algorithm(), KeyAlgorithm::Rsa(2056));
}
