//! Modules and tokens that hang, lie, vanish or run out.

use std::time::{Duration, Instant};

use touchmark_core::{CheckedSigner, ErrorKind, Fault, KeyAlgorithm, KeyUri, SignError, Signer};
use touchmark_pkcs11::{LONGEST_MESSAGE, Pkcs11Error, Pkcs11Options, Pkcs11Provider};
use touchmark_testkit::block_on;
use touchmark_testkit::suite::{self, Subject};
use touchmark_testkit::token::faulty::{Action, Faulty, Plan, When};
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};

use crate::common::{
    Person, assert_says, detail, failure, open, options, provider, refusal, sign, try_sign,
};

/// `CKR_DEVICE_ERROR`: after it, everything is opened anew.
const DEVICE_ERROR: u64 = 0x30;
/// `CKR_MECHANISM_INVALID`: an answer like any other.
const MECHANISM_INVALID: u64 = 0x70;

const SHORT: Duration = Duration::from_millis(1500);
/// Far beyond the deadline, and longer than a test should take.
const FOR_EVER: u64 = 20_000;

fn wrapped() -> (Faulty, KeyUri) {
    let faulty = Faulty::wrap(&softhsm::token("faulty"));
    faulty.token.generate(KeyAlgorithm::default(), "key", "01");
    let uri = faulty.token.uri("object=key");
    (faulty, uri)
}

fn impatient(token: &TestToken) -> Pkcs11Provider {
    let options = Pkcs11Options {
        deadline: SHORT,
        ..options()
    };
    Pkcs11Provider::new(options, Person::with(&token.user_pin))
}

fn assert_deadline(fault: &Fault, started: Instant) {
    assert_says(fault, ErrorKind::Unreachable, "no answer within", "answers");
    assert!(
        matches!(detail(fault), Pkcs11Error::Deadline { .. }),
        "{fault:?}"
    );
    let took = started.elapsed();
    assert!(took >= SHORT && took < SHORT * 4, "{took:?}");
}

#[test]
fn a_signature_that_hangs_ends_at_the_deadline_and_the_next_one_works() {
    let (faulty, uri) = wrapped();
    let signer = open(&impatient(&faulty.token), &uri);
    sign(&*signer);
    faulty.fault("C_Sign", When::First(1), Action::Hang(FOR_EVER));
    let started = Instant::now();
    assert_deadline(&failure(&*signer), started);
    for _ in 0..4 {
        sign(&*signer);
    }
}

#[test]
fn a_login_that_hangs_ends_at_the_deadline() {
    let (faulty, uri) = wrapped();
    faulty.fault("C_Login", When::Always, Action::Hang(FOR_EVER));
    let provider = impatient(&faulty.token);
    let started = Instant::now();
    assert_deadline(&refusal(&provider, &uri), started);
}

#[test]
fn a_module_that_hangs_at_its_start_ends_at_the_deadline() {
    let (faulty, uri) = wrapped();
    faulty.fault("C_Initialize", When::Always, Action::Hang(FOR_EVER));
    let provider = impatient(&faulty.token);
    let started = Instant::now();
    assert_deadline(&refusal(&provider, &uri), started);
}

#[test]
fn a_token_that_hangs_while_it_is_looked_for_ends_at_the_deadline() {
    let (faulty, uri) = wrapped();
    faulty.fault("C_GetTokenInfo", When::Always, Action::Hang(FOR_EVER));
    let provider = impatient(&faulty.token);
    let started = Instant::now();
    assert_deadline(&refusal(&provider, &uri), started);
}

#[test]
fn a_fatal_code_is_answered_by_opening_everything_once_more() {
    let (faulty, uri) = wrapped();
    let signer = open(&provider(&faulty.token), &uri);
    sign(&*signer);
    let (sessions, signatures) = (faulty.calls("C_OpenSession"), faulty.calls("C_Sign"));
    faulty.fault("C_Sign", When::First(1), Action::Fail(DEVICE_ERROR));
    sign(&*signer);
    assert_eq!(faulty.calls("C_Sign") - signatures, 2);
    assert!(
        faulty.calls("C_OpenSession") > sessions,
        "on a fresh session"
    );
}

#[test]
fn a_fatal_code_that_comes_back_surfaces() {
    let (faulty, uri) = wrapped();
    let signer = open(&provider(&faulty.token), &uri);
    sign(&*signer);
    let before = faulty.calls("C_Sign");
    faulty.fault("C_Sign", When::First(2), Action::Fail(DEVICE_ERROR));
    let fault = failure(&*signer);
    assert_says(&fault, ErrorKind::Unreachable, "CKR_DEVICE_ERROR", "doctor");
    assert_eq!(
        faulty.calls("C_Sign") - before,
        2,
        "once more, not more often"
    );
    sign(&*signer);
}

