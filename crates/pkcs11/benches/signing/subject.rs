//! What is measured: keys, and how often each signs.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, VerificationAlgorithm,
};
use cryptoki_sys::{CK_MECHANISM_TYPE, CKM_ECDSA, CKM_RSA_PKCS};
use touchmark_core::{Curve, Digest, HashAlgorithm, KeyAlgorithm, SignatureScheme};

/// A key to measure, and how many signatures one measurement makes.
pub(crate) struct Subject {
    pub(crate) algorithm: KeyAlgorithm,
    pub(crate) label: &'static str,
    pub(crate) id: &'static str,
    /// Of the digest that is signed; the bare loop's verifier wants SHA-384 for P-384.
    pub(crate) hash: HashAlgorithm,
    pub(crate) mechanism: CK_MECHANISM_TYPE,
    /// How the bare loop verifies; RSA's does not.
    pub(crate) verification: Option<&'static dyn VerificationAlgorithm>,
    pub(crate) count: usize,
}

pub(crate) fn subjects() -> [Subject; 3] {
    [
        Subject {
            algorithm: KeyAlgorithm::Ecdsa(Curve::P256),
            label: "p256",
            id: "01",
            hash: HashAlgorithm::Sha256,
            mechanism: CKM_ECDSA,
            verification: Some(&ECDSA_P256_SHA256_FIXED),
            count: 12_800,
        },
        Subject {
            algorithm: KeyAlgorithm::Ecdsa(Curve::P384),
            label: "p384",
            id: "02",
            hash: HashAlgorithm::Sha384,
            mechanism: CKM_ECDSA,
            verification: Some(&ECDSA_P384_SHA384_FIXED),
            count: 1_280,
        },
        Subject {
            algorithm: KeyAlgorithm::Rsa(2048),
            label: "rsa2048",
            id: "03",
            hash: HashAlgorithm::Sha256,
            mechanism: CKM_RSA_PKCS,
            verification: None,
            count: 1_920,
        },
    ]
}

impl Subject {
    /// A digest to sign; what it is of does not matter.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.hash, b"a release")
    }

    /// How touchmark signs it.
    pub(crate) fn scheme(&self) -> SignatureScheme {
        match self.algorithm {
            KeyAlgorithm::Rsa(_) => SignatureScheme::RsaPkcs1v15(self.hash),
            _ => SignatureScheme::Ecdsa(self.hash),
        }
    }
}
