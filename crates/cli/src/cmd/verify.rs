//! `verify`: checks the signatures of images, and says why not.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgAction, Args};

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, VerifyingImage, refusal};
use crate::error::CliError;
use crate::flags::{AnnotationFlags, RegistryFlags, TrustFlags};
use crate::globals::OutputFormat;
use crate::image;
use crate::image::verified::{self, Element, Verified};
use crate::image::verifier::{Attachment, Detached, Verifier};
use crate::outcome::{self, Outcome};
use crate::switches;

/// Verifies each image's signatures. Both forms are always looked for, cosign 2's and cosign 3's:
/// one good signature is enough, and nothing that is found beside it hides it.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    annotations: AnnotationFlags,

    /// Verify what is attached to the image instead: its SBOM
    #[arg(long, value_name = "sbom")]
    attachment: Option<Attachment>,

    /// A signature that is not in the registry: a file, or the base64 itself
    #[arg(long, value_name = "FILE", requires = "payload")]
    signature: Option<String>,

    /// What that signature is over
    #[arg(long, value_name = "FILE", requires = "signature")]
    payload: Option<PathBuf>,

    /// The images are folders that `save` wrote
    #[arg(long)]
    local_image: bool,

    /// Whether the signature must be about the image (always)
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

impl Verb for Verify {
    const NAME: &'static str = "verify";
    const ABOUT: &'static str = "Verify the signatures of images";
    const EXAMPLE: &'static str = "  touchmark verify --key cosign.pub registry.example/app:1.0";
    const OUTPUT: OutputFormat = OutputFormat::Json;

    fn is_single(&self) -> bool {
        self.images.len() == 1
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        if !self.check_claims {
            return Err(refusal(
                "--check-claims=false",
                "a signature that is not compared with the image says nothing about it",
            ));
        }
        let verifier = Arc::new(Verifier {
            registry: self.registry.client()?,
            places: image::places()?,
            annotations: self.annotations.map()?,
            attachment: self.attachment,
            detached: self.detached()?,
            trusted: self.trust.load(context).await?,
        });
        let images = if self.local_image {
            let local = |folder: &String| verifier.local(folder);
            self.images.iter().map(local).collect()
        } else {
            self.remote(&verifier).await?
        };
        Ok(summary(&verifier, &images))
    }
}

impl Verify {
    fn detached(&self) -> Result<Option<Detached>, CliError> {
        match (&self.signature, &self.payload) {
            (Some(signature), Some(payload)) => Detached::read(signature, payload).map(Some),
            _ => Ok(None),
        }
    }

    async fn remote(&self, verifier: &Arc<Verifier>) -> Result<Vec<Verified>, CliError> {
        let images = image::references(&self.images)?;
        let results = image::each(
            "verifying",
            images,
            self.registry.lanes(),
            verifier,
            |verifier, given, image| async move { verifier.remote(&given, &image).await },
        )
        .await;
        let stopped = |(at, result): (usize, Option<Verified>)| {
            result.unwrap_or_else(|| Verified::new(&self.images[at], &self.images[at]))
        };
        Ok(results.into_iter().enumerate().map(stopped).collect())
    }
}

fn summary(verifier: &Verifier, all: &[Verified]) -> Outcome {
    let elements: Vec<Element<'_>> = all.iter().flat_map(Verified::elements).collect();
    let accepted = || {
        all.iter().flat_map(|image| {
            let accepted = image.verdict.iter().flatten();
            accepted.map(move |accepted| (image, accepted))
        })
    };
    let lines = accepted()
        .filter_map(|(image, accepted)| serde_json::to_string(&image.payload(accepted)).ok());
    let mut outcome = Outcome::text(outcome::lines(lines)).json(&elements);
    outcome.notes = all
        .iter()
        .filter(|image| image.verdict.is_ok())
        .flat_map(|image| verifier.told(image))
        .chain(accepted().filter_map(|(image, accepted)| note(image, accepted)))
        .chain(all.iter().flat_map(|image| image.notes.clone()))
        .collect();
    outcome.failures = all
        .iter()
        .filter_map(|image| image.verdict.as_ref().err().cloned())
        .collect();
    outcome
}

fn note(image: &Verified, accepted: &crate::image::verdict::Accepted) -> Option<String> {
    let parts = verified::not_checked(accepted);
    (!parts.is_empty()).then(|| {
        format!(
            "touchmark: note: {}: not checked: {}",
            image.image,
            parts.join(", ")
        )
    })
}
