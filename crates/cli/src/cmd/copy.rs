//! `copy`: copies an image and all that is attached to it.

use clap::{Args, ValueEnum};
use touchmark_oci::{CopyOptions, Platform};
use touchmark_oci::{Kind, Reference};

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image::{self, moved};
use crate::outcome::Outcome;

/// Copies an image, everything under it, and their signatures, attestations, SBOMs and other
/// referrers, between repositories of one or of two registries.
#[derive(Args, Debug)]
pub(crate) struct Copy {
    /// Copy only these attachments, and not the image's tag; repeat the flag, or separate with
    /// commas
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    only: Vec<Only>,

    /// The same as --only=sig
    #[arg(long, hide = true)]
    sig_only: bool,

    /// Overwrite the destination's tag where it is another image
    #[arg(short = 'f', long)]
    force: bool,

    /// Of an index, copy only the image of this platform, such as linux/amd64
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,

    /// The image to copy
    #[arg(value_name = "FROM")]
    from: String,

    /// What it becomes
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<InRegistry>,
}

/// `--only`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    Sig,
    Att,
    Sbom,
}

impl Only {
    fn kind(self) -> Kind {
        match self {
            Self::Sig => Kind::Signature,
            Self::Att => Kind::Attestation,
            Self::Sbom => Kind::Sbom,
        }
    }
}

impl Verb for Copy {
    const NAME: &'static str = "copy";
    const ABOUT: &'static str = "Copy an image with its signatures and attestations";
    const EXAMPLE: &'static str =
        "  touchmark copy registry.example/app:1.0 mirror.example/app:1.0";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let from: Reference = self.from.parse()?;
        let to: Reference = self.to.parse()?;
        let options = self.options()?;
        let registry = self.registry.client()?;
        let moved = registry.copy(&image::places()?, &from, &to, &options).await;
        let moved = moved.map_err(|error| image::missing(&from, error))?;
        Ok(moved::outcome(
            &from.to_string(),
            &to.to_string(),
            "Copied",
            &moved,
        ))
    }
}

impl Copy {
    fn options(&self) -> Result<CopyOptions, CliError> {
        let mut only: Vec<Kind> = self.only.iter().map(|only| only.kind()).collect();
        if self.sig_only && !only.contains(&Kind::Signature) {
            only.push(Kind::Signature);
        }
        let platform = self.platform.as_deref().map(str::parse::<Platform>);
        Ok(CopyOptions {
            only,
            force: self.force,
            platform: platform.transpose()?,
        })
    }
}
