//! `save`: writes an image and all that is attached to it to a folder.

use std::path::PathBuf;

use clap::Args;
use touchmark_oci::Reference;

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image::{self, moved};
use crate::outcome::Outcome;

/// Writes an image, everything under it, and what is attached to them, as an OCI image layout.
/// `load`, cosign's too, brings it to another registry.
#[derive(Args, Debug)]
pub(crate) struct Save {
    /// The folder of the layout
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,

    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<InRegistry>,
}

impl Verb for Save {
    const NAME: &'static str = "save";
    const ABOUT: &'static str = "Save an image with its signatures and attestations to a folder";
    const EXAMPLE: &'static str = "  touchmark save --dir app registry.example/app:1.0";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let registry = self.registry.client()?;
        let moved = registry.save(&image::places()?, &image, &self.dir).await;
        let moved = moved.map_err(|error| image::missing(&image, error))?;
        let folder = self.dir.display().to_string();
        Ok(moved::outcome(&image.to_string(), &folder, "Saved", &moved))
    }
}
