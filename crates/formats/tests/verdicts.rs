//! Every verdict on a blob, with its code, its kind and its reason.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use support::{Key, named};
use touchmark_core::ed25519::Prehashed;
use touchmark_core::{
    Curve, Digest, ErrorKind, Explain, HashAlgorithm, KeyAlgorithm, Message, PublicKey, Signature,
    SignatureScheme,
};
use touchmark_formats::evidence::{Evidence, detect};
use touchmark_formats::{Accepted, NamedKey, Refusal, bundle, verify_blob};

const ARTIFACT: &[u8] = b"the artifact\n";
const OTHER: &[u8] = b"another artifact\n";

fn digest(artifact: &[u8]) -> Digest {
    Digest::of(HashAlgorithm::Sha256, artifact)
}

/// A bundle by a key, as text to mutate.
fn bundle_by(key: &Key, declared: &Digest, signed: &[u8]) -> String {
    let signature = key.sign(HashAlgorithm::Sha256, signed);
    String::from_utf8(bundle::write(&key.public, declared, &signature)).unwrap()
}

fn judge(keys: &[NamedKey], evidence: &str) -> Result<Accepted, Refusal> {
    verify_blob(keys, &ARTIFACT, &detect(evidence.as_bytes()).unwrap())
}

#[track_caller]
fn refused(verdict: Result<Accepted, Refusal>, code: &str, kind: ErrorKind, reason: &str) {
    let refusal = verdict.expect_err(reason);
    assert_eq!((refusal.code(), refusal.kind()), (code, kind), "{refusal}");
    let text = refusal.to_string();
    assert!(text.contains(reason), "{text:?} does not say {reason:?}");
    assert!(refusal.hint().is_some_and(|hint| !hint.ends_with('.')));
}

#[test]
fn another_file_is_told_from_a_forgery() {
    let key = Key::p256();
    let keys = named(std::slice::from_ref(&key));
    let mixed_up = judge(&keys, &bundle_by(&key, &digest(OTHER), OTHER));
    let reason = format!(
        "digest is {}, but the bundle is for {} (signed by key 0)",
        digest(ARTIFACT),
        digest(OTHER)
    );
    refused(mixed_up, "invalid-signature", ErrorKind::Rejected, &reason);
    // A good signature does not excuse a wrong declaration.
    let misdeclared = judge(&keys, &bundle_by(&key, &digest(OTHER), ARTIFACT));
    let Err(Refusal::DigestMismatch { signer: None, .. }) = misdeclared else {
        panic!("{misdeclared:?}");
    };
}

#[test]
fn a_wrong_signature_names_the_key_that_should_have_made_it() {
    let key = Key::p256();
    let evidence = bundle_by(&key, &digest(ARTIFACT), OTHER);
    let keys = named(&[Key::p256(), key]);
    refused(
        judge(&keys, &evidence),
        "invalid-signature",
        ErrorKind::Rejected,
        "the signature by key 1 (SHA256:",
    );
}

#[test]
fn an_unknown_signer_is_named_beside_the_given_keys() {
    let (signer, given) = (Key::p256(), Key::p256());
    let keys = named(std::slice::from_ref(&given));
    let evidence = bundle_by(&signer, &digest(ARTIFACT), ARTIFACT);
    let (theirs, ours) = (signer.public.key_id(), given.public.key_id());
    let reason = format!("by key {theirs}, and the given key {ours}");
    refused(
        judge(&keys, &evidence),
        "unknown-key",
        ErrorKind::Rejected,
        &reason,
    );
    // Without a key id to go by, the key or the file may be wrong.
    for evidence in [
        evidence.replace(&theirs.to_hint(), "release key"),
        signer.sign(HashAlgorithm::Sha256, ARTIFACT).to_base64(),
    ] {
        let reason = format!("neither the file nor key {ours}");
        refused(
            judge(&keys, &evidence),
            "invalid-signature",
            ErrorKind::Rejected,
            &reason,
        );
    }
    assert!(
        judge(&[], &evidence)
            .unwrap_err()
            .to_string()
            .contains("no key was given")
    );
}

#[test]
fn a_hint_neither_helps_nor_hinders() {
    let (key, other) = (Key::p256(), Key::p256());
    let evidence = bundle_by(&key, &digest(ARTIFACT), ARTIFACT);
    for hint in ["", "any text", &other.public.key_id().to_hint()] {
        let evidence = evidence.replace(&key.public.key_id().to_hint(), hint);
        let keys = [
            named(std::slice::from_ref(&other)),
            named(std::slice::from_ref(&key)),
        ]
        .concat();
        assert_eq!(judge(&keys, &evidence).unwrap().index, 1, "{hint}");
    }
}

