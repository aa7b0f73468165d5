//! `clean`: removes what is attached to an image.

use clap::{Args, ValueEnum};
use serde::Serialize;
use touchmark_core::Digest;
use touchmark_oci::{Kind, OciError, Operation, Reference, Repository, Target};

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image::{self, fallback};
use crate::outcome::{Outcome, lines};

/// Removes signatures, attestations and SBOMs from an image, whoever made them. The image itself
/// stays.
#[derive(Args, Debug)]
pub(crate) struct Clean {
    /// What is removed; referrer is the bundle form of both
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value = "all")]
    kind: What,

    /// Really remove it
    #[arg(short = 'f', long)]
    force: bool,

    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<InRegistry>,
}

/// `--type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    // The three tags and the bundles.
    All,
    Signature,
    Attestation,
    Sbom,
    Referrer,
}

impl What {
    fn tags(self) -> Vec<Kind> {
        match self {
            Self::All => Kind::ALL.to_vec(),
            Self::Signature => vec![Kind::Signature],
            Self::Attestation => vec![Kind::Attestation],
            Self::Sbom => vec![Kind::Sbom],
            Self::Referrer => Vec::new(),
        }
    }
}

/// The JSON result.
#[derive(Serialize)]
struct Cleaned<'a> {
    image: &'a str,
    digest: String,
    removed: Vec<String>,
}

impl Verb for Clean {
    const NAME: &'static str = "clean";
    const ABOUT: &'static str = "Remove signatures and attestations from an image";
    const EXAMPLE: &'static str = "  touchmark clean --force registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        if !self.force {
            return Err(CliError::usage(format!(
                "this removes what others attached to {} too",
                self.image
            ))
            .hint("give --force; `touchmark tree` shows what is there"));
        }
        let image: Reference = self.image.parse()?;
        let operation = self.registry.client()?.operation();
        let digest = image::digest(&operation, &image).await?;
        let places = image::places()?;
        let mut removed = Vec::new();
        for kind in self.kind.tags() {
            let tag = places.reference(image.repository(), &digest, kind);
            if remove(&operation, &tag).await? {
                removed.push(tag.to_string());
            }
        }
        let repository = places.repository_for(image.repository());
        if matches!(self.kind, What::All | What::Referrer) {
            removed.extend(bundles(&operation, repository, &digest).await?);
        }
        let cleaned = Cleaned {
            image: &self.image,
            digest: digest.to_string(),
            removed,
        };
        let image = &self.image;
        let said = cleaned.removed.iter();
        let said = said.map(|place| format!("Removed {place} from {image}"));
        Ok(Outcome::text(lines(said)).json(&cleaned))
    }
}

/// Removes a tag, if it is there. Registries that do not delete tags delete what they point to.
async fn remove(operation: &Operation, tag: &Reference) -> Result<bool, CliError> {
    let repository = tag.repository();
    let Some(manifest) = operation.find_manifest(repository, &tag.target()).await? else {
        return Ok(false);
    };
    match operation.delete(repository, &tag.target()).await {
        Ok(()) => Ok(true),
        Err(OciError::NotFound(_)) => Ok(false),
        Err(OciError::Refused { .. }) => {
            let target = Target::from(manifest.digest());
            operation.delete(repository, &target).await?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes every bundle that refers to the image, and nothing else that does.
async fn bundles(
    operation: &Operation,
    repository: &Repository,
    digest: &Digest,
) -> Result<Vec<String>, CliError> {
    let here = touchmark_oci::Places::default();
    let found = operation.bundles(&here, repository, digest).await?;
    let all = found.candidates.iter().filter(|one| one.image.is_some());
    let digests: Vec<Digest> = all.map(|one| one.manifest.digest.clone()).collect();
    if !found.api {
        fallback::forget(operation, repository, digest, &digests).await?;
    }
    let mut removed = Vec::new();
    for digest in digests {
        match operation.delete(repository, &Target::from(&digest)).await {
            Ok(()) => removed.push(repository.at(digest).to_string()),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(removed)
}
