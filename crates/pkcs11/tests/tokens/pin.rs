//! PINs: asked for once, tried once, never risked.

use std::sync::Arc;

use touchmark_core::{ErrorKind, KeyAlgorithm};
use touchmark_pkcs11::{PinProblem, PinTries, Pkcs11Error, Pkcs11Options, Pkcs11Provider};
use touchmark_testkit::token::faulty::{Faulty, Plan};
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};

use crate::common::{Person, assert_says, detail, failure, open, options, refusal, sign};
use crate::on_each_module;

on_each_module! {
    one_right_pin_opens_every_key
    a_wrong_pin_is_tried_once_and_never_again
    no_pin_is_an_error_and_no_attempt
    a_pin_source_wins_over_the_person
    an_unreadable_pin_source_is_not_replaced_by_a_guess
    an_always_authenticate_key_is_confirmed_for_each_signature
    a_wrong_pin_for_one_signature_is_not_tried_again
}

fn key(token: &TestToken) -> touchmark_core::KeyUri {
    token.generate(KeyAlgorithm::default(), "key", "01");
    token.uri("object=key")
}

fn asking(person: &Arc<Person>) -> Pkcs11Provider {
    Pkcs11Provider::new(options(), person.clone())
}

fn assert_problem(fault: &touchmark_core::Fault, expected: PinProblem) {
    let detail = detail(fault);
    assert!(
        matches!(detail, Pkcs11Error::Pin { problem, .. } if *problem == expected),
        "{detail:?}"
    );
    assert_eq!(fault.kind(), ErrorKind::Secret);
}

fn one_right_pin_opens_every_key(token: &TestToken) {
    let faulty = Faulty::wrap(token);
    let (first, second) = (key(&faulty.token), faulty.token.uri("id=%01"));
    let before = faulty.calls("C_Login");
    let person = Person::with(&token.user_pin);
    let provider = asking(&person);
    for uri in [first, second] {
        let signer = open(&provider, &uri);
        sign(&*signer);
        sign(&*signer);
    }
    assert_eq!((person.asked(), faulty.calls("C_Login") - before), (1, 1));
}

fn a_wrong_pin_is_tried_once_and_never_again(token: &TestToken) {
    let faulty = Faulty::wrap(token);
    let uri = key(&faulty.token);
    let before = faulty.calls("C_Login");
    let provider = asking(&Person::with("not-the-pin"));
    let fault = refusal(&provider, &uri);
    let Pkcs11Error::Pin {
        problem: PinProblem::Wrong(tries),
        ..
    } = detail(&fault)
    else {
        panic!("{fault:?}");
    };
    // The message shows what the token itself says about the tries left.
    let says_low = token.flags().contains("user PIN count low");
    let low = *tries == PinTries::CountLow;
    assert_eq!(low, says_low, "{fault}");
    assert_says(
        &fault,
        ErrorKind::Secret,
        &format!("wrong PIN ({tries})"),
        "tried once",
    );
    assert!(!format!("{fault:?}{fault}").contains("not-the-pin"));
    // Asking again does not burn another try.
    assert_problem(&refusal(&provider, &uri), PinProblem::Wrong(*tries));
    assert_eq!(faulty.calls("C_Login") - before, 1);
}

fn no_pin_is_an_error_and_no_attempt(token: &TestToken) {
    let faulty = Faulty::wrap(token);
    let uri = key(&faulty.token);
    let before = faulty.calls("C_Login");
    let person = Person::absent();
    let fault = refusal(&asking(&person), &uri);
    assert_problem(&fault, PinProblem::Missing);
    assert_says(&fault, ErrorKind::Secret, "no PIN", "TOUCHMARK_PIN");
    assert_eq!((person.asked(), faulty.calls("C_Login") - before), (1, 0));
}

fn a_pin_source_wins_over_the_person(token: &TestToken) {
    let uri = key(token);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\n", token.user_pin)).unwrap();
    let with_source = format!("{uri}&pin-source=file:{}", file.path().display());
    let with_source = with_source.parse().unwrap();
    let person = Person::with("not-the-pin");
    sign(&*open(&asking(&person), &with_source));
    assert_eq!(person.asked(), 0);
}

fn an_unreadable_pin_source_is_not_replaced_by_a_guess(token: &TestToken) {
    let uri = key(token);
    let with_source = format!("{uri}&pin-source=file:/nowhere/pin");
    let person = Person::with(&token.user_pin);
    let fault = refusal(&asking(&person), &with_source.parse().unwrap());
    assert_says(&fault, ErrorKind::Secret, "/nowhere/pin", "may be read");
    assert_eq!(person.asked(), 0);
}

fn an_always_authenticate_key_is_confirmed_for_each_signature(token: &TestToken) {
    let faulty = Faulty::wrap(token);
    let always = &["--always-auth"];
    faulty
        .token
        .generate_with(KeyAlgorithm::default(), "key", "01", always);
    let before = faulty.calls("C_Login");
    let provider = asking(&Person::with(&token.user_pin));
    let signer = open(&provider, &faulty.token.uri("object=key"));
    for _ in 0..3 {
        sign(&*signer);
    }
    assert_eq!(faulty.calls("C_Login") - before, 1 + 3);
}