#[test]
fn what_is_no_signature_is_malformed() {
    let key = Key::p256();
    let keys = named(std::slice::from_ref(&key));
    let good = key.sign(HashAlgorithm::Sha256, ARTIFACT);
    let mut trailing = good.as_bytes().to_vec();
    trailing.push(0);
    let mut long_form = good.as_bytes().to_vec();
    long_form.insert(1, 0x81);
    for bytes in [trailing, long_form, vec![7; 64], vec![0x30]] {
        let signature = Signature::from_bytes(bytes);
        let evidence = bundle::write(&key.public, &digest(ARTIFACT), &signature);
        let verdict = judge(&keys, std::str::from_utf8(&evidence).unwrap());
        refused(
            verdict,
            "malformed",
            ErrorKind::Malformed,
            "malformed signature of",
        );
    }
    for garbage in ["AAAA", "MAYCAQECAgAB"] {
        let verdict = judge(&keys, garbage);
        refused(
            verdict,
            "malformed",
            ErrorKind::Malformed,
            "malformed signature of",
        );
    }
    // A well-formed signature of another kind of key is a wrong key, not a malformed file.
    let ed25519 = Key::ed25519()
        .sign(HashAlgorithm::Sha256, ARTIFACT)
        .to_base64();
    refused(
        judge(&keys, &ed25519),
        "invalid-signature",
        ErrorKind::Rejected,
        "neither",
    );
}

#[test]
fn a_strangers_certificate_or_an_attestation_is_not_a_keys_blob_signature() {
    let (key, other) = (Key::p256(), Key::p256());
    let keys = named(std::slice::from_ref(&key));
    let good = bundle_by(&key, &digest(ARTIFACT), ARTIFACT);
    let material = format!(
        "\"publicKey\":{{\"hint\":\"{}\"}}",
        key.public.key_id().to_hint()
    );
    assert!(good.contains(&material));
    let certificate = good.replace(&material, "\"certificate\":{\"rawBytes\":\"AAAA\"}");
    assert!(
        judge(&keys, &certificate).is_ok(),
        "the key itself is trusted"
    );
    refused(
        judge(&named(std::slice::from_ref(&other)), &certificate),
        "unknown-key",
        ErrorKind::Rejected,
        "by a certificate",
    );
    let (head, _) = good.split_once(",\"messageSignature\"").unwrap();
    let envelope = format!(
        "{head},\"dsseEnvelope\":{{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{{\"sig\":\"AAAA\"}}]}}}}"
    );
    let reason = "an attestation of type \"application/vnd.in-toto+json\"";
    refused(
        judge(&keys, &envelope),
        "invalid-signature",
        ErrorKind::Rejected,
        reason,
    );
}

#[test]
fn every_hash_that_cosign_and_sigstore_go_try_is_tried() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    for (key, hash, detached) in [
        (Key::ecdsa(Curve::P384), Sha384, true),
        (Key::ecdsa(Curve::P384), Sha256, true),
        (Key::ecdsa(Curve::P521), Sha512, true),
        (Key::ecdsa(Curve::P521), Sha384, false),
        (Key::rsa(), Sha512, false),
    ] {
        let keys = named(std::slice::from_ref(&key));
        let signature = key.sign(hash, ARTIFACT);
        let declared = Digest::of(hash, ARTIFACT);
        let evidence = detect(&bundle::write(&key.public, &declared, &signature)).unwrap();
        let accepted = verify_blob(&keys, &ARTIFACT, &evidence).unwrap();
        assert_eq!(accepted.scheme.hash(), Some(hash));
        assert_eq!(accepted.digest, digest(ARTIFACT));
        assert_eq!(
            judge(&keys, &signature.to_base64()).is_ok(),
            detached,
            "{hash:?}"
        );
    }
}

#[test]
fn rsa_pss_is_refused_as_cosign_refuses_it() {
    let key = Key::rsa();
    let signature = key.sign_pss(ARTIFACT);
    let pss = SignatureScheme::RsaPss(HashAlgorithm::Sha256);
    let prepared = pss.prepare(&ARTIFACT).unwrap();
    key.public.verify(&prepared, &signature).unwrap();
    assert!(judge(&named(&[key]), &signature.to_base64()).is_err());
}

#[test]
fn ed25519_is_tried_pure_then_prehashed() {
    let secret = SigningKey::from_bytes(&[7; 32]);
    let public = PublicKey::from_ed25519(secret.verifying_key().as_bytes()).unwrap();
    let sha512 = Digest::of(HashAlgorithm::Sha512, ARTIFACT);
    let signature = secret
        .sign_prehashed(Prehashed::new(&sha512).unwrap(), None)
        .unwrap();
    let signature = Signature::from_bytes(signature.to_bytes());
    let keys = [NamedKey {
        name: "k".into(),
        key: public,
    }];
    let accepted = judge(&keys, &signature.to_base64()).unwrap();
    assert_eq!(accepted.scheme, SignatureScheme::Ed25519ph);
    assert!(verify_blob(&keys, &OTHER, &Evidence::Detached(signature.clone())).is_err());
    assert!(verify_blob(&keys, &sha512, &Evidence::Detached(signature)).is_ok());
}

