//! Making, listing and destroying keys; what other people's tools see of them.

use touchmark_core::{
    ErrorKind, Explain, HashAlgorithm, KeyAlgorithm, KeyUri, Provider, PublicKey, Signature,
    SignatureScheme,
};
use touchmark_pkcs11::Pkcs11Provider;
use touchmark_testkit::block_on;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::suite::{self, Management};
use touchmark_testkit::token::faulty::{Action, Faulty, When};
use touchmark_testkit::token::{TestToken, softhsm};

use crate::common::{open, provider, sign};
use crate::on_each_module;

on_each_module! {
    every_algorithm_passes_the_suite
    a_private_key_cannot_be_read_or_copied
    pkcs11_tool_signs_with_a_key_made_here
    destroying_a_key_takes_its_certificate_and_leaves_other_keys
    a_key_of_the_same_id_keeps_its_public_half
    the_listing_names_keys_of_one_label_apart
}

fn generate(provider: &Pkcs11Provider, key: &KeyUri, algorithm: KeyAlgorithm) -> PublicKey {
    block_on(provider.generator().unwrap().generate(key, algorithm)).unwrap()
}

fn destroy(provider: &Pkcs11Provider, key: &KeyUri) -> Vec<String> {
    let id = open(provider, key).public_key().key_id();
    block_on(provider.destroyer().unwrap().destroy(key, &id)).unwrap()
}

fn every_algorithm_passes_the_suite(token: &TestToken) {
    suite::manage(&Management {
        provider: &provider(token),
        place: &|name| token.uri(&format!("object={name}")),
        everything: &token.uri(""),
        algorithms: &KeyAlgorithm::GENERATED,
    });
    assert_nothing_left(token);
}

/// kryoptic also lists objects that describe its mechanisms; those stay.
fn assert_nothing_left(token: &TestToken) {
    let left = token.list_objects();
    for kind in ["Private Key", "Public Key", "Certificate"] {
        assert!(!left.contains(kind), "{left}");
    }
}

/// pkcs11-tool's description of the private key.
fn private_key(token: &TestToken) -> String {
    let objects = token.list_objects();
    let start = objects.find("Private Key Object").expect("a private key");
    let rest = &objects[start..];
    let end = rest.find("Public Key Object").unwrap_or(rest.len());
    rest[..end].to_owned()
}

fn a_private_key_cannot_be_read_or_copied(token: &TestToken) {
    let provider = provider(token);
    for algorithm in [
        KeyAlgorithm::default(),
        KeyAlgorithm::Rsa(2048),
        KeyAlgorithm::Ed25519,
    ] {
        let key = token.uri("object=key");
        generate(&provider, &key, algorithm);
        let seen = private_key(token);
        for attribute in [
            "sensitive",
            "always sensitive",
            "never extractable",
            "local",
        ] {
            assert!(seen.contains(attribute), "{attribute}: {seen}");
        }
        destroy(&provider, &key);
    }
}

fn pkcs11_tool_signs_with_a_key_made_here(token: &TestToken) {
    let key = generate(
        &provider(token),
        &token.uri("object=key;id=%0a"),
        KeyAlgorithm::Rsa(2048),
    );
    assert_eq!(token.read_public_key("0a"), key);
    let flags = ["--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "0a"];
    let signed = token.tool_as_user().args(flags).stdin("message").run();
    let signature = Signature::from_bytes(signed.success().stdout);
    let scheme = SignatureScheme::RsaPkcs1v15(HashAlgorithm::Sha256);
    openssl::verify(&key, scheme, b"message", &signature).success();
}

fn destroying_a_key_takes_its_certificate_and_leaves_other_keys(token: &TestToken) {
    let provider = provider(token);
    let (one, two) = (
        token.uri("object=one;id=%01"),
        token.uri("object=two;id=%02"),
    );
    let key = generate(&provider, &one, KeyAlgorithm::default());
    generate(&provider, &two, KeyAlgorithm::default());
    token.import_certificate(&openssl::certificate_for(&key, "one"), "one", "01");
    let gone = destroy(&provider, &one);
    assert_eq!(gone.len(), 3, "{gone:?}");
    let left = token.list_objects();
    assert!(
        !left.contains("one") && !left.contains("Certificate"),
        "{left}"
    );
    sign(&*open(&provider, &two));
}

fn a_key_of_the_same_id_keeps_its_public_half(token: &TestToken) {
    token.generate(KeyAlgorithm::default(), "one", "01");
    token.generate(KeyAlgorithm::default(), "two", "01");
    let provider = provider(token);
    destroy(&provider, &token.uri("object=one"));
    sign(&*open(&provider, &token.uri("object=two")));
    let left = token.list_objects();
    assert!(!left.contains("one"), "{left}");
    assert!(left.contains("Public Key Object"), "{left}");
}

fn the_listing_names_keys_of_one_label_apart(token: &TestToken) {
    token.generate(KeyAlgorithm::default(), "same", "01");
    token.generate(KeyAlgorithm::default(), "same", "02");
    let provider = provider(token);
    let listings = block_on(provider.lister().unwrap().list(&token.uri("object=same"))).unwrap();
    assert_eq!(listings.len(), 2, "{listings:?}");
    for listing in listings {
        assert_eq!(listing.label.as_deref(), Some("same"));
        assert_eq!(listing.token.as_deref(), Some(token.label.as_str()));
        let signer = open(&provider, &listing.uri);
        assert_eq!(listing.public_key.as_ref(), Some(signer.public_key()));
        assert_eq!(
            listing.public_key,
            Some(token.read_public_key(&listing.id.unwrap()))
        );
    }
}

#[test]
fn a_key_that_cannot_be_made_leaves_nothing() {
    let faulty = Faulty::wrap(&softhsm::token("failing"));
    faulty.fault("C_GenerateKeyPair", When::Always, Action::Fail(5));
    let provider = provider(&faulty.token);
    let key = faulty.token.uri("object=key");
    let made = block_on(
        provider
            .generator()
            .unwrap()
            .generate(&key, KeyAlgorithm::default()),
    );
    assert_eq!(made.unwrap_err().kind(), ErrorKind::Unreachable);
    assert_nothing_left(&faulty.token);
    faulty.heal();
    generate(&provider, &key, KeyAlgorithm::default());
}
