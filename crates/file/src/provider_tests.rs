//! Unit tests of `provider`: files, passwords and public halves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use touchmark_core::interaction::{InteractionError, NonInteractive, PinRequest};
use touchmark_core::{CheckedSigner, ErrorKind, Explain, SecretString};

use super::*;
use crate::vectors;

/// Answers with one password and keeps what it was asked.
#[derive(Debug, Default)]
struct Answer {
    password: String,
    asked: Mutex<Vec<String>>,
}

impl Interaction for Answer {
    fn pin(&self, _: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn password(
        &self,
        request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        assert!(!request.new);
        self.asked.lock().unwrap().push(request.subject.clone());
        Ok(Some(self.password.clone().into()))
    }

    fn notify(&self, _: &str) {}
}

fn answering(password: &str) -> (FileProvider, Arc<Answer>) {
    let answer = Arc::new(Answer {
        password: password.into(),
        ..Answer::default()
    });
    (FileProvider::new(answer.clone()), answer)
}

fn silent() -> FileProvider {
    FileProvider::new(Arc::new(NonInteractive))
}

fn uri(name: &str) -> KeyUri {
    KeyUri::from_path(&vectors::path(name))
}

fn public(name: &str) -> PublicKey {
    PublicKey::from_pem(&String::from_utf8(vectors::read(name)).unwrap()).unwrap()
}

#[tokio::test]
async fn an_encrypted_key_opens_with_one_question_and_signs() {
    let (provider, answer) = answering("correct horse battery staple");
    let key = uri("cosign-3-generated.key");
    let signer = provider.open(&key).await.unwrap();
    assert_eq!(*answer.asked.lock().unwrap(), [key.body()]);
    let pinned = public("cosign-3-generated.pub");
    let signer = CheckedSigner::new(signer, Some(&pinned)).unwrap();
    let scheme = signer.schemes().next().unwrap();
    let message = b"a release file".to_vec();
    signer
        .sign(&scheme.prepare(&message).unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_once_and_a_missing_one_is_named() {
    let key = uri("cosign-3-generated.key");
    let (provider, answer) = answering("wrong");
    let error = provider.open(&key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Secret);
    assert_eq!(answer.asked.lock().unwrap().len(), 1);
    let error = silent().open(&key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Secret);
    assert!(error.hint().unwrap().contains("COSIGN_PASSWORD"));
}

#[tokio::test]
async fn plain_keys_open_without_a_question_whoever_may_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%20c.key");
    fs::write(&path, vectors::read("openssl-p256.sec1.pem")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let key = KeyUri::from_path(path.to_str().unwrap());
    let signer = silent().open(&key).await.unwrap();
    assert_eq!(*signer.public_key(), public("openssl-p256.pub"));
}

#[tokio::test]
async fn public_halves_come_from_public_plain_and_encrypted_files() {
    for name in vectors::ALGORITHMS {
        let expected = public(&format!("openssl-{name}.pub"));
        for form in ["pub", "pkcs8.pem"] {
            let key = uri(&format!("openssl-{name}.{form}"));
            assert_eq!(silent().public_key(&key).await.unwrap(), expected);
        }
    }
    let (provider, _) = answering("correct horse battery staple");
    let key = provider
        .public_key(&uri("cosign-3-imported-p384.key"))
        .await;
    assert_eq!(key.unwrap(), public("openssl-p384.pub"));
    let error = silent().public_key(&uri("cosign-3-generated.key")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Secret);
}

#[tokio::test]
async fn a_public_key_does_not_open_as_a_signer() {
    let error = silent().open(&uri("openssl-p256.pub")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.hint().unwrap().contains("private key's file"));
    let error = silent().open(&KeyUri::from_path("/nonexistent.key")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().contains("/nonexistent.key"));
}

#[tokio::test]
async fn a_key_in_an_environment_variable_opens() {
    // Run by cargo for every test: the process's own environment need not be changed.
    let error = silent()
        .open(&KeyUri::new("env", "CARGO_MANIFEST_DIR"))
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Malformed);
    let source = Source::Variable("KEY".into());
    let bytes = vectors::read("openssl-ed25519.pkcs8.pem");
    let key = unlock(&source, &bytes, &NonInteractive).unwrap();
    assert_eq!(*key.public_key(), public("openssl-ed25519.pub"));
}

/// Wakes a parked thread: an executor that is nobody's runtime.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn opening_needs_no_runtime_and_leaves_the_executor_free_meanwhile() {
    let (provider, _) = answering("correct horse battery staple");
    let key = uri("cosign-3-generated.key");
    let mut opening = pin!(provider.open(&key));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    assert!(opening.as_mut().poll(&mut context).is_pending());
    loop {
        thread::park();
        if let Poll::Ready(opened) = opening.as_mut().poll(&mut context) {
            opened.unwrap();
            break;
        }
    }
}