#[test]
fn a_digest_stands_for_the_file_except_for_pure_ed25519() {
    for key in Key::one_of_each() {
        let keys = named(std::slice::from_ref(&key));
        let evidence = detect(bundle_by(&key, &digest(ARTIFACT), ARTIFACT).as_bytes()).unwrap();
        let verdict = verify_blob(&keys, &digest(ARTIFACT), &evidence);
        if key.public.algorithm() == KeyAlgorithm::Ed25519 {
            refused(
                verdict,
                "failed",
                ErrorKind::Usage,
                "the file itself is needed",
            );
        } else {
            assert_eq!(verdict.unwrap().digest, digest(ARTIFACT));
            let other = verify_blob(&keys, &digest(OTHER), &evidence);
            refused(
                other,
                "invalid-signature",
                ErrorKind::Rejected,
                "but the bundle is for",
            );
        }
        let sha512 = Digest::of(HashAlgorithm::Sha512, ARTIFACT);
        let verdict = verify_blob(&keys, &sha512, &evidence);
        refused(
            verdict,
            "failed",
            ErrorKind::Usage,
            "the file itself is needed",
        );
    }
}

#[derive(Debug)]
struct Unreadable;

impl Message for Unreadable {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Err(io::Error::other("disk on fire"))
    }
}

#[test]
fn an_unreadable_file_is_no_verdict() {
    for key in [Key::p256(), Key::ed25519()] {
        let keys = named(std::slice::from_ref(&key));
        for evidence in [
            bundle_by(&key, &digest(ARTIFACT), ARTIFACT),
            key.sign(HashAlgorithm::Sha256, ARTIFACT).to_base64(),
        ] {
            let evidence = detect(evidence.as_bytes()).unwrap();
            let refusal = verify_blob(&keys, &Unreadable, &evidence).unwrap_err();
            assert_eq!(
                (refusal.code(), refusal.kind()),
                ("failed", ErrorKind::Failed)
            );
        }
    }
}

#[test]
fn log_entries_and_timestamps_are_reported_as_not_checked() {
    let key = Key::p256();
    let keys = named(std::slice::from_ref(&key));
    let good = bundle_by(&key, &digest(ARTIFACT), ARTIFACT);
    assert_eq!(judge(&keys, &good).unwrap().not_checked, []);
    let entry = |index: u8, kind: &str| {
        format!(
            r#"{{"logIndex":{index},"logId":{{"keyId":"AAAA"}},"kindVersion":{{"kind":"{kind}","version":"0.0.1"}},"inclusionProof":{{"checkpoint":{{"envelope":"c"}}}},"canonicalizedBody":"e30="}}"#
        )
    };
    let extras = format!(
        r#""verificationMaterial":{{"tlogEntries":[{},{}],"timestampVerificationData":{{"rfc3161Timestamps":[{{"signedTimestamp":"AAAA"}}]}},"#,
        entry(1, "hashedrekord"),
        entry(2, "\\u001b[2J"),
    );
    let evidence = good.replace("\"verificationMaterial\":{", &extras);
    let shown: Vec<String> = judge(&keys, &evidence)
        .unwrap()
        .not_checked
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        shown,
        [
            "tlogEntries[0] (hashedrekord 0.0.1)",
            r"tlogEntries[1] (\u{1b}[2J 0.0.1)",
            "rfc3161Timestamps[0]"
        ]
    );
}

/// Flips each bit of a signature.
fn no_flipped_bit_verifies(key: &Key) {
    let keys = named(std::slice::from_ref(key));
    let signature = key.sign(HashAlgorithm::Sha256, ARTIFACT);
    for bit in 0..signature.as_bytes().len() * 8 {
        let mut bytes = signature.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let evidence = Evidence::Detached(Signature::from_bytes(bytes));
        assert!(
            verify_blob(&keys, &ARTIFACT, &evidence).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn every_flipped_bit_of_an_ecdsa_signature_is_refused() {
    no_flipped_bit_verifies(&Key::p256());
}

#[test]
fn every_flipped_bit_of_an_rsa_signature_is_refused() {
    no_flipped_bit_verifies(&Key::rsa());
}

#[test]
fn every_flipped_bit_of_an_ed25519_signature_is_refused() {
    no_flipped_bit_verifies(&Key::ed25519());
}

#[test]
fn every_flipped_bit_of_a_bundles_signature_or_digest_is_refused() {
    let key = Key::p256();
    let keys = named(std::slice::from_ref(&key));
    let good = bundle_by(&key, &digest(ARTIFACT), ARTIFACT);
    let signature = good.split("\"signature\":\"").nth(1).unwrap();
    let signature = signature.split('"').next().unwrap();
    for text in [&STANDARD.encode(digest(ARTIFACT).as_bytes()), signature] {
        let start = good.find(text).unwrap();
        for bit in 0..text.len() * 8 {
            let mut bytes = good.clone().into_bytes();
            bytes[start + bit / 8] ^= 1 << (bit % 8);
            let accepted = detect(&bytes)
                .is_ok_and(|evidence| verify_blob(&keys, &ARTIFACT, &evidence).is_ok());
            assert!(!accepted, "bit {bit} of {text}");
        }
    }
}
