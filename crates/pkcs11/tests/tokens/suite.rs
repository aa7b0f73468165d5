//! The suite that every backend passes, on both modules.

use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::suite::{self, Subject};
use touchmark_testkit::token::{TestToken, softhsm};

use crate::common::{open, options, provider, sign};
use crate::on_each_module;

const ALGORITHMS: [KeyAlgorithm; 5] = [
    KeyAlgorithm::Ecdsa(Curve::P256),
    KeyAlgorithm::Ecdsa(Curve::P384),
    KeyAlgorithm::Ecdsa(Curve::P521),
    KeyAlgorithm::Rsa(2048),
    KeyAlgorithm::Ed25519,
];

on_each_module! {
    keys_that_pkcs11_tool_made_pass
}

fn keys_that_pkcs11_tool_made_pass(token: &TestToken) {
    let mut keys = Vec::new();
    for (number, algorithm) in ALGORITHMS.into_iter().enumerate() {
        let label = format!("made {algorithm}");
        token.generate(algorithm, &label, &format!("0{number}"));
        keys.push(token.uri(&format!("object=made%20{algorithm}")));
    }
    suite::run(&Subject {
        provider: &provider(token),
        keys: &keys,
        missing: token.uri("object=nobody"),
        secrets: &[&token.user_pin],
    });
}

#[test]
fn large_rsa_keys_sign() {
    let token = softhsm::token("large");
    for bits in [3072, 4096] {
        token.generate(KeyAlgorithm::Rsa(bits), &format!("rsa-{bits}"), "01");
    }
    let provider = provider(&token);
    for bits in [3072, 4096] {
        let signer = open(&provider, &token.uri(&format!("object=rsa-{bits}")));
        assert_eq!(signer.public_key().algorithm(), KeyAlgorithm::Rsa(bits));
        sign(&*signer);
    }
}

#[test]
fn more_sessions_than_cores_change_nothing() {
    let token = softhsm::token("many");
    token.generate(KeyAlgorithm::default(), "key", "01");
    let options = touchmark_pkcs11::Pkcs11Options {
        sessions: 16,
        ..options()
    };
    let person = crate::common::Person::with(&token.user_pin);
    let provider = touchmark_pkcs11::Pkcs11Provider::new(options, person.clone());
    suite::run(&Subject {
        provider: &provider,
        keys: &[token.uri("object=key")],
        missing: token.uri("object=nobody"),
        secrets: &[&token.user_pin],
    });
    assert_eq!(person.asked(), 1, "one login serves all sessions");
}
