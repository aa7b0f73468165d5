//! Vulnerabilities: `OpenVEX`, and scans in cosign's form.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Moment, Object, Text};
use crate::protojson::Message;

/// An `OpenVEX` document, version 0.2.0 (github.com/openvex/spec) or the versions before it.
#[derive(Deserialize)]
pub(super) struct OpenVex {
    #[serde(rename = "@context")]
    _context: Context,
    #[serde(rename = "@id")]
    _id: Text,
    #[serde(rename = "author")]
    _author: Text,
    #[serde(rename = "timestamp")]
    _timestamp: Moment,
    #[serde(rename = "version")]
    _version: Option<DocumentVersion>,
    #[serde(rename = "statements")]
    _statements: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Context;

impl TryFrom<String> for Context {
    type Error = &'static str;

    fn try_from(context: String) -> Result<Self, Self::Error> {
        if context.starts_with("https://openvex.dev/ns") {
            Ok(Self)
        } else {
            Err("it is not https://openvex.dev/ns or a version of it")
        }
    }
}

/// A number since 0.2.0, text before.
#[derive(Deserialize)]
#[serde(untagged, expecting = "neither a number nor text")]
enum DocumentVersion {
    Number(#[allow(dead_code, reason = "read to be checked")] u64),
    Text(#[allow(dead_code, reason = "read to be checked")] String),
}

#[derive(Deserialize)]
#[serde(try_from = "Message<WireStatement>")]
struct Statement;

#[derive(Deserialize)]
struct WireStatement {
    #[serde(rename = "vulnerability")]
    _vulnerability: Vulnerability,
    status: Status,
    justification: Option<Justification>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
}

/// An object since 0.2.0, a name before.
#[derive(Deserialize)]
#[serde(untagged, expecting = "neither a name nor an object with a name")]
enum Vulnerability {
    Name(#[allow(dead_code, reason = "read to be checked")] Text),
    Object {
        #[serde(rename = "name")]
        _name: Text,
    },
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Status {
    NotAffected,
    Affected,
    Fixed,
    UnderInvestigation,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Justification {
    ComponentNotPresent,
    VulnerableCodeNotPresent,
    VulnerableCodeNotInExecutePath,
    VulnerableCodeCannotBeControlledByAdversary,
    InlineMitigationsAlreadyExist,
}

impl TryFrom<Message<WireStatement>> for Statement {
    type Error = &'static str;

    fn try_from(Message(wire): Message<WireStatement>) -> Result<Self, Self::Error> {
        let stated = |text: Option<String>| text.is_some_and(|text| !text.is_empty());
        match wire.status {
            Status::NotAffected
                if wire.justification.is_none() && !stated(wire.impact_statement) =>
            {
                Err("not_affected needs a justification or an impact_statement")
            }
            Status::Affected if !stated(wire.action_statement) => {
                Err("affected needs an action_statement")
            }
            _ => Ok(Self),
        }
    }
}

/// A scan (cosign's `COSIGN_VULN_ATTESTATION_SPEC.md`).
#[derive(Deserialize)]
pub(super) struct Scan {
    #[serde(rename = "invocation")]
    _invocation: Option<Message<Invocation>>,
    #[serde(rename = "scanner")]
    _scanner: Message<Scanner>,
    #[serde(rename = "metadata")]
    _metadata: Message<Metadata>,
}

#[derive(Deserialize)]
struct Invocation {
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
    #[serde(rename = "uri")]
    _uri: Option<String>,
    #[serde(rename = "event_id")]
    _event_id: Option<String>,
    #[serde(rename = "builder.id")]
    _builder_id: Option<String>,
}

#[derive(Deserialize)]
struct Scanner {
    #[serde(rename = "uri")]
    _uri: Option<String>,
    #[serde(rename = "version")]
    _version: Option<String>,
    #[serde(rename = "db")]
    _db: Option<Object>,
    // Any value, and null; but it must be there.
    #[serde(rename = "result")]
    _result: IgnoredAny,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "scanStartedOn")]
    _scan_started_on: Moment,
    #[serde(rename = "scanFinishedOn")]
    _scan_finished_on: Moment,
}
