//! How `verify` tells of an image: cosign's array, with a `touchmark` object in each element.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use touchmark_formats::{simple_signing, statement};

use super::finding::{Form, Refused};
use super::verdict::Accepted;
use crate::error::{CliError, ErrorView};

/// What became of one image.
#[derive(Debug)]
pub(crate) struct Verified {
    /// As it was given.
    pub(crate) image: String,
    /// The full name, as cosign shows it.
    pub(crate) name: String,
    /// The manifest's digest, once it is known.
    pub(crate) digest: Option<String>,
    pub(crate) verdict: Result<Vec<Accepted>, CliError>,
    /// What was found and is no good.
    pub(crate) refused: Vec<Refused>,
    /// What else a person should know.
    pub(crate) notes: Vec<String>,
}

/// One element of the JSON result.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Element<'a> {
    Verified {
        #[serde(flatten)]
        payload: SimpleSigning<'a>,
        touchmark: Told<'a>,
    },
    Failed {
        touchmark: Told<'a>,
        error: ErrorView<'a>,
    },
}

/// As cosign prints a signature, in either form.
#[derive(Serialize)]
pub(crate) struct SimpleSigning<'a> {
    critical: Critical<'a>,
    optional: Option<BTreeMap<&'a str, Value>>,
}

#[derive(Serialize)]
struct Critical<'a> {
    identity: Identity<'a>,
    image: Image,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Identity<'a> {
    #[serde(rename = "docker-reference")]
    docker_reference: &'a str,
}

#[derive(Serialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: String,
}

/// What touchmark adds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told<'a> {
    image: &'a str,
    digest: Option<&'a str>,
    verified: bool,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_checked: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<Candidate<'a>>,
}

/// Something that was found and refused.
#[derive(Serialize)]
pub(crate) struct Candidate<'a> {
    form: &'static str,
    place: &'a str,
    code: &'static str,
    reason: &'a str,
}

impl Verified {
    /// Nothing is known yet, which is no acceptance.
    pub(crate) fn new(image: &str, name: &str) -> Self {
        Self {
            image: image.into(),
            name: name.into(),
            digest: None,
            verdict: Err(CliError::stopped().context(image)),
            refused: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn elements(&self) -> Vec<Element<'_>> {
        match &self.verdict {
            Ok(accepted) => accepted
                .iter()
                .map(|accepted| Element::Verified {
                    payload: self.payload(accepted),
                    touchmark: self.accepted(accepted),
                })
                .collect(),
            Err(error) => vec![Element::Failed {
                touchmark: self.failed(error),
                error: error.view(),
            }],
        }
    }

    /// As cosign prints it.
    pub(crate) fn payload<'a>(&'a self, accepted: &'a Accepted) -> SimpleSigning<'a> {
        let image = &accepted.image;
        let mut optional: BTreeMap<&str, Value> = image
            .annotations
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        if let Some(identity) = &image.signer.certificate {
            let subject = identity.subjects.first().cloned().unwrap_or_default();
            optional.insert("Subject", subject.into());
            if let Some(issuer) = &identity.issuer {
                optional.insert("Issuer", issuer.as_str().into());
            }
        }
        let kind = match accepted.place.form {
            Form::Legacy => simple_signing::TYPE,
            Form::Bundle => statement::IMAGE_SIGNATURE,
        };
        SimpleSigning {
            critical: Critical {
                identity: Identity {
                    docker_reference: image.docker_reference.as_deref().unwrap_or(&self.name),
                },
                image: Image {
                    docker_manifest_digest: image.digest.to_string(),
                },
                kind,
            },
            // A bundle's are an object, a payload's null where there are none.
            optional: (!optional.is_empty() || accepted.place.form == Form::Bundle)
                .then_some(optional),
        }
    }

    fn told(&self) -> Told<'_> {
        Told {
            image: &self.image,
            digest: self.digest.as_deref(),
            verified: false,
            code: "failed",
            form: None,
            place: None,
            key_id: None,
            key: None,
            algorithm: None,
            not_checked: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn accepted<'a>(&'a self, accepted: &'a Accepted) -> Told<'a> {
        let signer = &accepted.image.signer;
        Told {
            verified: true,
            code: "valid",
            form: Some(accepted.place.form.name()),
            place: Some(&accepted.place.at),
            key_id: Some(signer.key_id.to_string()),
            key: Some(&signer.name),
            algorithm: Some(signer.scheme.to_string()),
            not_checked: not_checked(accepted),
            ..self.told()
        }
    }

    fn failed(&self, error: &CliError) -> Told<'_> {
        let candidates = self.refused.iter().map(|refused| Candidate {
            form: refused.place.form.name(),
            place: &refused.place.at,
            code: refused.code,
            reason: &refused.reason,
        });
        Told {
            code: code(error, &self.refused),
            candidates: candidates.collect(),
            ..self.told()
        }
    }
}

/// The verdict's stable name: that of the candidates where they agree.
pub(crate) fn code(error: &CliError, refused: &[Refused]) -> &'static str {
    match (error.code(), refused) {
        (super::NO_SIGNATURES, _) => "unsigned",
        (super::NOT_FOUND, _) => "not-found",
        (_, [first, rest @ ..]) if rest.iter().all(|other| other.code == first.code) => first.code,
        (_, [_, ..]) => "no-match",
        (_, []) => "failed",
    }
}

/// What stands beside a signature that nothing looked at.
pub(crate) fn not_checked(accepted: &Accepted) -> Vec<String> {
    let parts = accepted.image.not_checked.iter();
    parts.map(ToString::to_string).collect()
}
