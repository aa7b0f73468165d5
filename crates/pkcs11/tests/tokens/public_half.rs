//! Tokens that keep only private objects: where the public half comes from.

use touchmark_core::{CheckedSigner, ErrorKind, KeyAlgorithm, PublicKey, SignError};
use touchmark_pkcs11::{KeyProblem, Pkcs11Error};
use touchmark_testkit::block_on;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};

use crate::common::{assert_says, detail, open, provider, refusal, sign};
use crate::on_each_module;

on_each_module! {
    an_rsa_private_key_tells_its_public_half_itself
    a_certificate_with_the_same_id_is_enough
}

/// A key pair whose public object is gone.
fn private_only(token: &TestToken, algorithm: KeyAlgorithm) -> PublicKey {
    token.generate(algorithm, "key", "01");
    let key = token.read_public_key("01");
    token.delete_public_object("01");
    key
}

fn an_rsa_private_key_tells_its_public_half_itself(token: &TestToken) {
    token.generate(KeyAlgorithm::Rsa(2048), "key", "01");
    token.delete_public_object("01");
    sign(&*open(&provider(token), &token.uri("object=key")));
}

fn a_certificate_with_the_same_id_is_enough(token: &TestToken) {
    let key = private_only(token, KeyAlgorithm::default());
    let certificate = openssl::certificate_for(&key, "release");
    token.import_certificate(&certificate, "any label", "01");
    let signer = open(&provider(token), &token.uri("object=key"));
    assert_eq!(signer.public_key(), &key);
    sign(&*signer);
}

#[test]
fn kryoptic_keeps_it_with_the_private_key() {
    let token = kryoptic::token("private");
    let key = private_only(&token, KeyAlgorithm::default());
    let signer = open(&provider(&token), &token.uri("object=key"));
    assert_eq!(signer.public_key(), &key);
    sign(&*signer);
}

#[test]
fn softhsm_does_not_and_the_error_says_what_to_do() {
    let token = softhsm::token("private");
    private_only(&token, KeyAlgorithm::default());
    let fault = refusal(&provider(&token), &token.uri("object=key"));
    assert_says(&fault, ErrorKind::Key, "public half", "certificate");
    assert!(
        matches!(
            detail(&fault),
            Pkcs11Error::Key {
                problem: KeyProblem::NoPublicKey,
                ..
            }
        ),
        "{fault:?}"
    );
}

#[test]
fn the_pin_of_the_configuration_is_enough() {
    let token = softhsm::token("pinned");
    let key = private_only(&token, KeyAlgorithm::default());
    let uri = token.uri("object=key");
    let provider = provider(&token).with_pinned(uri.clone(), key.clone());
    let signer = open(&provider, &uri);
    assert_eq!(signer.public_key(), &key);
    sign(&*signer);
}

#[test]
fn a_wrong_pin_of_the_configuration_signs_nothing() {
    let token = softhsm::token("pinned");
    private_only(&token, KeyAlgorithm::default());
    let other = openssl::public_key(&openssl::generate(
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    ));
    let uri = token.uri("object=key");
    let provider = provider(&token).with_pinned(uri.clone(), other);
    let signer = CheckedSigner::new(open(&provider, &uri), None).unwrap();
    let message = b"message".to_vec();
    let prepared = signer.schemes().next().unwrap().prepare(&message).unwrap();
    let result = block_on(signer.sign(&prepared));
    assert!(matches!(result, Err(SignError::SelfCheck(_))), "{result:?}");
}

#[test]
fn a_certificate_for_another_key_signs_nothing() {
    let token = softhsm::token("certificate");
    private_only(&token, KeyAlgorithm::default());
    let other = openssl::public_key(&openssl::generate(
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    ));
    token.import_certificate(&openssl::certificate_for(&other, "other"), "other", "01");
    let signer = open(&provider(&token), &token.uri("object=key"));
    let signer = CheckedSigner::new(signer, None).unwrap();
    let message = b"message".to_vec();
    let prepared = signer.schemes().next().unwrap().prepare(&message).unwrap();
    let result = block_on(signer.sign(&prepared));
    assert!(matches!(result, Err(SignError::SelfCheck(_))), "{result:?}");
}
