//! Signature schemes as PKCS#11 mechanisms.
//!
//! Every scheme but pure Ed25519 signs a digest that was made here, through the mechanism without
//! hashing: it is the one form that all modules have. They sign input of a wrong length or without
//! a `DigestInfo` without complaint, so lengths and structures are made sure of here.

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use touchmark_core::{
    Digest, HashAlgorithm, KeyAlgorithm, Signature, SignatureError, SignatureScheme,
};

/// DER of `DigestInfo` up to the digest (RFC 8017 §9.2, note 1).
const DIGEST_INFO: [(HashAlgorithm, [u8; 19]); 3] = [
    (
        HashAlgorithm::Sha256,
        *b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
    ),
    (
        HashAlgorithm::Sha384,
        *b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
    ),
    (
        HashAlgorithm::Sha512,
        *b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
    ),
];

/// The schemes that a key has on a token with these mechanisms, the default first.
pub(crate) fn schemes(algorithm: KeyAlgorithm, has: &[MechanismType]) -> Vec<SignatureScheme> {
    SignatureScheme::all_for(algorithm)
        .into_iter()
        .filter(|scheme| mechanism_type(*scheme).is_some_and(|needed| has.contains(&needed)))
        .collect()
}

/// `None` for Ed25519ph: `SoftHSM` ignores the parameter and signs purely.
fn mechanism_type(scheme: SignatureScheme) -> Option<MechanismType> {
    match scheme {
        SignatureScheme::Ecdsa(_) => Some(MechanismType::ECDSA),
        SignatureScheme::RsaPkcs1v15(_) => Some(MechanismType::RSA_PKCS),
        SignatureScheme::RsaPss(_) => Some(MechanismType::RSA_PKCS_PSS),
        SignatureScheme::Ed25519 => Some(MechanismType::EDDSA),
        SignatureScheme::Ed25519ph => None,
    }
}

/// The mechanism of a scheme that [`schemes`] offered.
pub(crate) fn mechanism(scheme: SignatureScheme) -> Option<Mechanism<'static>> {
    match scheme {
        SignatureScheme::Ecdsa(_) => Some(Mechanism::Ecdsa),
        SignatureScheme::RsaPkcs1v15(_) => Some(Mechanism::RsaPkcs),
        SignatureScheme::RsaPss(hash) => Some(Mechanism::RsaPkcsPss(pss(hash))),
        SignatureScheme::Ed25519 => Some(Mechanism::Eddsa(EddsaParams::new(
            EddsaSignatureScheme::Pure,
        ))),
        SignatureScheme::Ed25519ph => None,
    }
}

/// The salt as long as the digest, and MGF1 with the same hash: what every module takes.
fn pss(hash: HashAlgorithm) -> PkcsPssParams {
    let (hash_alg, mgf, length) = match hash {
        HashAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32u32),
        HashAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        HashAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    PkcsPssParams {
        hash_alg,
        mgf,
        s_len: u64::from(length).into(),
    }
}

/// What the mechanism signs, for a digest of the scheme's hash.
pub(crate) fn digest_input(
    scheme: SignatureScheme,
    algorithm: KeyAlgorithm,
    digest: &Digest,
) -> Option<Vec<u8>> {
    if scheme.hash() != Some(digest.algorithm()) {
        return None;
    }
    let bytes = digest.as_bytes();
    match (scheme, algorithm) {
        (SignatureScheme::Ecdsa(_), KeyAlgorithm::Ecdsa(curve)) => {
            // FIPS 186-5 §6.4.1 takes the leftmost bits; some modules refuse to do it themselves.
            Some(bytes.get(..curve.field_len()).unwrap_or(bytes).to_vec())
        }
        (SignatureScheme::RsaPkcs1v15(hash), KeyAlgorithm::Rsa(_)) => {
            let (_, prefix) = DIGEST_INFO.iter().find(|(known, _)| *known == hash)?;
            Some([prefix, bytes].concat())
        }
        (SignatureScheme::RsaPss(_), KeyAlgorithm::Rsa(_)) => Some(bytes.to_vec()),
        _ => None,
    }
}

/// A module's raw signature in the seam's encoding.
pub(crate) fn signature(
    algorithm: KeyAlgorithm,
    raw: Vec<u8>,
) -> Result<Signature, SignatureError> {
    match algorithm {
        KeyAlgorithm::Ecdsa(curve) => Signature::from_p1363(curve, &raw),
        KeyAlgorithm::Rsa(_) | KeyAlgorithm::Ed25519 => Ok(Signature::from_bytes(raw)),
    }
}

#[cfg(test)]
mod tests {
    use touchmark_core::Curve;

    use super::*;

    const P256: KeyAlgorithm = KeyAlgorithm::Ecdsa(Curve::P256);

    #[test]
    fn only_what_the_token_has_is_offered() {
        let has = [MechanismType::ECDSA, MechanismType::RSA_PKCS];
        assert_eq!(
            schemes(P256, &has).first(),
            Some(&SignatureScheme::Ecdsa(HashAlgorithm::Sha256))
        );
        let rsa = schemes(KeyAlgorithm::Rsa(2048), &has);
        assert!(
            rsa.iter()
                .all(|scheme| matches!(scheme, SignatureScheme::RsaPkcs1v15(_)))
        );
        assert_eq!(rsa.len(), 3);
        assert_eq!(schemes(KeyAlgorithm::Ed25519, &has), []);
        let eddsa = schemes(KeyAlgorithm::Ed25519, &[MechanismType::EDDSA]);
        assert_eq!(eddsa, [SignatureScheme::Ed25519]);
    }

    #[test]
    fn a_long_digest_is_cut_to_the_curve() {
        let digest = Digest::of(HashAlgorithm::Sha512, b"abc");
        let scheme = SignatureScheme::Ecdsa(HashAlgorithm::Sha512);
        let cut = digest_input(scheme, P256, &digest).unwrap();
        assert_eq!(cut, digest.as_bytes()[..32]);
        let p521 = KeyAlgorithm::Ecdsa(Curve::P521);
        assert_eq!(
            digest_input(scheme, p521, &digest).unwrap(),
            digest.as_bytes()
        );
    }

    #[test]
    fn a_digest_of_another_hash_is_no_input() {
        let digest = Digest::of(HashAlgorithm::Sha256, b"abc");
        let scheme = SignatureScheme::Ecdsa(HashAlgorithm::Sha384);
        assert_eq!(digest_input(scheme, P256, &digest), None);
    }

    #[test]
    fn digest_info_is_der_around_the_digest() {
        use der::Decode;
        for hash in HashAlgorithm::ALL {
            let digest = Digest::of(hash, b"abc");
            let input = digest_input(
                SignatureScheme::RsaPkcs1v15(hash),
                KeyAlgorithm::Rsa(2048),
                &digest,
            )
            .unwrap();
            let any = der::asn1::AnyRef::from_der(&input).unwrap();
            assert!(any.value().ends_with(digest.as_bytes()));
        }
    }
}
