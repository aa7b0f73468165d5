//! Keys in memory, one of each kind, the same in every test of a process.

use std::future::{Future, pending};
use std::io::Read as _;
use std::sync::OnceLock;

use async_trait::async_trait;
use aws_lc_rs::digest as lc_digest;
use aws_lc_rs::signature as lc;
use aws_lc_rs::signature::KeyPair as _;
use ed25519_dalek::Signer as _;
use touchmark_core::ed25519::Prehashed;
use touchmark_core::{Curve, ErrorKind, KeyUri, Prepared, SignError, Signer};

use super::*;

pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

#[derive(Debug)]
enum Private {
    Ecdsa(lc::EcdsaKeyPair),
    Rsa(lc::RsaKeyPair),
    Ed25519(ed25519_dalek::SigningKey),
}

fn private(name: &str) -> Option<&'static Private> {
    static KEYS: OnceLock<[Private; 4]> = OnceLock::new();
    let ecdsa = |algorithm| Private::Ecdsa(lc::EcdsaKeyPair::generate(algorithm).unwrap());
    let keys = KEYS.get_or_init(|| {
        [
            ecdsa(&lc::ECDSA_P256_SHA256_ASN1_SIGNING),
            ecdsa(&lc::ECDSA_P384_SHA384_ASN1_SIGNING),
            Private::Rsa(lc::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap()),
            Private::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[9; 32])),
        ]
    });
    let index = match name {
        "p256" => 0,
        "p384" => 1,
        "rsa" => 2,
        "ed25519" | "ed25519-token" => 3,
        _ => return None,
    };
    keys.get(index)
}

#[derive(Debug)]
struct MemorySigner {
    private: &'static Private,
    public: PublicKey,
    schemes: Vec<SignatureScheme>,
}

fn import(digest: &Digest) -> lc_digest::Digest {
    let algorithm = match digest.algorithm() {
        HashAlgorithm::Sha256 => &lc_digest::SHA256,
        HashAlgorithm::Sha384 => &lc_digest::SHA384,
        HashAlgorithm::Sha512 => &lc_digest::SHA512,
    };
    lc_digest::Digest::import_less_safe(digest.as_bytes(), algorithm).unwrap()
}

fn rsa_sign(key: &lc::RsaKeyPair, digest: &Digest) -> Vec<u8> {
    let padding: &dyn lc::RsaEncoding = match digest.algorithm() {
        HashAlgorithm::Sha256 => &lc::RSA_PKCS1_SHA256,
        HashAlgorithm::Sha384 => &lc::RSA_PKCS1_SHA384,
        HashAlgorithm::Sha512 => &lc::RSA_PKCS1_SHA512,
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign_digest(padding, &import(digest), &mut signature)
        .unwrap();
    signature
}

/// aws-lc-rs has P-384 with SHA-384 only: zeros in front make a SHA-256 digest as long as one,
/// and leave the number that is signed.
fn ecdsa_sign(key: &lc::EcdsaKeyPair, algorithm: KeyAlgorithm, digest: &Digest) -> Vec<u8> {
    let digest = if algorithm == KeyAlgorithm::Ecdsa(Curve::P384) {
        let mut padded = vec![0; 48 - digest.as_bytes().len()];
        padded.extend(digest.as_bytes());
        Digest::from_bytes(HashAlgorithm::Sha384, &padded).unwrap()
    } else {
        digest.clone()
    };
    key.sign_digest(&import(&digest)).unwrap().as_ref().to_vec()
}

#[async_trait]
impl Signer for MemorySigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError> {
        let bytes = match (self.private, input.content()) {
            (Private::Ecdsa(key), Content::Digest(digest)) => {
                ecdsa_sign(key, self.public.algorithm(), digest)
            }
            (Private::Rsa(key), Content::Digest(digest)) => rsa_sign(key, digest),
            (Private::Ed25519(key), Content::Digest(digest)) => {
                let digest = Prehashed::new(digest).unwrap();
                key.sign_prehashed(digest, None)
                    .unwrap()
                    .to_bytes()
                    .to_vec()
            }
            (Private::Ed25519(key), Content::Message(message)) => {
                let mut bytes = Vec::new();
                message.open().unwrap().read_to_end(&mut bytes).unwrap();
                key.sign(&bytes).to_bytes().to_vec()
            }
            (key, content) => panic!("{key:?} {content:?}"),
        };
        Ok(Signature::from_bytes(bytes))
    }
}

/// Names of keys: the kinds of [`private`], and `hangs`.
pub(super) struct Keys;

impl Keys {
    pub(super) fn public(name: &str) -> PublicKey {
        match private(name).unwrap() {
            Private::Ecdsa(key) => {
                let curve = if name == "p256" {
                    Curve::P256
                } else {
                    Curve::P384
                };
                PublicKey::from_ec_point(curve, key.public_key().as_ref()).unwrap()
            }
            Private::Rsa(key) => PublicKey::from_pkcs1_der(key.public_key().as_ref()).unwrap(),
            Private::Ed25519(key) => {
                PublicKey::from_ed25519(key.verifying_key().as_bytes()).unwrap()
            }
        }
    }

    fn find(reference: &str) -> Result<&'static Private, Fault> {
        reference.parse::<KeyUri>().map_err(Fault::new)?;
        private(reference).ok_or_else(|| Fault::new(TestError::Missing(reference.into())))
    }
}

#[derive(Debug, thiserror::Error)]
enum TestError {
    #[error("no key is called {0}")]
    Missing(String),
    #[error("{0} names a key already")]
    Exists(String),
}

impl Explain for TestError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Key
    }

    fn hint(&self) -> Option<String> {
        Some("list the keys".into())
    }
}

#[async_trait]
impl PluginBackend for Keys {
    async fn open(&self, reference: &str) -> Result<CheckedSigner, Fault> {
        let private = Self::find(reference)?;
        let public = Self::public(reference);
        let mut schemes = SignatureScheme::all_for(public.algorithm());
        if reference == "ed25519-token" {
            schemes.truncate(1);
        }
        let signer = MemorySigner {
            private,
            public,
            schemes,
        };
        CheckedSigner::new(Box::new(signer), None).map_err(Fault::new)
    }

    async fn public_key(&self, reference: &str) -> Result<PublicKey, Fault> {
        if reference == "hangs" {
            return pending().await;
        }
        Self::find(reference).map(|_| Self::public(reference))
    }

    async fn generate(&self, reference: &str, algorithm: KeyAlgorithm) -> Result<PublicKey, Fault> {
        if reference != "new" {
            return Err(Fault::new(TestError::Exists(reference.into())));
        }
        assert_eq!(algorithm, KeyAlgorithm::Ecdsa(Curve::P384));
        Ok(Self::public("p384"))
    }
}
