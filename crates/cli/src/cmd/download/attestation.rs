//! `download attestation`: an image's attestations, one a line.

use clap::Args;
use touchmark_formats::statement;
use touchmark_oci::{Kind, Reference};

use super::super::Verb;
use super::signature::one_line;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::{RegistryFlags, predicate_type};
use crate::image::attestation_file::AttestationFile;
use crate::image::found::{self, Candidate, Evidence};
use crate::image::{self, platform, sift};
use crate::outcome::{Outcome, lines};

/// Prints the attestations of an image as JSON, one a line: Sigstore bundles, and DSSE envelopes
/// of the legacy form. Nothing of it is verified.
#[derive(Args, Debug)]
pub(crate) struct Attestation {
    /// Only attestations of this type: a name such as slsaprovenance1, or a URI
    #[arg(long, value_name = "TYPE")]
    predicate_type: Option<String>,

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

impl Verb for Attestation {
    const NAME: &'static str = "attestation";
    const ABOUT: &'static str = "Print an image's attestations";
    const EXAMPLE: &'static str = "  touchmark download attestation registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let kind = self.predicate_type.as_deref().map(predicate_type);
        let kind = kind.transpose()?.map(|kind| kind.uri().to_owned());
        let image: Reference = self.image.parse()?;
        let operation = self.registry.client()?.operation();
        let digest = platform::digest(&operation, &image, self.platform.as_deref()).await?;
        let places = image::places()?;
        let repository = image.repository();
        let found =
            found::in_registry(&operation, &places, repository, &digest, Kind::Attestation).await;
        let wanted = kind.as_deref();
        let mut all: Vec<String> = Vec::new();
        for one in found.candidates.iter().filter_map(|one| line(one, wanted)) {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        let mut outcome = Outcome::text(lines(&all));
        outcome.json = Some(all.join("\n"));
        outcome.failures.extend(found.failure);
        if all.is_empty() && outcome.failures.is_empty() {
            return Err(sift::none_found(sift::Sought::Attestations).context(&self.image));
        }
        Ok(outcome)
    }
}

fn line(candidate: &Candidate, wanted: Option<&str>) -> Option<String> {
    let json = match &candidate.evidence {
        Evidence::Bundle(json) => json,
        Evidence::Layer { content, .. } => content,
        Evidence::Unreadable(_) => return None,
    };
    let said = AttestationFile::parse(json).ok()?.statement()?;
    let is_wanted = match wanted {
        Some(kind) => said.predicate_type == kind,
        None => said.predicate_type != statement::IMAGE_SIGNATURE,
    };
    is_wanted.then(|| one_line(json)).flatten()
}
