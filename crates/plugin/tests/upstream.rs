//! Our host side against a plugin that is built on sigstore's own package.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use common::{Script, block_on, explained, uri};
use touchmark_core::{
    Curve, ErrorKind, HashAlgorithm, KeyAlgorithm, KeyGenerator, ManageError, Provider, PublicKey,
    SignatureScheme,
};
use touchmark_plugin::PluginError;

const P256: KeyAlgorithm = KeyAlgorithm::Ecdsa(Curve::P256);
const P384: KeyAlgorithm = KeyAlgorithm::Ecdsa(Curve::P384);

fn generate(script: &Script, key: &str, algorithm: KeyAlgorithm) -> Result<PublicKey, ManageError> {
    block_on(script.provider.generate(&uri(key), algorithm))
}

fn refusal(made: Result<PublicKey, ManageError>) -> touchmark_core::Fault {
    match made {
        Err(ManageError::Backend(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_is_made_and_its_public_half_read_back() {
    let script = Script::upstream("");
    for (name, algorithm) in [("a", P256), ("b", P384), ("c", KeyAlgorithm::Ed25519)] {
        let made = generate(&script, name, algorithm).unwrap();
        assert_eq!(made.algorithm(), algorithm);
        assert_eq!(
            block_on(script.provider.public_key(&uri(name))).unwrap(),
            made
        );
    }
}

#[test]
fn a_key_that_is_there_is_neither_replaced_nor_returned_as_new() {
    let script = Script::upstream("");
    let first = generate(&script, "a", P256).unwrap();
    let fault = refusal(generate(&script, "a", P256));
    let error = explained(&fault, ErrorKind::Key);
    assert!(matches!(error, PluginError::Exists { key_id, .. } if *key_id == first.key_id()));
    assert_eq!(
        block_on(script.provider.public_key(&uri("a"))).unwrap(),
        first
    );
}

#[test]
fn an_algorithm_that_the_plugin_does_not_make_is_refused_before_it_is_asked() {
    let script = Script::upstream("");
    let fault = refusal(generate(&script, "a", KeyAlgorithm::Rsa(2048)));
    explained(&fault, ErrorKind::Usage);
    assert!(
        fault
            .to_string()
            .contains("ecdsa-p256, ecdsa-p384, ed25519"),
        "{fault}"
    );
    assert!(!script.file("a").exists());
}

#[test]
fn every_scheme_of_a_key_signs_or_says_why_not() {
    let script = Script::upstream("");
    for (name, algorithm) in [("a", P256), ("b", P384)] {
        generate(&script, name, algorithm).unwrap();
        let signer = script.open(name);
        for hash in HashAlgorithm::ALL {
            let message = b"hello".to_vec();
            let prepared = SignatureScheme::Ecdsa(hash).prepare(&message).unwrap();
            let signature = block_on(signer.sign(&prepared)).unwrap();
            signature.check_der().unwrap();
            signer.public_key().verify(&prepared, &signature).unwrap();
        }
    }
}

#[test]
fn pure_ed25519_gets_the_message_whatever_its_length() {
    let script = Script::upstream("");
    generate(&script, "a", KeyAlgorithm::Ed25519).unwrap();
    let signer = script.open("a");
    for length in [0, 1, 100_000, 3_000_000] {
        let message = vec![7; length];
        let prepared = SignatureScheme::Ed25519.prepare(&message).unwrap();
        let signature = block_on(signer.sign(&prepared)).unwrap();
        signer.public_key().verify(&prepared, &signature).unwrap();
    }
}

#[test]
fn the_plugins_own_words_are_reported() {
    let fault = Script::upstream("echo looking >&2").refusal();
    let error = explained(&fault, ErrorKind::Failed);
    assert!(matches!(error, PluginError::Refused { .. }));
    let text = fault.to_string();
    assert!(
        text.starts_with("sigstore-kms-test failed: open "),
        "{text}"
    );
    assert!(
        text.ends_with("no such file or directory; it wrote: looking"),
        "{text}"
    );
}

#[test]
fn a_key_that_is_exchanged_under_the_signer_is_noticed() {
    let script = Script::upstream("");
    generate(&script, "a", P256).unwrap();
    generate(&script, "b", P256).unwrap();
    let signer = script.open("a");
    std::fs::rename(script.file("b"), script.file("a")).unwrap();
    let message = b"hello".to_vec();
    let prepared = SignatureScheme::Ecdsa(HashAlgorithm::Sha256)
        .prepare(&message)
        .unwrap();
    let error = block_on(signer.sign(&prepared)).unwrap_err();
    assert!(
        matches!(error, touchmark_core::SignError::SelfCheck(_)),
        "{error:?}"
    );
}
