//! Reading a statement: `in_toto_attestation.v1.Statement` in the JSON mapping of protocol
//! buffers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{MAX_DIGESTS, MAX_LEN, MAX_SUBJECTS, Statement, Subject, Version, WHAT};
use crate::error::FormatError;
use crate::json;
use crate::predicate::Predicate;
use crate::protojson::{self, List, Message};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStatement<'a> {
    #[serde(rename = "_type", alias = "type")]
    kind: Option<String>,
    subject: Option<List<Message<WireSubject>, MAX_SUBJECTS>>,
    #[serde(rename = "predicateType", alias = "predicate_type")]
    predicate_type: Option<String>,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSubject {
    name: Option<String>,
    uri: Option<String>,
    digest: Option<BTreeMap<String, String>>,
    // Known, and of no use here.
    #[serde(rename = "content")]
    _content: Option<IgnoredAny>,
    #[serde(rename = "downloadLocation", alias = "download_location")]
    _download_location: Option<String>,
    #[serde(rename = "mediaType", alias = "media_type")]
    _media_type: Option<String>,
    annotations: Option<BTreeMap<String, Value>>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Statement, FormatError> {
    json::check(WHAT, MAX_LEN, json::MAX_LEVELS, bytes)?;
    let wire: WireStatement<'_> = protojson::read(WHAT, MAX_LEN, bytes)?;
    let subjects = wire.subject.map(|list| list.0).unwrap_or_default();
    if subjects.is_empty() {
        return Err(FormatError::Missing("subject"));
    }
    Ok(Statement {
        version: version(wire.kind.as_deref())?,
        subjects: subjects
            .into_iter()
            .enumerate()
            .map(|(index, wire)| subject(index, wire.0))
            .collect::<Result<_, _>>()?,
        predicate_type: wire
            .predicate_type
            .filter(|uri| !uri.is_empty())
            .ok_or(FormatError::Missing("predicateType"))?,
        predicate: wire.predicate.map(predicate).transpose()?,
    })
}

fn version(kind: Option<&str>) -> Result<Version, FormatError> {
    let kind = kind.ok_or(FormatError::Missing("_type"))?;
    [Version::V0_1, Version::V1]
        .into_iter()
        .find(|version| version.uri() == kind)
        .ok_or(FormatError::Invalid {
            field: "_type".into(),
            why: "it is no in-toto statement of version 0.1 or 1",
        })
}

fn subject(index: usize, wire: WireSubject) -> Result<Subject, FormatError> {
    let invalid = |why| FormatError::Invalid {
        field: format!("subject[{index}].digest"),
        why,
    };
    let digests = wire.digest.unwrap_or_default();
    if digests.len() > MAX_DIGESTS {
        return Err(invalid("more than 32 digests"));
    }
    let hexadecimal = |digits: &String| {
        !digits.is_empty()
            && digits.len().is_multiple_of(2)
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    if !digests.values().all(hexadecimal) {
        return Err(invalid("a digest is not hexadecimal"));
    }
    Ok(Subject {
        name: wire.name.unwrap_or_default(),
        uri: wire.uri.unwrap_or_default(),
        digests,
        annotations: wire.annotations.unwrap_or_default(),
    })
}

fn predicate(raw: &RawValue) -> Result<Predicate, FormatError> {
    Predicate::from_checked(raw.get()).ok_or(FormatError::Invalid {
        field: "predicate".into(),
        why: "it is neither an object nor a string",
    })
}
