//! `triangulate`: where an image's attachments are.

use clap::{Args, ValueEnum};
use serde::Serialize;
use touchmark_oci::{Kind, Reference};

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image;
use crate::outcome::Outcome;

/// Prints the name under which an image's signatures are kept in the legacy form.
#[derive(Args, Debug)]
pub(crate) struct Triangulate {
    /// What is looked for
    #[arg(
        long = "type",
        value_enum,
        value_name = "TYPE",
        default_value = "signature"
    )]
    kind: What,

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
    Signature,
    Attestation,
    Sbom,
    // The image itself.
    Digest,
}

#[derive(Serialize)]
struct Found<'a> {
    image: &'a str,
    digest: String,
    reference: String,
}

impl Verb for Triangulate {
    const NAME: &'static str = "triangulate";
    const ABOUT: &'static str = "Print where an image's signatures are kept";
    const EXAMPLE: &'static str = "  touchmark triangulate registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let operation = self.registry.client()?.operation();
        let digest = image::digest(&operation, &image).await?;
        let repository = image.repository();
        let at = |kind| Ok(image::places()?.reference(repository, &digest, kind));
        let reference = match self.kind {
            What::Signature => at(Kind::Signature),
            What::Attestation => at(Kind::Attestation),
            What::Sbom => at(Kind::Sbom),
            What::Digest => Ok::<_, CliError>(repository.at(digest.clone())),
        }?;
        let found = Found {
            image: &self.image,
            digest: digest.to_string(),
            reference: reference.to_string(),
        };
        Ok(Outcome::text(format!("{reference}\n")).json(&found))
    }
}
