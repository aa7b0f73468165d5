//! `load`: brings a saved image and all that is attached to it to a registry.

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

/// Brings an image that `save`, cosign's too, wrote to a folder to a registry, with what is
/// attached to it.
#[derive(Args, Debug)]
pub(crate) struct Load {
    /// The folder of the layout
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,

    /// What the image becomes: REGISTRY/REPOSITORY:TAG
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<InRegistry>,
}

impl Verb for Load {
    const NAME: &'static str = "load";
    const ABOUT: &'static str = "Bring a saved image with its signatures to a registry";
    const EXAMPLE: &'static str = "  touchmark load --dir app registry.example/app:1.0";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let registry = self.registry.client()?;
        let moved = registry.load(&image::places()?, &self.dir, &image).await?;
        let folder = self.dir.display().to_string();
        Ok(moved::outcome(
            &folder,
            &image.to_string(),
            "Loaded",
            &moved,
        ))
    }
}
