//! Short words for what nearly every test does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use touchmark_core::interaction::{InteractionError, PasswordRequest, PinRequest};
use touchmark_core::{
    ErrorKind, Fault, Interaction, KeyUri, OpenError, Provider, SecretString, SignError, Signature,
    Signer,
};
use touchmark_pkcs11::{Pkcs11Error, Pkcs11Options, Pkcs11Provider};
use touchmark_testkit::block_on;
use touchmark_testkit::token::TestToken;

/// Generous: two cores run many tests at once.
const DEADLINE: Duration = Duration::from_secs(30);

/// Gives the same PIN to whoever asks, and counts.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pin: Option<SecretString>,
    asked: AtomicUsize,
    notes: Mutex<Vec<String>>,
}

impl Person {
    pub(crate) fn with(pin: &str) -> Arc<Self> {
        Arc::new(Self {
            pin: Some(pin.into()),
            ..Self::default()
        })
    }

    /// Knows no PIN.
    pub(crate) fn absent() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn notes(&self) -> String {
        self.notes.lock().unwrap().join("\n")
    }
}

impl Interaction for Person {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.pin.clone())
    }

    fn password(&self, _: &PasswordRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn notify(&self, note: &str) {
        self.notes.lock().unwrap().push(note.to_owned());
    }
}

pub(crate) fn options() -> Pkcs11Options {
    Pkcs11Options {
        sessions: 2,
        deadline: DEADLINE,
        ..Pkcs11Options::default()
    }
}

/// A provider that knows the token's PIN.
pub(crate) fn provider(token: &TestToken) -> Pkcs11Provider {
    Pkcs11Provider::new(options(), Person::with(&token.user_pin))
}

pub(crate) fn try_open(
    provider: &Pkcs11Provider,
    key: &KeyUri,
) -> Result<Box<dyn Signer>, OpenError> {
    block_on(provider.open(key))
}

#[track_caller]
pub(crate) fn open(provider: &Pkcs11Provider, key: &KeyUri) -> Box<dyn Signer> {
    try_open(provider, key).unwrap_or_else(|error| panic!("{key}: {error:?}"))
}

/// Why a key did not open.
#[track_caller]
pub(crate) fn refusal(provider: &Pkcs11Provider, key: &KeyUri) -> Fault {
    match try_open(provider, key) {
        Err(OpenError::Backend(fault)) => fault,
        other => panic!("{key} was not refused: {other:?}"),
    }
}

/// Signs a fixed message with the preferred scheme.
pub(crate) fn try_sign(signer: &dyn Signer) -> Result<Signature, SignError> {
    let message = b"message".to_vec();
    let prepared = signer.schemes()[0].prepare(&message).unwrap();
    block_on(signer.sign(&prepared))
}

/// Signs the fixed message, and verifies.
#[track_caller]
pub(crate) fn sign(signer: &dyn Signer) {
    let signature = try_sign(signer).unwrap_or_else(|error| panic!("{error:?}"));
    let message = b"message".to_vec();
    let prepared = signer.schemes()[0].prepare(&message).unwrap();
    signer.public_key().verify(&prepared, &signature).unwrap();
}

/// Why a signature was not made.
#[track_caller]
pub(crate) fn failure(signer: &dyn Signer) -> Fault {
    match try_sign(signer) {
        Err(SignError::Backend(fault)) => fault,
        other => panic!("signing did not fail: {other:?}"),
    }
}

pub(crate) fn detail(fault: &Fault) -> &Pkcs11Error {
    fault.downcast_ref().expect("an error of this backend")
}

/// Checks an error's group, and words of its message and of its hint.
#[track_caller]
pub(crate) fn assert_says(fault: &Fault, kind: ErrorKind, message: &str, hint: &str) {
    assert_eq!(fault.kind(), kind, "{fault:?}");
    let text = fault.to_string();
    assert!(text.contains(message), "{message:?} is not in {text:?}");
    let advice = fault.hint().unwrap_or_default();
    assert!(advice.contains(hint), "{hint:?} is not in {advice:?}");
}
