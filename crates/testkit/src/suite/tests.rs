//! The suite passes a sound backend and fails each unsound one, so passing it means something.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use touchmark_core::{
    Content, ErrorKind, Explain, Fault, KeyAlgorithm, KeyDestroyer, KeyGenerator, KeyId, KeyLister,
    KeyListing, KeyUri, ManageError, OpenError, Prepared, Provider, PublicKey, SignError,
    Signature, SignatureScheme, Signer,
};

use super::{Management, Subject, manage, run};

/// One thing that a backend may get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    SignsAnything,
    FlipsABit,
    TellsItsSecret,
    OpensWhatIsNotThere,
    CallsAMissingKeyAFailure,
    ReplacesAKey,
    IgnoresTheConfirmation,
    KeepsADestroyedKey,
    ListsNothing,
}

const SCHEMES: [SignatureScheme; 1] = [SignatureScheme::Ed25519];
const SECRET: &str = "hunter2";

/// Ed25519 keys in memory.
struct Memory {
    flaw: Flaw,
    keys: Mutex<BTreeMap<String, Vec<u8>>>,
}

struct MemorySigner {
    flaw: Flaw,
    pair: Ed25519KeyPair,
    public: PublicKey,
}

#[derive(Debug, thiserror::Error)]
#[error("no such key, or one too many")]
struct Refused(ErrorKind);

impl Explain for Refused {
    fn kind(&self) -> ErrorKind {
        self.0
    }

    fn hint(&self) -> Option<String> {
        Some("look again".into())
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tells = self.flaw == Flaw::TellsItsSecret;
        f.write_str(if tells { SECRET } else { "Memory" })
    }
}

impl std::fmt::Debug for MemorySigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemorySigner")
    }
}

fn public(pair: &Ed25519KeyPair) -> PublicKey {
    PublicKey::from_ed25519(pair.public_key().as_ref()).unwrap()
}

impl Memory {
    fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            keys: Mutex::default(),
        }
    }

    fn refused(&self) -> Fault {
        let flawed = self.flaw == Flaw::CallsAMissingKeyAFailure;
        Fault::new(Refused(if flawed {
            ErrorKind::Failed
        } else {
            ErrorKind::Key
        }))
    }

    fn find(&self, key: &KeyUri) -> Result<Ed25519KeyPair, Fault> {
        let keys = self.keys.lock().unwrap();
        let found = keys.get(key.body());
        let guess = (self.flaw == Flaw::OpensWhatIsNotThere).then(|| keys.values().next());
        let seed = found
            .or_else(|| guess.flatten())
            .ok_or_else(|| self.refused())?;
        Ok(Ed25519KeyPair::from_seed_unchecked(seed).unwrap())
    }
}

#[async_trait]
impl Provider for Memory {
    async fn open(&self, key: &KeyUri) -> Result<Box<dyn Signer>, OpenError> {
        let pair = self.find(key)?;
        Ok(Box::new(MemorySigner {
            flaw: self.flaw,
            public: public(&pair),
            pair,
        }))
    }

    fn generator(&self) -> Option<&dyn KeyGenerator> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn KeyLister> {
        Some(self)
    }

    fn destroyer(&self) -> Option<&dyn KeyDestroyer> {
        Some(self)
    }
}

#[async_trait]
impl Signer for MemorySigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &SCHEMES
    }

    async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError> {
        let Content::Message(message) = input.content() else {
            return match self.flaw {
                Flaw::SignsAnything => Ok(Signature::from_bytes(self.pair.sign(b"").as_ref())),
                _ => Err(SignError::Scheme(input.scheme())),
            };
        };
        let mut bytes = Vec::new();
        let read = message
            .open()
            .and_then(|mut reader| reader.read_to_end(&mut bytes));
        read.map_err(|_| Fault::new(Refused(ErrorKind::Failed)))?;
        let mut signature = self.pair.sign(&bytes).as_ref().to_vec();
        if self.flaw == Flaw::FlipsABit {
            signature[0] ^= 1;
        }
        Ok(Signature::from_bytes(signature))
    }
}

#[async_trait]
impl KeyGenerator for Memory {
    async fn generate(&self, key: &KeyUri, _: KeyAlgorithm) -> Result<PublicKey, ManageError> {
        let mut keys = self.keys.lock().unwrap();
        if keys.contains_key(key.body()) && self.flaw != Flaw::ReplacesAKey {
            return Err(self.refused().into());
        }
        let pair = Ed25519KeyPair::generate().unwrap();
        let seed = pair.seed().unwrap();
        let seed = aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&seed).unwrap();
        keys.insert(key.body().to_owned(), seed.as_ref().to_vec());
        Ok(public(&pair))
    }
}

#[async_trait]
impl KeyLister for Memory {
    async fn list(&self, filter: &KeyUri) -> Result<Vec<KeyListing>, ManageError> {
        if self.flaw == Flaw::ListsNothing {
            return Ok(Vec::new());
        }
        let keys = self.keys.lock().unwrap();
        let matching = keys
            .iter()
            .filter(|(name, _)| name.starts_with(filter.body()));
        Ok(matching
            .map(|(name, seed)| KeyListing {
                uri: KeyUri::new("memory", name),
                public_key: Ed25519KeyPair::from_seed_unchecked(seed)
                    .ok()
                    .map(|pair| public(&pair)),
                label: None,
                id: None,
                token: None,
                protection: Vec::new(),
                proven: false,
            })
            .collect())
    }
}

#[async_trait]
impl KeyDestroyer for Memory {
    async fn destroy(&self, key: &KeyUri, confirm: &KeyId) -> Result<Vec<String>, ManageError> {
        let found = public(&self.find(key)?).key_id();
        if found != *confirm && self.flaw != Flaw::IgnoresTheConfirmation {
            return Err(ManageError::NotConfirmed {
                found,
                confirmed: confirm.clone(),
            });
        }
        if self.flaw != Flaw::KeepsADestroyedKey {
            self.keys.lock().unwrap().remove(key.body());
        }
        Ok(vec!["the key".into()])
    }
}

fn run_both(flaw: Flaw) {
    let memory = Memory::new(flaw);
    let place = |name: &str| KeyUri::new("memory", name);
    let release = place("release");
    let generated = memory.generate(&release, KeyAlgorithm::Ed25519);
    crate::block_on(generated).unwrap();
    run(&Subject {
        provider: &memory,
        keys: std::slice::from_ref(&release),
        missing: place("nobody"),
        secrets: &[SECRET],
    });
    manage(&Management {
        provider: &memory,
        place: &place,
        everything: &place(""),
        algorithms: &[KeyAlgorithm::Ed25519],
    });
}

#[test]
fn a_sound_backend_passes() {
    run_both(Flaw::None);
}

#[test]
fn every_flaw_is_found() {
    for flaw in [
        Flaw::SignsAnything,
        Flaw::FlipsABit,
        Flaw::TellsItsSecret,
        Flaw::OpensWhatIsNotThere,
        Flaw::CallsAMissingKeyAFailure,
        Flaw::ReplacesAKey,
        Flaw::IgnoresTheConfirmation,
        Flaw::KeepsADestroyedKey,
        Flaw::ListsNothing,
    ] {
        let passed = catch_unwind(AssertUnwindSafe(|| run_both(flaw)));
        assert!(passed.is_err(), "{flaw:?} passes");
    }
}
