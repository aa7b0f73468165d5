//! Keys that sign in tests.
#![allow(dead_code, reason = "no test file uses all of it")]

use aws_lc_rs::digest as lc_digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    self as lc, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use touchmark_core::{Curve, Digest, HashAlgorithm, PublicKey, Signature};
use touchmark_formats::NamedKey;

/// A fresh key pair.
pub(crate) struct Key {
    pub(crate) public: PublicKey,
    pair: Pair,
}

enum Pair {
    Ecdsa(Curve, Vec<u8>),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    pub(crate) fn p256() -> Self {
        Self::ecdsa(Curve::P256)
    }

    pub(crate) fn ecdsa(curve: Curve) -> Self {
        let pair = EcdsaKeyPair::generate(ecdsa_algorithm(curve)).unwrap();
        Self {
            public: PublicKey::from_ec_point(curve, pair.public_key().as_ref()).unwrap(),
            pair: Pair::Ecdsa(curve, pair.to_pkcs8v1().unwrap().as_ref().to_vec()),
        }
    }

    pub(crate) fn rsa() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        Self {
            public: PublicKey::from_pkcs1_der(pair.public_key().as_ref()).unwrap(),
            pair: Pair::Rsa(pair),
        }
    }

    pub(crate) fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self {
            public: PublicKey::from_ed25519(pair.public_key().as_ref()).unwrap(),
            pair: Pair::Ed25519(pair),
        }
    }

    /// P-256, P-384, P-521, RSA-2048 and Ed25519, in this order.
    pub(crate) fn one_of_each() -> Vec<Self> {
        let mut keys: Vec<Self> = [Curve::P256, Curve::P384, Curve::P521]
            .map(Self::ecdsa)
            .into();
        keys.extend([Self::rsa(), Self::ed25519()]);
        keys
    }

    /// Signs a message; Ed25519 signs it pure, whatever the hash.
    pub(crate) fn sign(&self, hash: HashAlgorithm, message: &[u8]) -> Signature {
        let random = SystemRandom::new();
        Signature::from_bytes(match &self.pair {
            Pair::Ecdsa(curve, pkcs8) => sign_ecdsa(*curve, pkcs8, hash, message),
            Pair::Rsa(pair) => {
                let padding = match hash {
                    HashAlgorithm::Sha256 => &lc::RSA_PKCS1_SHA256,
                    HashAlgorithm::Sha384 => &lc::RSA_PKCS1_SHA384,
                    HashAlgorithm::Sha512 => &lc::RSA_PKCS1_SHA512,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }

    pub(crate) fn sign_pss(&self, message: &[u8]) -> Signature {
        let Pair::Rsa(pair) = &self.pair else {
            panic!("not an RSA key");
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &lc::RSA_PSS_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        )
        .unwrap();
        Signature::from_bytes(signature)
    }
}

/// The library signs only with a curve's own hash. ECDSA reads a digest as a number, so a shorter
/// digest with zeros before it signs as the shorter one.
fn sign_ecdsa(curve: Curve, pkcs8: &[u8], hash: HashAlgorithm, message: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(ecdsa_algorithm(curve), pkcs8).unwrap();
    let own: &'static lc_digest::Algorithm = match curve {
        Curve::P256 => &lc_digest::SHA256,
        Curve::P384 => &lc_digest::SHA384,
        Curve::P521 => &lc_digest::SHA512,
    };
    let digest = Digest::of(hash, message);
    let mut padded = vec![0; own.output_len() - digest.as_bytes().len()];
    padded.extend_from_slice(digest.as_bytes());
    let digest = lc_digest::Digest::import_less_safe(&padded, own).unwrap();
    pair.sign_digest(&digest).unwrap().as_ref().to_vec()
}

fn ecdsa_algorithm(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &lc::ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &lc::ECDSA_P384_SHA384_ASN1_SIGNING,
        Curve::P521 => &lc::ECDSA_P521_SHA512_ASN1_SIGNING,
    }
}

/// The keys, named after their places.
pub(crate) fn named(keys: &[Key]) -> Vec<NamedKey> {
    let name = |(index, key): (usize, &Key)| NamedKey {
        name: format!("key {index}"),
        key: key.public.clone(),
    };
    keys.iter().enumerate().map(name).collect()
}
