//! touchmark's side.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use touchmark_core::interaction::{InteractionError, PasswordRequest, PinRequest};
use touchmark_core::{
    CheckedSigner, Digest, Interaction, Provider, PublicKey, SecretString, SignatureScheme,
};
use touchmark_pkcs11::{Pkcs11Options, Pkcs11Provider};
use touchmark_testkit::token::TestToken;

use crate::subject::Subject;

/// touchmark's signer, as its command line uses it.
pub(crate) struct Ours {
    signer: Arc<CheckedSigner>,
    scheme: SignatureScheme,
    digest: Digest,
    runtime: Runtime,
}

impl Ours {
    pub(crate) fn open(subject: &Subject, token: &TestToken, sessions: usize) -> Self {
        let runtime = Builder::new_multi_thread().build().unwrap();
        let options = Pkcs11Options {
            sessions,
            ..Pkcs11Options::default()
        };
        let pin = Arc::new(Pin(token.user_pin.clone()));
        let provider = Pkcs11Provider::new(options, pin);
        let uri = token.uri(&format!("object={}", subject.label));
        let signer = runtime.block_on(provider.open(&uri)).unwrap();
        Self {
            signer: Arc::new(CheckedSigner::new(signer, None).unwrap()),
            scheme: subject.scheme(),
            digest: subject.digest(),
            runtime,
        }
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    /// Signs so often in all, in so many tasks.
    pub(crate) fn run(&self, count: usize, tasks: usize) {
        self.runtime.block_on(async {
            let tasks: Vec<_> = (0..tasks)
                .map(|_| {
                    let (signer, scheme) = (Arc::clone(&self.signer), self.scheme);
                    let message = self.digest.clone();
                    tokio::spawn(async move {
                        for _ in 0..count / tasks {
                            let prepared = scheme.prepare(&message).unwrap();
                            signer.sign(&prepared).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    }
}

/// Answers with the token's PIN.
#[derive(Debug)]
struct Pin(String);

impl Interaction for Pin {
    fn pin(&self, _: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(Some(self.0.clone().into()))
    }

    fn password(&self, _: &PasswordRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn notify(&self, _: &str) {}
}
