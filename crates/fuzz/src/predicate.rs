//! Files that are to be attested: what a type accepts stands in a statement that can be read.

use serde_json::Value;
use time::OffsetDateTime;
use touchmark_core::{Digest, HashAlgorithm};
use touchmark_formats::predicate::{self, PredicateType};
use touchmark_formats::statement::{self, Statement, Subject, Version};

/// The types that have rules of their own.
const RULED: [PredicateType; 8] = [
    PredicateType::SlsaProvenance02,
    PredicateType::SlsaProvenance1,
    PredicateType::SpdxJson,
    PredicateType::SpdxText,
    PredicateType::CycloneDx,
    PredicateType::Link,
    PredicateType::Vuln,
    PredicateType::OpenVex,
];

/// Prepares a file as each type, and says whether one with rules accepts it.
pub fn check(data: &[u8]) -> bool {
    let other = PredicateType::Other("https://example.com/type".into());
    let object = accepts(&other, data);
    assert_eq!(
        accepts(&PredicateType::Custom, data),
        std::str::from_utf8(data).is_ok()
    );
    let mut ruled = false;
    for kind in &RULED {
        let accepted = accepts(kind, data);
        // Only the text form is no object.
        assert!(!accepted || object || *kind == PredicateType::SpdxText);
        ruled |= accepted;
    }
    ruled
}

fn accepts(kind: &PredicateType, data: &[u8]) -> bool {
    let Ok(predicate) = predicate::prepare(kind, data, OffsetDateTime::UNIX_EPOCH) else {
        return false;
    };
    let value: Value = serde_json::from_str(predicate.as_json()).unwrap_or_default();
    assert!(value.is_object() || value.is_string());
    let statement = Statement {
        version: Version::V1,
        subjects: vec![Subject::new("", &Digest::of(HashAlgorithm::Sha256, data))],
        predicate_type: kind.uri().to_owned(),
        predicate: Some(predicate),
    };
    let written = statement::write(&statement).unwrap_or_default();
    assert_eq!(statement::read(&written).ok(), Some(statement));
    true
}
