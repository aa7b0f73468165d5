//! `attach FOLDER`: attaches what a station without a network signed.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use touchmark_formats::statement;
use touchmark_oci::{Reference, Replace, Repository, Subject};

use super::super::Verb;
use crate::batch;
use crate::context::Context;
use crate::cosign_flags::{AttachingAttestation, CosignFlags};
use crate::error::{CliError, ErrorView};
use crate::flags::RegistryFlags;
use crate::image;
use crate::image::attacher::{Attacher, Written, places};
use crate::image::station::{self, Kept};
use crate::outcome::{Outcome, lines};
use crate::progress::Progress;

/// Attaches signatures that `sign --upload=false --output-dir` wrote, from a station that has a
/// network. That they are about the images is checked; who made them is for verifiers.
#[derive(Args, Debug)]
pub(crate) struct Attach {
    /// The repository of the images, where it is not the one that they were signed as
    #[arg(long, value_name = "REPOSITORY")]
    to: Option<String>,

    /// The folder that `sign` wrote
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<AttachingAttestation>,
}

impl Verb for Attach {
    const NAME: &'static str = "attach";
    const ABOUT: &'static str = "Attach signatures that were made without a network";
    const EXAMPLE: &'static str = "  touchmark attach signed --to registry.example/app";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let to = self.to.as_deref().map(str::parse::<Repository>);
        let to = to.transpose()?;
        let kept = station::read(&self.folder)?;
        let names: Vec<String> = kept.iter().map(|kept| shown(kept, to.as_ref())).collect();
        let attaching = Arc::new(Attaching {
            attacher: Attacher::new(self.registry.client()?, image::places()?),
            to,
        });
        let progress = Progress::new("attaching", kept.len());
        let shared = Arc::clone(&attaching);
        let results = batch::run(kept, self.registry.lanes(), &progress, move |kept, at| {
            let attaching = Arc::clone(&shared);
            async move { attaching.attach(&kept[at]).await }
        })
        .await;
        let mut outcome = summary(&names, results);
        let (notes, failures) = attaching.attacher.last_look(self.registry.lanes()).await;
        outcome.notes.extend(notes);
        outcome.failures.extend(failures);
        Ok(outcome)
    }
}

/// What all images of a run share.
struct Attaching {
    attacher: Attacher,
    to: Option<Repository>,
}

/// One image: an element of the JSON result.
#[derive(Serialize)]
struct Attached {
    image: String,
    digest: String,
    folder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Written>,
}

fn shown(kept: &Kept, to: Option<&Repository>) -> String {
    target(kept, to).to_string()
}

fn target(kept: &Kept, to: Option<&Repository>) -> Reference {
    let repository = to.unwrap_or_else(|| kept.image.repository());
    repository.at(kept.digest.clone())
}

impl Attaching {
    async fn attach(&self, kept: &Kept) -> Result<Attached, CliError> {
        let image = target(kept, self.to.as_ref());
        let attached = self.write(kept, &image).await;
        attached.map_err(|error| error.context(&image.to_string()))
    }

    async fn write(&self, kept: &Kept, image: &Reference) -> Result<Attached, CliError> {
        let operation = self.attacher.registry.operation();
        let manifest = operation.resolve(image).await;
        let subject = Subject {
            repository: image.repository().clone(),
            manifest: manifest.map_err(|error| image::missing(image, error))?,
        };
        let mut attached = Attached {
            image: image.to_string(),
            digest: kept.digest.to_string(),
            folder: kept.folder.display().to_string(),
            signature: None,
            bundle: None,
        };
        let made = &kept.made;
        if !made.payloads.is_empty() {
            let place = self.attacher.payloads(&operation, &subject, &made.payloads);
            attached.signature = Some(place.await?);
        }
        if let Some(bundle) = &made.bundle {
            let kind = statement::IMAGE_SIGNATURE;
            let place = self
                .attacher
                .bundle(&operation, &subject, bundle, kind, &Replace::Nothing);
            attached.bundle = Some(place.await?);
        }
        Ok(attached)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'a> {
    Attached(&'a Attached),
    Failed {
        image: &'a str,
        error: ErrorView<'a>,
    },
}

fn summary(names: &[String], results: Vec<Option<Result<Attached, CliError>>>) -> Outcome {
    let results: Vec<Result<Attached, CliError>> = results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(CliError::stopped())))
        .collect();
    let elements: Vec<Element<'_>> = names
        .iter()
        .zip(&results)
        .map(|(image, result)| match result {
            Ok(attached) => Element::Attached(attached),
            Err(error) => Element::Failed {
                image,
                error: error.view(),
            },
        })
        .collect();
    let done = results.iter().flatten().map(|attached| {
        let places = places(&[&attached.signature, &attached.bundle]);
        format!("{}  attached: {places}", attached.image)
    });
    let mut outcome = Outcome::text(lines(done)).json(&elements);
    outcome.failures = results
        .iter()
        .filter_map(|result| result.as_ref().err().cloned())
        .collect();
    outcome
}