fn a_wrong_pin_for_one_signature_is_not_tried_again(token: &TestToken) {
    let faulty = Faulty::wrap(token);
    let always = &["--always-auth"];
    faulty
        .token
        .generate_with(KeyAlgorithm::default(), "key", "01", always);
    let before = faulty.calls("C_Login");
    // The right PIN for the login, then a wrong one for the signature.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &token.user_pin).unwrap();
    let uri = faulty.token.uri("object=key");
    let uri = format!("{uri}&pin-source=file:{}", file.path().display());
    let signer = open(&asking(&Person::absent()), &uri.parse().unwrap());
    std::fs::write(file.path(), "not-the-pin").unwrap();
    for _ in 0..2 {
        let fault = failure(&*signer);
        assert!(
            matches!(
                detail(&fault),
                Pkcs11Error::Pin {
                    problem: PinProblem::Wrong(_),
                    ..
                }
            ),
            "{fault:?}"
        );
    }
    assert_eq!(faulty.calls("C_Login") - before, 2);
}

#[test]
fn a_token_without_a_user_pin() {
    for token in [
        softhsm::token_without_pin("no pin"),
        kryoptic::token_without_pin("no pin"),
    ] {
        let person = Person::with("a-guess");
        let fault = refusal(&asking(&person), &token.uri("object=key"));
        assert_problem(&fault, PinProblem::NotInitialized);
        assert_says(&fault, ErrorKind::Secret, "no user PIN", "security officer");
        assert_eq!(person.asked(), 0);
    }
}

#[test]
fn a_locked_pin_is_not_tried() {
    let faulty = Faulty::wrap(&kryoptic::token("locked"));
    let uri = key(&faulty.token);
    faulty.token.lock_user_pin();
    let before = faulty.calls("C_Login");
    let person = Person::with(&faulty.token.user_pin);
    let fault = refusal(&asking(&person), &uri);
    assert_problem(&fault, PinProblem::Locked);
    assert_says(&fault, ErrorKind::Secret, "locked", "security officer");
    assert_eq!((person.asked(), faulty.calls("C_Login") - before), (0, 0));
}

/// Wrong PINs until the next one locks.
fn up_to_the_final_try(token: &TestToken) {
    for _ in 0..20 {
        if token.flags().contains("final user PIN try") {
            return;
        }
        token.try_wrong_pin();
    }
    panic!("no final try: {}", token.flags());
}

fn daring(person: &Arc<Person>) -> Pkcs11Provider {
    let options = Pkcs11Options {
        use_final_pin_try: true,
        ..options()
    };
    Pkcs11Provider::new(options, person.clone())
}

#[test]
fn the_final_try_is_not_used_unless_allowed() {
    let faulty = Faulty::wrap(&kryoptic::token("final"));
    let uri = key(&faulty.token);
    up_to_the_final_try(&faulty.token);
    let before = faulty.calls("C_Login");
    let person = Person::with(&faulty.token.user_pin);
    let fault = refusal(&asking(&person), &uri);
    assert_problem(&fault, PinProblem::FinalTry);
    assert_says(
        &fault,
        ErrorKind::Secret,
        "one PIN try",
        "--use-final-pin-try",
    );
    assert_eq!((person.asked(), faulty.calls("C_Login") - before), (0, 0));
    sign(&*open(&daring(&person), &uri));
}

#[test]
fn a_wrong_final_try_locks_and_says_so() {
    let token = kryoptic::token("final");
    let uri = key(&token);
    up_to_the_final_try(&token);
    let fault = refusal(&daring(&Person::with("not-the-pin")), &uri);
    let detail = detail(&fault);
    assert!(
        matches!(
            detail,
            Pkcs11Error::Pin {
                problem: PinProblem::Locked | PinProblem::Wrong(PinTries::Locked),
                ..
            }
        ),
        "{detail:?}"
    );
    assert!(fault.to_string().contains("locked"), "{fault}");
}

#[test]
fn a_keypad_is_used_without_asking_for_a_pin() {
    let token = softhsm::token("keypad");
    let faulty = Faulty::wrap(&token);
    let uri = key(&faulty.token);
    faulty.plan(|plan| Plan {
        keypad_pin: Some(token.user_pin.clone()),
        ..plan
    });
    let person = Person::absent();
    sign(&*open(&asking(&person), &uri));
    assert_eq!(person.asked(), 0);
    assert!(
        person.notes().contains("on the device"),
        "{}",
        person.notes()
    );
}

#[test]
fn a_wrong_pin_on_the_keypad_is_an_error() {
    let faulty = Faulty::wrap(&softhsm::token("keypad"));
    let uri = key(&faulty.token);
    faulty.plan(|plan| Plan {
        keypad_pin: Some("mistyped".into()),
        ..plan
    });
    let fault = refusal(&asking(&Person::absent()), &uri);
    assert_problem(&fault, PinProblem::Wrong(PinTries::CountLow));
}
