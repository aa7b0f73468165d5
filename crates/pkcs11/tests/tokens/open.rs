//! Finding exactly one module, token and key, or saying why not.

use std::path::{Path, PathBuf};

use touchmark_core::{ErrorKind, KeyAlgorithm, KeyUri, Provider};
use touchmark_pkcs11::{KeyProblem, ModuleProblem, Pkcs11Error, Pkcs11Provider, TokenProblem};
use touchmark_testkit::block_on;
use touchmark_testkit::token::faulty::{Action, Faulty, When};
use touchmark_testkit::token::{TestToken, softhsm};

use crate::common::{Person, assert_says, detail, open, options, provider, refusal};
use crate::on_each_module;

on_each_module! {
    a_key_is_found_by_each_of_its_names
    an_unknown_key_is_refused_with_the_keys_there_are
    a_label_that_two_keys_have_is_refused_and_the_id_decides
    an_id_that_two_keys_have_is_refused_and_the_label_decides
    another_token_is_refused_with_the_tokens_there_are
    a_public_object_does_not_sign
}

fn p256(token: &TestToken, label: &str, id: &str) {
    token.generate(KeyAlgorithm::default(), label, id);
}

fn a_key_is_found_by_each_of_its_names(token: &TestToken) {
    p256(token, "one", "01");
    p256(token, "two", "02ff");
    let provider = provider(token);
    let expected = token.read_public_key("02ff");
    let serial = format!("serial={};object=two", token.serial);
    let slot = format!("slot-id={};object=two", token.slot);
    for attributes in [
        "object=two",
        "id=%02%ff",
        "id=%02%FF;object=two;type=private",
        &serial,
        &slot,
    ] {
        let signer = open(&provider, &token.uri(attributes));
        assert_eq!(signer.public_key(), &expected, "{attributes}");
    }
}

fn an_unknown_key_is_refused_with_the_keys_there_are(token: &TestToken) {
    p256(token, "one", "01");
    let fault = refusal(&provider(token), &token.uri("object=three"));
    assert_says(&fault, ErrorKind::Key, "one", "key list");
    let detail = detail(&fault);
    assert!(
        matches!(detail, Pkcs11Error::Key { problem: KeyProblem::None(found), .. } if found.len() == 1),
        "{detail:?}"
    );
}

fn a_label_that_two_keys_have_is_refused_and_the_id_decides(token: &TestToken) {
    p256(token, "same", "01");
    p256(token, "same", "02");
    let provider = provider(token);
    let fault = refusal(&provider, &token.uri("object=same"));
    assert_several_keys(&fault);
    assert_says(&fault, ErrorKind::Key, "2 keys match", "id=");
    let signer = open(&provider, &token.uri("object=same;id=%02"));
    assert_eq!(signer.public_key(), &token.read_public_key("02"));
}

fn an_id_that_two_keys_have_is_refused_and_the_label_decides(token: &TestToken) {
    p256(token, "one", "01");
    p256(token, "two", "01");
    let provider = provider(token);
    let fault = refusal(&provider, &token.uri("id=%01"));
    assert_several_keys(&fault);
    assert_says(&fault, ErrorKind::Key, "2 keys match", "object=");
    let one = open(&provider, &token.uri("id=%01;object=one"));
    let two = open(&provider, &token.uri("id=%01;object=two"));
    assert_ne!(one.public_key(), two.public_key());
}

fn assert_several_keys(fault: &touchmark_core::Fault) {
    let detail = detail(fault);
    assert!(
        matches!(detail, Pkcs11Error::Key { problem: KeyProblem::Several(found), .. } if found.len() == 2),
        "{detail:?}"
    );
}

fn another_token_is_refused_with_the_tokens_there_are(token: &TestToken) {
    let mut other = token.clone();
    other.label = "another".into();
    let person = Person::with(&token.user_pin);
    let provider = Pkcs11Provider::new(options(), person.clone());
    let fault = refusal(&provider, &other.uri("object=one"));
    assert_says(&fault, ErrorKind::Key, "the token", "token=");
    assert!(matches!(
        detail(&fault),
        Pkcs11Error::Token {
            problem: TokenProblem::None(_)
        }
    ));
    assert_eq!(person.asked(), 0, "decided before any login");
}

