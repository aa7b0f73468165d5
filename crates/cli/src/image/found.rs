//! Everything beside an image that may be a signature or an attestation, in both forms, always:
//! what is found in one never hides the other.

use std::collections::BTreeMap;

use touchmark_core::Digest;
use touchmark_oci::attached::{Attached, Bundles};
use touchmark_oci::{Kind, Limits, OciError, Operation, Places, Repository};

use super::finding::{Form, Place};
use crate::error::CliError;

/// What was found, as it is stored. Nothing in it is verified.
#[derive(Debug)]
pub(crate) enum Evidence {
    /// A layer of the `.sig` or `.att` tag: its content and annotations.
    Layer {
        content: Vec<u8>,
        annotations: BTreeMap<String, String>,
    },
    /// A Sigstore bundle.
    Bundle(Vec<u8>),
    /// It is there and could not be fetched.
    Unreadable(CliError),
}

/// One thing that may be what is looked for.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) place: Place,
    pub(crate) evidence: Evidence,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Candidate>,
    /// Why not everything could be looked at, if so.
    pub(crate) failure: Option<CliError>,
}

impl Found {
    pub(crate) fn one(place: Place, evidence: Evidence) -> Self {
        Self {
            candidates: vec![Candidate { place, evidence }],
            failure: None,
        }
    }

    fn add_layers(&mut self, layers: Result<Option<Attached>, OciError>) {
        let attached = match layers {
            Ok(attached) => attached,
            Err(error) => return self.fail(error.into()),
        };
        let Some(attached) = attached else { return };
        if attached.truncated {
            let limit = Limits::default().layers;
            self.fail(too_many(&attached.reference.to_string(), limit, "layers"));
        }
        for layer in attached.layers {
            let evidence = match layer.payload {
                Ok(content) => Evidence::Layer {
                    content: content.to_vec(),
                    annotations: layer.descriptor.annotations,
                },
                Err(error) => Evidence::Unreadable(error.into()),
            };
            let at = layer.descriptor.digest.to_string();
            self.add(Form::Legacy, at, evidence);
        }
    }

    fn add_bundles(&mut self, bundles: Result<Bundles, OciError>) {
        let bundles = match bundles {
            Ok(bundles) => bundles,
            Err(error) => return self.fail(error.into()),
        };
        if bundles.truncated {
            let limit = Limits::default().referrers;
            self.fail(too_many("the image", limit, "referrers"));
        }
        for candidate in bundles.candidates {
            let evidence = match candidate.bundle {
                Ok(content) => Evidence::Bundle(content.to_vec()),
                Err(error) => Evidence::Unreadable(error.into()),
            };
            let at = candidate.manifest.digest.to_string();
            self.add(Form::Bundle, at, evidence);
        }
    }

    pub(crate) fn add(&mut self, form: Form, at: String, evidence: Evidence) {
        let place = Place { form, at };
        self.candidates.push(Candidate { place, evidence });
    }

    /// The first failure is the one to tell.
    fn fail(&mut self, error: CliError) {
        self.failure.get_or_insert(error);
    }
}

/// Looks in a registry, for both forms at once.
pub(crate) async fn in_registry(
    operation: &Operation,
    places: &Places,
    repository: &Repository,
    digest: &Digest,
    kind: Kind,
) -> Found {
    let (layers, bundles) = tokio::join!(
        operation.attached(places, repository, digest, kind),
        operation.bundles(places, repository, digest),
    );
    let mut found = Found::default();
    found.add_layers(layers);
    found.add_bundles(bundles);
    found
}

fn too_many(what: &str, limit: usize, of: &str) -> CliError {
    CliError::new(
        touchmark_core::ErrorKind::Malformed,
        format!("{what} has more than {limit} {of}, and the rest is not looked at"),
    )
    .hint("remove what is not needed with `touchmark clean`, or ask who put so many there")
}
