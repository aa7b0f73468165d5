//! What real cosigns wrote verifies, and nothing else does: see `tests/vectors/blobs/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use touchmark_core::{Digest, HashAlgorithm, PublicKey, SignatureScheme};
use touchmark_formats::bundle::{self, Content};
use touchmark_formats::evidence::{Evidence, detect};
use touchmark_formats::{NamedKey, verify_blob};

const VERSIONS: [&str; 2] = ["cosign-3", "cosign-2"];

/// The algorithms that a version recorded: cosign 2.6 panics on Ed25519 without a log.
fn names(version: &str) -> Vec<&'static str> {
    let mut names = vec![
        "ecdsa-p256",
        "ecdsa-p384",
        "ecdsa-p521",
        "rsa-2048",
        "rsa-3072",
        "rsa-4096",
    ];
    if version == "cosign-3" {
        names.push("ed25519");
    }
    names
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/blobs")
}

fn keys(version: &str) -> Vec<NamedKey> {
    let key = |name: &str| {
        let pem = fs::read_to_string(vectors().join(version).join(format!("{name}.pub"))).unwrap();
        let key = PublicKey::from_pem(&pem).unwrap();
        assert_eq!(key.algorithm().to_string(), name);
        NamedKey {
            name: name.into(),
            key,
        }
    };
    names(version).into_iter().map(key).collect()
}

/// The evidence of a kind, with its bytes.
fn evidence(version: &str, name: &str, ending: &str) -> (Vec<u8>, Evidence) {
    let path = vectors().join(version).join(format!("{name}.{ending}"));
    let bytes = fs::read(path).unwrap();
    let evidence = detect(&bytes).unwrap();
    (bytes, evidence)
}

/// How cosign signs blobs without a log: the algorithm registry's default, but pure Ed25519.
fn scheme(name: &str) -> SignatureScheme {
    match name {
        "ecdsa-p256" => SignatureScheme::Ecdsa(HashAlgorithm::Sha256),
        "ecdsa-p384" => SignatureScheme::Ecdsa(HashAlgorithm::Sha384),
        "ecdsa-p521" => SignatureScheme::Ecdsa(HashAlgorithm::Sha512),
        "ed25519" => SignatureScheme::Ed25519,
        _ => SignatureScheme::RsaPkcs1v15(HashAlgorithm::Sha256),
    }
}

#[test]
fn everything_that_cosign_wrote_verifies_with_its_key_and_for_its_artifact_alone() {
    let artifact = fs::read(vectors().join("artifact.txt")).unwrap();
    for version in VERSIONS {
        let keys = keys(version);
        for (index, name) in names(version).into_iter().enumerate() {
            for ending in ["bundle.json", "legacy.json", "sig"] {
                let (_, evidence) = evidence(version, name, ending);
                let is_kind = match evidence {
                    Evidence::Bundle(_) => ending == "bundle.json",
                    Evidence::LegacyBundle(_) => ending == "legacy.json",
                    Evidence::Detached(_) => ending == "sig",
                };
                assert!(is_kind, "{version} {name}.{ending}");
                let accepted = verify_blob(&keys, &artifact, &evidence).unwrap();
                assert_eq!((accepted.index, accepted.name.as_str()), (index, name));
                assert_eq!(accepted.scheme, scheme(name), "{version} {name}.{ending}");
                assert_eq!(accepted.not_checked, []);
                let mut others = keys.clone();
                others.remove(index);
                assert!(verify_blob(&others, &artifact, &evidence).is_err());
                assert!(verify_blob(&keys, &b"other".to_vec(), &evidence).is_err());
            }
        }
    }
}

#[test]
fn no_part_of_a_recorded_file_is_accepted() {
    let artifact = fs::read(vectors().join("artifact.txt")).unwrap();
    for version in VERSIONS {
        let keys = keys(version);
        for name in ["ecdsa-p256", "rsa-2048"] {
            for ending in ["bundle.json", "legacy.json", "sig"] {
                let (bytes, _) = evidence(version, name, ending);
                for length in 0..bytes.len() {
                    let accepted = detect(&bytes[..length])
                        .is_ok_and(|part| verify_blob(&keys, &artifact, &part).is_ok());
                    assert!(!accepted, "{version} {name}.{ending}: {length} bytes");
                }
            }
        }
    }
}

#[test]
fn a_strangers_key_does_not_verify_even_where_the_file_brings_its_own() {
    let artifact = fs::read(vectors().join("artifact.txt")).unwrap();
    let strangers = keys("cosign-2");
    for name in names("cosign-3") {
        // Both forms name their signer: by a hint, and by the key itself.
        for ending in ["bundle.json", "legacy.json"] {
            let (_, evidence) = evidence("cosign-3", name, ending);
            let refusal = verify_blob(&strangers, &artifact, &evidence).unwrap_err();
            assert_eq!(refusal.code(), "unknown-key", "{name}.{ending}");
        }
    }
}

#[test]
fn what_is_written_is_what_cosign_wrote_but_for_white_space() {
    let artifact = fs::read(vectors().join("artifact.txt")).unwrap();
    for version in VERSIONS {
        for key in keys(version) {
            let Some(hash) = scheme(&key.name).hash() else {
                continue; // cosign leaves Ed25519's digest out, and then refuses its own bundle.
            };
            let (bytes, evidence) = evidence(version, &key.name, "bundle.json");
            let Evidence::Bundle(theirs) = evidence else {
                panic!("not a bundle: {evidence:?}");
            };
            let Content::Message(message) = theirs.content else {
                panic!("not a blob's bundle: {:?}", theirs.content);
            };
            let digest = Digest::of(hash, &artifact);
            let ours = bundle::write(&key.key, &digest, &message.signature);
            let without_space: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b' ').collect();
            assert_eq!(ours, without_space, "{version} {}", key.name);
        }
    }
}