fn a_public_object_does_not_sign(token: &TestToken) {
    p256(token, "one", "01");
    let fault = refusal(&provider(token), &token.uri("object=one;type=public"));
    assert_says(&fault, ErrorKind::Key, "no private key", "type=private");
}

#[test]
fn a_label_that_two_tokens_have_is_refused_and_the_serial_decides() {
    let (one, two) = (softhsm::token("same"), softhsm::token("same"));
    p256(&one, "key", "01");
    p256(&two, "key", "01");
    let person = Person::with(&one.user_pin);
    let provider = Pkcs11Provider::new(options(), person.clone());
    let fault = refusal(&provider, &one.uri("object=key"));
    assert_says(&fault, ErrorKind::Key, "2 tokens match", "serial=");
    for token in [&one, &two] {
        assert!(fault.to_string().contains(&token.serial), "{fault}");
    }
    assert_eq!(person.asked(), 0, "decided before any login");
    for token in [&one, &two] {
        let named = token.uri(&format!("serial={};object=key", token.serial));
        let signer = open(&provider, &named);
        assert_eq!(signer.public_key(), &token.read_public_key("01"));
    }
}

#[test]
fn the_public_half_is_read_without_a_login() {
    let faulty = Faulty::wrap(&softhsm::token("public"));
    p256(&faulty.token, "key", "01");
    let expected = faulty.token.read_public_key("01");
    let before = faulty.calls("C_Login");
    let provider = Pkcs11Provider::new(options(), Person::absent());
    let key = block_on(provider.public_key(&faulty.token.uri("object=key"))).unwrap();
    assert_eq!(key, expected);
    assert_eq!(faulty.calls("C_Login"), before);
}

#[test]
fn no_module_at_all() {
    let uri = "pkcs11:token=t;object=o".parse().unwrap();
    let fault = refusal(&module_provider(), &uri);
    assert_says(&fault, ErrorKind::Usage, "no PKCS#11 module", "module-path");
}

#[test]
fn a_missing_module() {
    assert_module(
        Path::new("/nowhere/libp11.so"),
        ModuleProblem::Missing,
        "doctor",
    );
}

#[test]
fn a_file_that_is_no_library() {
    assert_module(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        ModuleProblem::NotALibrary,
        "shared library",
    );
}

#[test]
fn a_library_that_is_no_pkcs11_module() {
    assert_module(&libc(), ModuleProblem::NotPkcs11, "C_GetFunctionList");
}

#[test]
fn a_module_that_does_not_start() {
    let faulty = Faulty::wrap(&softhsm::token("broken"));
    faulty.fault("C_Initialize", When::Always, Action::Fail(5));
    assert_module(
        &faulty.token.module,
        ModuleProblem::NotStarted,
        "configuration",
    );
    faulty.heal();
    p256(&faulty.token, "key", "01");
    open(&provider(&faulty.token), &faulty.token.uri("object=key"));
}

fn module_provider() -> Pkcs11Provider {
    Pkcs11Provider::new(options(), Person::absent())
}

fn assert_module(path: &Path, expected: ModuleProblem, hint: &str) {
    let uri = format!("pkcs11:token=t;object=o?module-path={}", path.display());
    let uri: KeyUri = uri.parse().unwrap();
    let fault = refusal(&module_provider(), &uri);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert_says(&fault, ErrorKind::Unreachable, name, hint);
    assert!(
        matches!(detail(&fault), Pkcs11Error::Module { problem, .. } if *problem == expected),
        "{fault:?}"
    );
}

/// The C library that this very process runs with.
fn libc() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut paths = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5));
    paths.find(|path| path.contains("/libc.so")).unwrap().into()
}
