//! cosign 2's blob bundle: strict reading, and a `cert` that never adds a key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{Key, named};
use touchmark_core::{ErrorKind, Explain, HashAlgorithm, PublicKey};
use touchmark_formats::evidence::{Evidence, detect};
use touchmark_formats::legacy::{self, Signer};
use touchmark_formats::{Accepted, Refusal, verify_blob};

const ARTIFACT: &[u8] = b"the artifact\n";
const REKOR: &str = r#""rekorBundle":{"SignedEntryTimestamp":"c2V0","Payload":{"body":"e30=","integratedTime":1700000000,"logIndex":7,"logID":"c0d2"}}"#;

fn file(key: &Key, members: &str) -> String {
    let signature = key.sign(HashAlgorithm::Sha256, ARTIFACT).to_base64();
    format!(r#"{{"base64Signature":"{signature}"{members}}}"#)
}

fn judge(key: &Key, json: &str) -> Result<Accepted, Refusal> {
    let evidence = detect(json.as_bytes()).unwrap();
    assert!(matches!(evidence, Evidence::LegacyBundle(_)));
    verify_blob(&named(std::slice::from_ref(key)), &ARTIFACT, &evidence)
}

fn cert(key: &PublicKey) -> String {
    format!(r#","cert":"{}""#, STANDARD.encode(key.to_pem()))
}

#[test]
fn it_verifies_with_the_callers_key_and_its_log_entry_is_not_trusted() {
    let key = Key::p256();
    assert_eq!(judge(&key, &file(&key, "")).unwrap().not_checked, []);
    assert!(judge(&key, &file(&key, ",\"cert\":\"\",\"rekorBundle\":null")).is_ok());
    let logged = judge(&key, &file(&key, &format!(",{REKOR}"))).unwrap();
    assert_eq!(logged.not_checked[0].to_string(), "rekorBundle");
    let rekor = legacy::read(file(&key, &format!(",{REKOR}")).as_bytes())
        .unwrap()
        .rekor
        .unwrap();
    assert_eq!((rekor.log_index, rekor.integrated_time), (7, 1_700_000_000));
    assert_eq!(
        (rekor.signed_entry_timestamp, rekor.body),
        (b"set".to_vec(), b"{}".to_vec())
    );
    assert_eq!(rekor.log_id, "c0d2");
}

#[test]
fn a_key_in_the_file_is_never_trusted_over_the_callers() {
    let (ours, theirs) = (Key::p256(), Key::p256());
    // Everything in this file is consistent, and by somebody else.
    let refusal = judge(&ours, &file(&theirs, &cert(&theirs.public))).unwrap_err();
    assert_eq!(
        (refusal.code(), refusal.kind()),
        ("unknown-key", ErrorKind::Rejected)
    );
    assert!(
        refusal
            .to_string()
            .contains(&theirs.public.key_id().to_string())
    );
    // Even beside a good signature, a key that differs is refused.
    assert!(judge(&ours, &file(&ours, &cert(&theirs.public))).is_err());
    assert!(judge(&ours, &file(&ours, &cert(&ours.public))).is_ok());
    let pem = serde_json::to_string(&ours.public.to_pem()).unwrap();
    assert!(judge(&ours, &file(&ours, &format!(",\"cert\":{pem}"))).is_ok());
}

#[test]
fn a_certificate_adds_no_key_and_takes_none_away() {
    let (key, other) = (Key::p256(), Key::p256());
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let json = file(&key, &format!(r#","cert":"{}""#, STANDARD.encode(pem)));
    let signer = legacy::read(json.as_bytes()).unwrap().signer;
    assert_eq!(signer, Some(Signer::Certificate(vec![0; 3])));
    assert!(judge(&key, &json).is_ok());
    assert!(matches!(judge(&other, &json), Err(Refusal::Certificate(_))));
}

#[test]
fn every_malformed_file_is_refused() {
    let key = Key::p256();
    let two = STANDARD.encode(key.public.to_pem() + &key.public.to_pem());
    for (members, reason) in [
        (",\"x\":1".to_owned(), "unknown field"),
        (",\"Cert\":\"\"".to_owned(), "unknown field"),
        (",\"cert\":\"\",\"cert\":\"\"".to_owned(), "duplicate field"),
        (
            ",\"base64Signature\":\"AAAA\"".to_owned(),
            "duplicate field",
        ),
        (",\"cert\":1".to_owned(), "expected a string"),
        (
            ",\"cert\":\"AAAA\"".to_owned(),
            "PEM block in cert is missing",
        ),
        (format!(",\"cert\":\"{two}\""), "more than one PEM block"),
        (
            ",\"cert\":\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n\""
                .to_owned(),
            "cannot be used",
        ),
        (",\"rekorBundle\":{}".to_owned(), "Payload is missing"),
        (
            format!(",{}", REKOR.replace("c2V0", "")),
            "SignedEntryTimestamp is missing",
        ),
        (format!(",{}", REKOR.replace("e30=", "")), "body is missing"),
        (
            format!(",{}", REKOR.replace("\"e30=\"", "{}")),
            "expected a base64 string",
        ),
        (format!(",{}", REKOR.replace(":7", ":-7")), "not negative"),
        (
            format!(",{}", REKOR.replace("\"body\"", "\"x\":1,\"body\"")),
            "unknown field",
        ),
        (format!(",{REKOR},{REKOR}"), "duplicate field"),
    ] {
        let json = file(&key, &members);
        let error = detect(json.as_bytes()).expect_err(&json);
        assert_eq!(error.kind(), ErrorKind::Malformed);
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let text = format!("{error}: {}", source.unwrap_or_default());
        assert!(text.contains(reason), "{members} gave {text}");
    }
    let json = file(&key, "");
    for length in 0..json.len() {
        assert!(legacy::read(&json.as_bytes()[..length]).is_err());
    }
    assert!(legacy::read(format!("{json}{{}}").as_bytes()).is_err());
    assert!(legacy::read(b"{}").is_err());
    assert!(legacy::read(b"{\"base64Signature\":\"\"}").is_err());
    let long = format!("{json}{}", " ".repeat(legacy::MAX_LEN));
    assert!(legacy::read(long.as_bytes()).is_err());
}

#[test]
fn the_three_forms_are_told_apart_by_their_bytes() {
    let key = Key::p256();
    assert!(matches!(
        detect(b" {\"mediaType\":1}")
            .unwrap_err()
            .to_string()
            .as_str(),
        "malformed Sigstore bundle"
    ));
    assert!(matches!(
        detect(b"{\"base64Signature\":1}")
            .unwrap_err()
            .to_string()
            .as_str(),
        "malformed legacy cosign bundle"
    ));
    // A raw signature may start with a brace.
    let raw = [&b"{"[..], &[0xff; 63]].concat();
    assert!(
        matches!(detect(&raw), Ok(Evidence::Detached(signature)) if signature.as_bytes() == raw)
    );
    let raw = key.sign(HashAlgorithm::Sha256, ARTIFACT);
    assert_eq!(detect(raw.as_bytes()).unwrap(), Evidence::Detached(raw));
}
