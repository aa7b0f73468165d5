//! `verify-attestation`: checks the attestations of images, and policies over what they say.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgAction, Args};

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, VerifyingImage, refusal};
use crate::error::CliError;
use crate::flags::{RegistryFlags, TrustFlags, predicate_type};
use crate::globals::OutputFormat;
use crate::image;
use crate::image::attestations::{AttestationVerifier, Attestations};
use crate::outcome::{self, Outcome};
use crate::policy::Policies;
use crate::switches;

/// Verifies each image's attestations of one type, in both forms, and prints their DSSE
/// envelopes, one a line.
#[derive(Args, Debug)]
pub(crate) struct VerifyAttestation {
    #[command(flatten)]
    trust: TrustFlags,

    /// What the predicate must be: a name such as slsaprovenance1, or a URI
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: String,

    /// A policy in Rego that each attestation must pass; repeat the flag, or separate with commas
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    policy: Vec<PathBuf>,

    /// The images are folders that `save` wrote
    #[arg(long)]
    local_image: bool,

    /// Whether the attestation must be about the image (always)
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, default_value = "true", default_missing_value = "true", require_equals = true, value_name = "BOOL", value_parser = switches::parse)]
    check_claims: bool,

    /// The hash that was signed; found without it
    #[arg(long, hide = true, value_name = "HASH", value_parser = ["sha256", "sha384", "sha512"])]
    signature_digest_algorithm: Option<String>,

    /// The images: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<VerifyingImage>,
}

impl Verb for VerifyAttestation {
    const NAME: &'static str = "verify-attestation";
    const ABOUT: &'static str = "Verify the attestations of images";
    const EXAMPLE: &'static str =
        "  touchmark verify-attestation --key cosign.pub --type cyclonedx registry.example/app:1.0";
    const OUTPUT: OutputFormat = OutputFormat::Json;

    fn is_single(&self) -> bool {
        self.images.len() == 1
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        if !self.check_claims {
            return Err(refusal(
                "--check-claims=false",
                "an attestation that is not compared with the image says nothing about it",
            ));
        }
        let verifier = Arc::new(AttestationVerifier {
            predicate_type: predicate_type(&self.kind)?.uri().into(),
            policies: Policies::load(&self.policy)?,
            registry: self.registry.client()?,
            places: image::places()?,
            trusted: self.trust.load(context).await?,
        });
        let images = if self.local_image {
            let mut all = Vec::new();
            for folder in &self.images {
                all.push(verifier.local(folder).await);
            }
            all
        } else {
            self.remote(&verifier).await?
        };
        Ok(summary(&verifier, &images))
    }
}

impl VerifyAttestation {
    async fn remote(
        &self,
        verifier: &Arc<AttestationVerifier>,
    ) -> Result<Vec<Attestations>, CliError> {
        let images = image::references(&self.images)?;
        let results = image::each(
            "verifying",
            images,
            self.registry.lanes(),
            verifier,
            |verifier, given, image| async move { verifier.remote(&given, &image).await },
        )
        .await;
        let stopped = |(at, result): (usize, Option<Attestations>)| {
            result.unwrap_or_else(|| Attestations::new(&self.images[at], &self.images[at]))
        };
        Ok(results.into_iter().enumerate().map(stopped).collect())
    }
}

fn summary(verifier: &AttestationVerifier, all: &[Attestations]) -> Outcome {
    let envelopes = all.iter().flat_map(Attestations::envelopes);
    let mut outcome = Outcome::text(outcome::lines(envelopes));
    let lines: Vec<String> = all.iter().flat_map(Attestations::json_lines).collect();
    outcome.json = Some(lines.join("\n"));
    let good = || all.iter().filter(|image| image.verdict.is_ok());
    outcome.notes = good()
        .flat_map(|image| verifier.trusted.told(&image.name, false))
        .chain(good().filter_map(not_checked))
        .chain(all.iter().flat_map(|image| image.notes.clone()))
        .collect();
    outcome.failures = all
        .iter()
        .filter_map(|image| image.verdict.as_ref().err().cloned())
        .collect();
    outcome
}

fn not_checked(image: &Attestations) -> Option<String> {
    let accepted = image.verdict.iter().flatten();
    let parts: Vec<String> = accepted
        .flat_map(|one| &one.not_checked)
        .map(ToString::to_string)
        .collect();
    let name = &image.image;
    (!parts.is_empty())
        .then(|| format!("touchmark: note: {name}: not checked: {}", parts.join(", ")))
}
