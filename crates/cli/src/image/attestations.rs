//! Verifies the attestations of one image.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use touchmark_core::{Digest, ErrorKind, Explain};
use touchmark_formats::bundle::{Content, Envelope};
use touchmark_formats::{
    NotChecked, Trust, WantedAttestation, bundle, dsse, layer, verify_attestation_bundle,
    verify_attestation_envelope,
};
use touchmark_oci::{Kind, Places, Reference, Registry};

use super::finding::{Place, Refused};
use super::found::{Candidate, Evidence, Found};
use super::sift::{Sought, sift};
use super::verdict::{Bad, malformed, refused};
use super::{found, saved};
use crate::error::{CliError, ErrorView};
use crate::flags::Trusted;
use crate::policy::Policies;
use crate::runtime::busy;

/// What all images of a run share.
#[derive(Debug)]
pub(crate) struct AttestationVerifier {
    pub(crate) registry: Registry,
    pub(crate) places: Places,
    pub(crate) trusted: Trusted,
    /// The exact predicate type.
    pub(crate) predicate_type: String,
    pub(crate) policies: Policies,
}

/// An attestation that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) place: Place,
    pub(crate) envelope: Envelope,
    pub(crate) not_checked: Vec<NotChecked>,
}

/// What became of one image.
#[derive(Debug)]
pub(crate) struct Attestations {
    pub(crate) image: String,
    pub(crate) name: String,
    pub(crate) verdict: Result<Vec<Accepted>, CliError>,
    /// What else a person should know.
    pub(crate) notes: Vec<String>,
}

/// The line of an image without a good attestation.
#[derive(Serialize)]
struct Failed<'a> {
    image: &'a str,
    error: ErrorView<'a>,
}

impl Attestations {
    /// Nothing is known yet, which is no acceptance.
    pub(crate) fn new(image: &str, name: &str) -> Self {
        Self {
            image: image.into(),
            name: name.into(),
            verdict: Err(CliError::stopped().context(image)),
            notes: Vec::new(),
        }
    }

    /// One envelope a line.
    pub(crate) fn envelopes(&self) -> Vec<String> {
        let accepted = self.verdict.iter().flatten();
        let line = |one: &Accepted| String::from_utf8_lossy(&dsse::write(&one.envelope)).into();
        accepted.map(line).collect()
    }

    /// The same, and a line with the error where there is one.
    pub(crate) fn json_lines(&self) -> Vec<String> {
        let Err(error) = &self.verdict else {
            return self.envelopes();
        };
        let failed = Failed {
            image: &self.image,
            error: error.view(),
        };
        serde_json::to_string(&failed).into_iter().collect()
    }
}

impl AttestationVerifier {
    /// Verifies an image in a registry.
    pub(crate) async fn remote(&self, given: &str, image: &Reference) -> Attestations {
        let mut told = Attestations::new(given, &image.to_string());
        let verdict = self.verify(image, &mut told).await;
        told.verdict = verdict.map_err(|error| error.context(given));
        told
    }

    /// Verifies an image in a folder that `save` wrote.
    pub(crate) async fn local(&self, folder: &str) -> Attestations {
        let mut told = Attestations::new(folder, folder);
        let found = busy(|| saved::find(Path::new(folder), Kind::Attestation));
        let verdict = match found {
            Ok((digest, found)) => self.accept(&digest, found, &mut told).await,
            Err(error) => Err(error),
        };
        told.verdict = verdict.map_err(|error| error.context(folder));
        told
    }

    async fn verify(
        &self,
        image: &Reference,
        told: &mut Attestations,
    ) -> Result<Vec<Accepted>, CliError> {
        let operation = self.registry.operation();
        let digest = super::digest(&operation, image).await?;
        let (places, repository) = (&self.places, image.repository());
        let found =
            found::in_registry(&operation, places, repository, &digest, Kind::Attestation).await;
        self.accept(&digest, found, told).await
    }

    /// Judges what was found: the signature, the image, the type, then the policies, which every
    /// attestation of the type must pass.
    async fn accept(
        &self,
        digest: &Digest,
        found: Found,
        told: &mut Attestations,
    ) -> Result<Vec<Accepted>, CliError> {
        let annotations = BTreeMap::new();
        let wanted = WantedAttestation {
            digests: std::slice::from_ref(digest),
            predicate_type: Some(&self.predicate_type),
            annotations: &annotations,
        };
        let mut refused: Vec<Refused> = Vec::new();
        let sifted = busy(|| {
            sift(Sought::Attestations, found, &mut refused, |candidate| {
                judge(candidate, self.trusted.trust(), wanted)
            })
        })?;
        told.notes.extend(sifted.note(&told.image));
        let accepted = without_copies(sifted.accepted);
        for one in &accepted {
            let passed = self.policies.judge(&one.envelope.payload).await;
            passed.map_err(|error| error.context(&one.place.to_string()))?;
        }
        Ok(accepted)
    }
}

/// One attestation that is stored in both forms is one attestation.
fn without_copies(accepted: Vec<Accepted>) -> Vec<Accepted> {
    let mut kept: Vec<Accepted> = Vec::new();
    for one in accepted {
        let is_copy = |other: &Accepted| {
            other.envelope.payload == one.envelope.payload
                && other.envelope.signature == one.envelope.signature
        };
        if !kept.iter().any(is_copy) {
            kept.push(one);
        }
    }
    kept
}

fn judge(
    candidate: &Candidate,
    trust: Trust<'_>,
    wanted: WantedAttestation<'_>,
) -> Result<Accepted, Bad> {
    let verdict = match &candidate.evidence {
        Evidence::Layer {
            content,
            annotations,
        } => layer::read(annotations)
            .and_then(|beside| Ok((beside, dsse::read(content)?)))
            .map_err(malformed("the envelope is malformed"))
            .and_then(|(beside, envelope)| {
                let accepted = verify_attestation_envelope(trust, wanted, &envelope, &beside)?;
                Ok((Some(envelope), accepted))
            }),
        Evidence::Bundle(json) => bundle::read(json)
            .map_err(malformed("the bundle is malformed"))
            .and_then(|bundle| {
                let accepted = verify_attestation_bundle(trust, wanted, &bundle)?;
                Ok((envelope_of(bundle.content), accepted))
            }),
        Evidence::Unreadable(error) => return Err(candidate.unreadable(error)),
    };
    match verdict {
        Ok((Some(envelope), accepted)) => Ok(Accepted {
            place: candidate.place.clone(),
            envelope,
            not_checked: accepted.not_checked,
        }),
        // A bundle without an envelope is never accepted.
        Ok((None, _)) => Err(candidate.unreadable(&CliError::new(
            ErrorKind::Malformed,
            "bundle does not contain a DSSE envelope",
        ))),
        Err(refusal) => Err((refused(&candidate.place, &refusal), refusal.hint())),
    }
}

fn envelope_of(content: Content) -> Option<Envelope> {
    match content {
        Content::Envelope(envelope) => Some(envelope),
        Content::Message(_) => None,
    }
}
