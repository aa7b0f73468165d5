//! in-toto statements are read as strictly as sigstore-go reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use touchmark_core::{Digest, HashAlgorithm};
use touchmark_formats::predicate::{self, PredicateType};
use touchmark_formats::statement::{self, MAX_LEN, Statement, Subject, Version};
use touchmark_formats::{FormatError, Predicate};

const SLSA: &str = "https://slsa.dev/provenance/v1";

fn image() -> Digest {
    Digest::of(HashAlgorithm::Sha256, b"an image manifest")
}

fn provenance() -> Statement {
    let file = br#"{"buildDefinition":{"buildType":"t","externalParameters":{}},"runDetails":{"builder":{"id":"b"}}}"#;
    let now = time::OffsetDateTime::UNIX_EPOCH;
    let predicate = predicate::prepare(&PredicateType::SlsaProvenance1, file, now).unwrap();
    Statement {
        version: Version::V1,
        subjects: vec![Subject::new("registry.example/app", &image())],
        predicate_type: SLSA.into(),
        predicate: Some(predicate),
    }
}

#[test]
fn a_statement_is_read_as_strictly_as_by_sigstore_go() {
    let good = String::from_utf8(statement::write(&provenance()).unwrap()).unwrap();
    let subject = r#"{"name":"registry.example/app","digest":{"sha256":"#;
    let many = |n: usize| format!("[{}]", vec!["{}"; n].join(","));
    let subjects = |list: &str| {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":{list},"predicateType":"x","predicate":{{}}}}"#
        )
    };
    assert!(statement::read(subjects(&many(1024)).as_bytes()).is_ok());
    let digests = |n: usize| {
        let list: Vec<String> = (0..n).map(|i| format!("\"d{i}\":\"00\"")).collect();
        subjects(&format!("[{{\"digest\":{{{}}}}}]", list.join(",")))
    };
    assert!(statement::read(digests(32).as_bytes()).is_ok());
    assert!(statement::read(good.replacen("_type", "type", 1).as_bytes()).is_ok());
    let without = good.split(",\"predicate\":").next().unwrap().to_owned() + "}";
    assert_eq!(statement::read(without.as_bytes()).unwrap().predicate, None);
    for bad in [
        subjects(&many(1025)),
        subjects("[]"),
        subjects("[null]"),
        subjects("{}"),
        digests(33),
        good.replacen("_type", "_typ", 1),
        good.replacen("/Statement/v1", "/Statement/v2", 1),
        good.replacen(subject, r#"{"more":1,"digest":{"sha256":"#, 1),
        good.replacen("\"sha256\":\"", "\"sha256\":\"g", 1),
        good.replacen("\"sha256\":\"", "\"sha256\":\"0", 1),
        good.replacen(SLSA, "", 1),
        good.replacen("\"predicate\":{", "\"predicate\":[{", 1),
        good.replacen("\"predicate\":{", "\"predicate\":1,\"x\":{", 1),
        good.replacen(
            "\"buildType\":\"t\"",
            "\"buildType\":\"t\",\"buildType\":\"t\"",
            1,
        ),
        good.replacen("{\"_type\"", "{\"predicate\":{},\"_type\"", 1),
        good.clone() + " {}",
    ] {
        assert_ne!(bad, good);
        assert!(statement::read(bad.as_bytes()).is_err(), "{bad}");
    }
    for length in 0..good.len() {
        assert!(
            statement::read(&good.as_bytes()[..length]).is_err(),
            "{length}"
        );
    }
}

#[test]
fn no_statement_is_written_that_nobody_reads() {
    let mut statement = provenance();
    statement.subjects[0]
        .digests
        .insert("sha256".into(), "xyz".into());
    assert!(statement::write(&statement).is_err());
    statement.subjects.clear();
    assert!(statement::write(&statement).is_err());
    let image = statement::image_signature(
        &image(),
        &BTreeMap::from([("<".into(), "&\u{2028}".into())]),
    );
    let written = statement::write(&image).unwrap();
    assert_eq!(statement::read(&written).unwrap(), image);
    assert_eq!(image.predicate, Some(Predicate::empty()));
}

/// What is written fits into an envelope that is read.
#[test]
fn the_largest_statement_fits_into_an_envelope() {
    use touchmark_core::Signature;
    use touchmark_formats::{bundle, dsse};
    let mut statement = provenance();
    let kind = PredicateType::parse("https://example.com/x").unwrap();
    let prepare = |length: usize| {
        let file = format!("{{\"a\":\"{}\"}}", "x".repeat(length));
        predicate::prepare(&kind, file.as_bytes(), time::OffsetDateTime::UNIX_EPOCH).unwrap()
    };
    statement.predicate = Some(prepare(0));
    let rest = statement::write(&statement).unwrap().len();
    statement.subjects[0].name = "n".repeat(MAX_LEN - rest - 10_000_000 - 20);
    statement.predicate = Some(prepare(10_000_000));
    let payload = statement::write(&statement).unwrap();
    assert!(
        (MAX_LEN - 100..=MAX_LEN).contains(&payload.len()),
        "{}",
        payload.len()
    );
    let envelope = bundle::Envelope {
        payload,
        payload_type: dsse::PAYLOAD_TYPE.into(),
        key_id: String::new(),
        signature: Signature::from_bytes([0; 512]),
    };
    assert_eq!(dsse::read(&dsse::write(&envelope)).unwrap(), envelope);
    let json = bundle::write_envelope(bundle::SignedBy::Certificate(&vec![0; 32_000]), &envelope);
    assert!(bundle::read(&json).is_ok());
    statement.subjects[0].name.push_str(&"n".repeat(100));
    let error = statement::write(&statement).unwrap_err();
    assert!(matches!(error, FormatError::TooLarge { .. }), "{error}");
}
