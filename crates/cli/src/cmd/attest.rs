//! `attest`: signs a statement about images.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgAction, Args};
use serde::Serialize;
use touchmark_oci::Reference;

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{Attesting as Table, CosignFlags};
use crate::error::{CliError, ErrorView};
use crate::flags::{CertificateFlags, FormFlags, KeyFlags, PredicateFlags, RegistryFlags};
use crate::image;
use crate::image::attacher::{Attacher, places};
use crate::image::attesting::{Attested, Attesting};
use crate::outcome::{self, Outcome};

/// Signs an in-toto statement about each image, such as its provenance or SBOM, and attaches it:
/// as a layer of the `.att` tag, and as a Sigstore bundle. The predicate is checked before it is
/// signed.
#[derive(Args, Debug)]
pub(crate) struct Attest {
    #[command(flatten)]
    key: KeyFlags,

    #[command(flatten)]
    predicate: PredicateFlags,

    #[command(flatten)]
    certificate: CertificateFlags,

    #[command(flatten)]
    forms: FormFlags,

    /// Remove earlier attestations of the same type
    #[arg(long)]
    replace: bool,

    /// Print the attestation instead of attaching it
    #[arg(long, action = ArgAction::SetTrue)]
    no_upload: bool,

    /// Write the Sigstore bundle to this file too (one image only)
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    /// The images: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<Table>,
}

impl Verb for Attest {
    const NAME: &'static str = "attest";
    const ABOUT: &'static str = "Attach signed statements to images, such as their provenance";
    const EXAMPLE: &'static str = "  touchmark attest --key cosign.key --type cyclonedx --predicate sbom.cdx.json \\\n    registry.example/app:1.0";

    fn is_single(&self) -> bool {
        self.images.len() == 1
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let forms = self.forms.forms()?;
        let images = image::references(&self.images)?;
        if images.len() > 1 && self.bundle.is_some() {
            return Err(CliError::usage("--bundle takes one image")
                .hint("attest the images one by one, or leave --bundle out"));
        }
        let attesting = Arc::new(Attesting {
            said: self.predicate.read()?,
            forms,
            attacher: Attacher::new(self.registry.client()?, image::places()?),
            replace: self.replace,
            upload: !self.no_upload,
            bundle: self.bundle.clone(),
            signer: self.certificate.open(context, &self.key).await?,
        });
        let results = self.attest(&attesting, images).await;
        let mut outcome = summary(&self.images, &results);
        let (notes, failures) = attesting.attacher.last_look(self.registry.lanes()).await;
        outcome.notes.extend(notes);
        outcome.failures.extend(failures);
        Ok(outcome)
    }
}

/// What became of one image.
type Each = Result<Attested, CliError>;

impl Attest {
    async fn attest(
        &self,
        attesting: &Arc<Attesting>,
        images: Vec<(String, Reference)>,
    ) -> Vec<Each> {
        let results = image::each(
            "attesting",
            images,
            self.registry.lanes(),
            attesting,
            |attesting, given, image| async move {
                let attested = attesting.image(&given, &image).await;
                attested.map_err(|error| error.context(&given))
            },
        )
        .await;
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(|| Err(CliError::stopped())))
            .collect()
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'a> {
    Attested(&'a Attested),
    Failed {
        image: &'a str,
        error: ErrorView<'a>,
    },
}

fn summary(images: &[String], results: &[Each]) -> Outcome {
    let elements: Vec<Element<'_>> = images
        .iter()
        .zip(results)
        .map(|(image, result)| match result {
            Ok(attested) => Element::Attested(attested),
            Err(error) => Element::Failed {
                image,
                error: error.view(),
            },
        })
        .collect();
    let lines = results.iter().flatten().map(line);
    let mut outcome = Outcome::text(outcome::lines(lines)).json(&elements);
    outcome.failures = results
        .iter()
        .filter_map(|result| result.as_ref().err().cloned())
        .collect();
    outcome
}

fn line(attested: &Attested) -> String {
    if let Some(envelope) = &attested.envelope {
        return envelope.to_string();
    }
    let Attested { image, digest, .. } = attested;
    let places = places(&[&attested.attestation, &attested.bundle]);
    format!("{image}  {digest}  attested: {places}")
}
