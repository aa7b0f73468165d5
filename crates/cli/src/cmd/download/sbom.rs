//! `download sbom`: the unsigned SBOM that `cosign attach sbom` attached.

use clap::Args;
use serde::Serialize;
use touchmark_core::ErrorKind;
use touchmark_oci::{Kind, Reference};

use super::super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image::{self, NOT_FOUND, platform};
use crate::outcome::Outcome;

/// Prints the SBOM under an image's `.sbom` tag. Nobody signed it: prefer attestations.
#[derive(Args, Debug)]
pub(crate) struct Sbom {
    /// Of an index, the image of this platform, such as linux/amd64
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,

    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<InRegistry>,
}

/// The JSON result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    image: &'a str,
    media_type: &'a str,
    sbom: &'a str,
}

impl Verb for Sbom {
    const NAME: &'static str = "sbom";
    const ABOUT: &'static str = "Print an image's unsigned SBOM";
    const EXAMPLE: &'static str = "  touchmark download sbom registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let operation = self.registry.client()?.operation();
        let digest = platform::digest(&operation, &image, self.platform.as_deref()).await?;
        let places = image::places()?;
        let repository = image.repository();
        let attached = operation
            .attached(&places, repository, &digest, Kind::Sbom)
            .await?;
        let layer = attached.and_then(|attached| attached.layers.into_iter().next());
        let layer = layer.ok_or_else(|| none(&self.image))?;
        let bytes = layer.payload?;
        let text = String::from_utf8_lossy(&bytes);
        let media_type = &layer.descriptor.media_type;
        let found = Found {
            image: &self.image,
            media_type,
            sbom: &text,
        };
        Ok(Outcome::text(text.clone())
            .note(format!("Found SBOM of media type: {media_type}"))
            .json(&found))
    }
}

fn none(image: &str) -> CliError {
    CliError::new(
        ErrorKind::Failed,
        format!("{image}: no sbom attached to reference"),
    )
    .hint("an SBOM may be an attestation: try `touchmark download attestation`")
    .with_code(NOT_FOUND)
}