#[test]
fn any_other_code_is_not_tried_again() {
    let (faulty, uri) = wrapped();
    let signer = open(&provider(&faulty.token), &uri);
    sign(&*signer);
    let before = faulty.calls("C_Sign");
    faulty.fault("C_Sign", When::First(1), Action::Fail(MECHANISM_INVALID));
    let fault = failure(&*signer);
    assert!(
        fault.to_string().contains("CKR_MECHANISM_INVALID"),
        "{fault}"
    );
    assert_eq!(faulty.calls("C_Sign") - before, 1);
    sign(&*signer);
}

#[test]
fn a_token_without_a_free_session_says_so_and_recovers() {
    let (faulty, uri) = wrapped();
    faulty.plan(|plan| Plan {
        max_sessions: Some(0),
        ..plan
    });
    let provider = provider(&faulty.token);
    let fault = refusal(&provider, &uri);
    assert_says(
        &fault,
        ErrorKind::Unreachable,
        "CKR_SESSION_COUNT",
        "other programs",
    );
    faulty.heal();
    sign(&*open(&provider, &uri));
}

#[test]
fn fewer_sessions_than_workers_are_enough() {
    let (faulty, uri) = wrapped();
    faulty.plan(|plan| Plan {
        max_sessions: Some(3),
        ..plan
    });
    let options = Pkcs11Options {
        sessions: 8,
        ..options()
    };
    let provider = Pkcs11Provider::new(options, Person::with(&faulty.token.user_pin));
    suite::run(&Subject {
        provider: &provider,
        keys: &[uri],
        missing: faulty.token.uri("object=nobody"),
        secrets: &[],
    });
}

#[test]
fn a_token_that_is_pulled_out_is_named_and_works_again_when_it_is_back() {
    let (faulty, uri) = wrapped();
    let signer = open(&provider(&faulty.token), &uri);
    sign(&*signer);
    faulty.plan(Plan::token_removed);
    let fault = failure(&*signer);
    assert_eq!(fault.kind(), ErrorKind::Unreachable, "{fault:?}");
    let text = fault.to_string();
    let names = ["CKR_DEVICE_REMOVED", "CKR_TOKEN_NOT_PRESENT"];
    assert!(names.iter().any(|name| text.contains(name)), "{text}");
    assert!(
        fault.hint().unwrap().contains("insert"),
        "{:?}",
        fault.hint()
    );
    faulty.heal();
    sign(&*signer);
}

fn checked_failure(signer: Box<dyn Signer>) -> SignError {
    let signer = CheckedSigner::new(signer, None).unwrap();
    let message = b"message".to_vec();
    let prepared = signer.schemes().next().unwrap().prepare(&message).unwrap();
    block_on(signer.sign(&prepared)).unwrap_err()
}

#[test]
fn a_corrupt_signature_never_leaves() {
    let (faulty, uri) = wrapped();
    let signer = open(&provider(&faulty.token), &uri);
    faulty.fault("C_Sign", When::Always, Action::Corrupt);
    let error = checked_failure(signer);
    assert!(matches!(error, SignError::SelfCheck(_)), "{error:?}");
}

#[test]
fn a_signature_of_the_wrong_length_is_refused() {
    let (faulty, uri) = wrapped();
    let signer = open(&provider(&faulty.token), &uri);
    faulty.fault("C_Sign", When::Always, Action::Truncate);
    let fault = failure(&*signer);
    assert_eq!(fault.kind(), ErrorKind::Malformed, "{fault:?}");
}

#[test]
fn a_token_whose_files_are_deleted_is_not_an_unknown_key() {
    let token = softhsm::token("deleted");
    token.generate(KeyAlgorithm::default(), "key", "01");
    let signer = open(&provider(&token), &token.uri("object=key"));
    sign(&*signer);
    token.delete_storage();
    let fault = failure(&*signer);
    assert_eq!(fault.kind(), ErrorKind::Unreachable, "{fault:?}");
    assert!(fault.to_string().contains("CKR_"), "{fault}");
}

#[test]
fn a_long_message_is_refused_by_pure_ed25519_and_not_by_others() {
    for token in [softhsm::token("long"), kryoptic::token("long")] {
        token.generate(KeyAlgorithm::Ed25519, "ed25519", "01");
        token.generate(KeyAlgorithm::default(), "ecdsa", "02");
        let provider = provider(&token);
        let message = vec![0; usize::try_from(LONGEST_MESSAGE).unwrap() + (1 << 20)];
        let sign = |name: &str| {
            let signer = open(&provider, &token.uri(&format!("object={name}")));
            let prepared = signer.schemes()[0].prepare(&message).unwrap();
            block_on(signer.sign(&prepared))
        };
        match sign("ed25519") {
            Err(SignError::Backend(fault)) => {
                assert_says(&fault, ErrorKind::Usage, "67108864 bytes", "ECDSA");
            }
            other => panic!("65 MiB by Ed25519: {other:?}"),
        }
        sign("ecdsa").unwrap();
        let signer = open(&provider, &token.uri("object=ed25519"));
        try_sign(&*signer).unwrap();
    }
}
