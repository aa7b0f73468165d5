//! Certificate authorities in tests, and what they certify.
#![allow(dead_code, reason = "no test file uses all of it")]

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
    PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, SanType, SignatureAlgorithm,
};
use time::OffsetDateTime;
use time::macros::datetime;
use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_formats::certificate::Certificate;

use crate::support::Key;

pub(crate) const START: OffsetDateTime = datetime!(2026-01-01 00:00:00 UTC);
pub(crate) const LEAF_END: OffsetDateTime = datetime!(2026-02-01 00:00:00 UTC);
pub(crate) const CA_END: OffsetDateTime = datetime!(2027-01-01 00:00:00 UTC);
pub(crate) const MAIL: &str = "release@example.com";

/// A certificate authority.
pub(crate) struct Ca {
    pub(crate) pem: String,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

pub(crate) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (params.not_before, params.not_after) = (START, CA_END);
    params
}

pub(crate) fn root_by(params: CertificateParams, algorithm: &'static SignatureAlgorithm) -> Ca {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Ca {
        pem,
        issuer: Issuer::new(params, key),
    }
}

pub(crate) fn root() -> Ca {
    root_by(ca_params("root"), &PKCS_ECDSA_P256_SHA256)
}

pub(crate) fn intermediate_of(root: &Ca, params: CertificateParams) -> Ca {
    let key = KeyPair::generate().unwrap();
    let pem = params.signed_by(&key, &root.issuer).unwrap().pem();
    Ca {
        pem,
        issuer: Issuer::new(params, key),
    }
}

/// The public key of a key that signs elsewhere.
struct Spki(Vec<u8>, &'static SignatureAlgorithm);

impl PublicKeyData for Spki {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.1
    }
}

/// The bare key inside an SPKI is what rcgen wants: the point, or RSA's two numbers.
fn spki(key: &Key) -> Spki {
    let (algorithm, bare) = match key.public.algorithm() {
        KeyAlgorithm::Ecdsa(Curve::P256) => (&PKCS_ECDSA_P256_SHA256, 65),
        KeyAlgorithm::Ecdsa(Curve::P384) => (&PKCS_ECDSA_P384_SHA384, 97),
        KeyAlgorithm::Ecdsa(Curve::P521) => (&PKCS_ECDSA_P521_SHA512, 133),
        KeyAlgorithm::Ed25519 => (&PKCS_ED25519, 32),
        KeyAlgorithm::Rsa(_) => (&PKCS_RSA_SHA256, 270),
    };
    let der = key.public.spki_der();
    Spki(der[der.len() - bare..].to_vec(), algorithm)
}

pub(crate) fn leaf_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "leaf");
    params.subject_alt_names = vec![SanType::Rfc822Name(MAIL.try_into().unwrap())];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    (params.not_before, params.not_after) = (START, LEAF_END);
    params
}

pub(crate) fn leaf(key: &Key, params: &CertificateParams, issuer: &Ca) -> Certificate {
    let pem = params.signed_by(&spki(key), &issuer.issuer).unwrap().pem();
    Certificate::read(pem.as_bytes()).unwrap()
}

pub(crate) fn read(ca: &Ca) -> Certificate {
    Certificate::read(ca.pem.as_bytes()).unwrap()
}
