//! The verdict on an attestation: did one of these keys sign this statement about this artifact?

use std::collections::BTreeMap;

use serde_json::Value;
use touchmark_core::Digest;

use crate::bundle::{Bundle, Envelope};
use crate::claim_refusal::ClaimRefusal;
use crate::dsse::{self, Pae};
use crate::layer::Beside;
use crate::not_checked::{NotChecked, of_bundle, of_layer};
use crate::signer::{self, AcceptedSigner};
use crate::statement::{self, Statement, Subject};
use crate::trial::Trial;
use crate::trust::Trust;

/// What an attestation has to be.
#[derive(Clone, Copy, Debug)]
pub struct WantedAttestation<'a> {
    /// The artifact's digests: a subject must have one of them, and contradict none.
    pub digests: &'a [Digest],
    /// The exact predicate type; `None` takes any.
    pub predicate_type: Option<&'a str>,
    /// Annotations that the subject must have.
    pub annotations: &'a BTreeMap<String, String>,
}

/// An attestation that a trusted key made about the artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedAttestation {
    /// Who made it.
    pub signer: AcceptedSigner,
    /// What it says.
    pub statement: Statement,
    /// The place of the artifact among the statement's subjects.
    pub subject: usize,
    /// What stands beside it that nothing looked at.
    pub not_checked: Vec<NotChecked>,
}

/// Judges the envelope of a layer of the `.att` tag.
///
/// # Errors
/// It is not accepted: [`ClaimRefusal`] says why.
pub fn verify_attestation_envelope<'t>(
    trust: impl Into<Trust<'t>>,
    wanted: WantedAttestation<'_>,
    envelope: &Envelope,
    beside: &Beside,
) -> Result<AcceptedAttestation, ClaimRefusal> {
    let trial = signer::in_layer(&envelope.signature, beside);
    judge(trust.into(), wanted, envelope, &trial, of_layer(beside))
}

/// Judges an attestation in a bundle.
///
/// # Errors
/// It is not accepted: [`ClaimRefusal`] says why.
pub fn verify_attestation_bundle<'t>(
    trust: impl Into<Trust<'t>>,
    wanted: WantedAttestation<'_>,
    bundle: &Bundle,
) -> Result<AcceptedAttestation, ClaimRefusal> {
    let (envelope, trial) = signer::in_bundle(bundle)?;
    judge(trust.into(), wanted, envelope, &trial, of_bundle(bundle))
}

/// The signature comes first: nothing that nobody signed is read further.
fn judge(
    trust: Trust<'_>,
    wanted: WantedAttestation<'_>,
    envelope: &Envelope,
    trial: &Trial<'_>,
    not_checked: Vec<NotChecked>,
) -> Result<AcceptedAttestation, ClaimRefusal> {
    let signer = signer::accept(trust, trial, &Pae::from(envelope))?;
    if envelope.payload_type != dsse::PAYLOAD_TYPE {
        return Err(ClaimRefusal::PayloadType(envelope.payload_type.clone()));
    }
    let statement =
        statement::read(&envelope.payload).map_err(|source| ClaimRefusal::Malformed {
            what: "the signed statement is malformed",
            source,
        })?;
    if let Some(kind) = wanted.predicate_type
        && kind != statement.predicate_type
    {
        return Err(ClaimRefusal::PredicateType {
            wanted: kind.into(),
            found: statement.predicate_type,
        });
    }
    let subject = subject(&signer, &statement, wanted)?;
    Ok(AcceptedAttestation {
        signer,
        statement,
        subject,
        not_checked,
    })
}

/// The first subject that is the artifact with the wanted annotations.
fn subject(
    signer: &AcceptedSigner,
    statement: &Statement,
    wanted: WantedAttestation<'_>,
) -> Result<usize, ClaimRefusal> {
    let mut refusal = None;
    for (index, subject) in statement.subjects.iter().enumerate() {
        if subject.is(wanted.digests) {
            match check_annotations(wanted.annotations, &subject.annotations) {
                Ok(()) => return Ok(index),
                Err(missing) => refusal = refusal.or(Some(missing)),
            }
        }
    }
    Err(refusal.unwrap_or_else(|| {
        let found = statement.subjects.iter().flat_map(stated);
        ClaimRefusal::digest(&signer.name, found, wanted.digests)
    }))
}

fn stated(subject: &Subject) -> impl Iterator<Item = String> {
    let digests = subject.digests.iter();
    digests
        .map(|(algorithm, digits)| crate::error::printable(&format!("{algorithm}:{digits}"), 160))
}

/// Checks that each wanted annotation was signed with exactly this text.
pub(crate) fn check_annotations(
    wanted: &BTreeMap<String, String>,
    signed: &BTreeMap<String, Value>,
) -> Result<(), ClaimRefusal> {
    let differs = wanted
        .iter()
        .find(|(name, text)| signed.get(*name).and_then(Value::as_str) != Some(text.as_str()));
    match differs {
        None => Ok(()),
        Some((name, text)) => Err(ClaimRefusal::Annotation {
            name: name.clone(),
            wanted: text.clone(),
            found: signed.get(name).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
        }),
    }
}
