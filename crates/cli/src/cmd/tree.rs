//! `tree`: what is attached to an image, in both forms.

use clap::Args;
use serde::Serialize;
use touchmark_oci::attached::{Attached, Bundles};
use touchmark_oci::{Kind, Reference};

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, Tree as Table};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image;
use crate::outcome::{Outcome, lines};

/// Shows the signatures, attestations and SBOMs of an image, and what else refers to it. Nothing
/// of it is verified.
#[derive(Args, Debug)]
pub(crate) struct Tree {
    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<Table>,
}

/// The JSON result.
#[derive(Serialize)]
struct Shown {
    image: String,
    digest: String,
    tags: Vec<Tag>,
    referrers: Vec<Referrer>,
}

/// One of cosign's tags.
#[derive(Serialize)]
struct Tag {
    #[serde(rename = "type")]
    kind: &'static str,
    reference: String,
    layers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Referrer {
    reference: String,
    #[serde(rename = "type")]
    kind: String,
    layers: Vec<String>,
}

impl Verb for Tree {
    const NAME: &'static str = "tree";
    const ABOUT: &'static str = "Show what is attached to an image";
    const EXAMPLE: &'static str = "  touchmark tree registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let operation = self.registry.client()?.operation();
        let digest = image::digest(&operation, &image).await?;
        let (places, repository) = (image::places()?, image.repository());
        let mut tags = Vec::new();
        for kind in Kind::ALL {
            let attached = operation
                .attached(&places, repository, &digest, kind)
                .await?;
            tags.extend(attached.map(|attached| tag(kind, &attached)));
        }
        let bundles = operation.bundles(&places, repository, &digest).await?;
        let at = |digest: &touchmark_core::Digest| {
            let repository = places.repository_for(repository);
            repository.at(digest.clone()).to_string()
        };
        let shown = Shown {
            image: image.to_string(),
            digest: digest.to_string(),
            tags,
            referrers: referrers(&bundles, at),
        };
        let mut outcome = Outcome::text(text(&shown)).json(&shown);
        if bundles.truncated {
            outcome = outcome.note("touchmark: note: there are more referrers than are looked at");
        }
        Ok(outcome)
    }
}

fn tag(kind: Kind, attached: &Attached) -> Tag {
    let layers = attached.layers.iter();
    Tag {
        kind: name(kind),
        reference: attached.reference.to_string(),
        layers: layers
            .map(|layer| layer.descriptor.digest.to_string())
            .collect(),
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Signature => "signature",
        Kind::Attestation => "attestation",
        Kind::Sbom => "sbom",
    }
}

fn referrers(bundles: &Bundles, at: impl Fn(&touchmark_core::Digest) -> String) -> Vec<Referrer> {
    let found = bundles.candidates.iter().map(|candidate| {
        let image = candidate.image.as_ref();
        let layers = image.iter().flat_map(|image| &image.layers);
        let kind = image
            .and_then(image::predicate_type)
            .or_else(|| candidate.manifest.artifact_type.clone());
        Referrer {
            reference: at(&candidate.manifest.digest),
            kind: kind.unwrap_or_else(|| "unknown".into()),
            layers: layers.map(|layer| layer.digest.to_string()).collect(),
        }
    });
    let others = bundles.others.iter().map(|other| Referrer {
        reference: at(&other.digest),
        kind: other
            .artifact_type
            .clone()
            .unwrap_or_else(|| "unknown".into()),
        layers: Vec::new(),
    });
    found.chain(others).collect()
}

/// As cosign draws it.
fn text(shown: &Shown) -> String {
    let image = &shown.image;
    let mut all = vec![format!(
        "📦 Supply Chain Security Related artifacts for an image: {image}"
    )];
    if shown.tags.is_empty() && shown.referrers.is_empty() {
        all.push(format!(
            "No Supply Chain Security Related Artifacts found for image {image}"
        ));
    }
    for tag in &shown.tags {
        let title = match tag.kind {
            "signature" => "🔐 Signatures",
            "attestation" => "💾 Attestations",
            _ => "📦 SBOMs",
        };
        all.push(format!("└── {title} for an image tag: {}", tag.reference));
        all.extend(leaves(&tag.layers));
    }
    for referrer in &shown.referrers {
        let Referrer {
            reference, kind, ..
        } = referrer;
        all.push(format!(
            "└── 🔗 {kind} artifacts via OCI referrer: {reference}"
        ));
        all.extend(leaves(&referrer.layers));
    }
    lines(all)
}

fn leaves(layers: &[String]) -> impl Iterator<Item = String> + '_ {
    layers.iter().enumerate().map(|(place, digest)| {
        let branch = if place + 1 == layers.len() {
            "└"
        } else {
            "├"
        };
        format!("   {branch}── 🍒 {digest}")
    })
}
