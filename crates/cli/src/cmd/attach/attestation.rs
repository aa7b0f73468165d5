//! `attach attestation`: attaches attestations from files, as cosign does.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use touchmark_formats::{dsse, layer};
use touchmark_oci::attached::NewLayer;
use touchmark_oci::{Kind, Operation, Reference, Replace, Subject};

use super::super::Verb;
use super::signature::{check_about, malformed, read};
use crate::context::Context;
use crate::cosign_flags::{AttachingAttestation, CosignFlags};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image;
use crate::image::attacher::{Attacher, Written};
use crate::image::attestation_file::AttestationFile;
use crate::outcome::{Outcome, lines};

/// Attaches attestations that were made elsewhere. That they are about the image is checked; who
/// made them is for verifiers.
#[derive(Args, Debug)]
pub(crate) struct Attestation {
    /// A Sigstore bundle, or DSSE envelopes one after the other; repeat the flag for more files
    #[arg(long = "attestation", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<AttachingAttestation>,
}

impl Verb for Attestation {
    const NAME: &'static str = "attestation";
    const ABOUT: &'static str = "Attach attestations from files";
    const EXAMPLE: &'static str =
        "  touchmark attach attestation --attestation app.att.json registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let attacher = Attacher::new(self.registry.client()?, image::places()?);
        let operation = attacher.registry.operation();
        let manifest = operation.resolve(&image).await;
        let subject = Subject {
            repository: image.repository().clone(),
            manifest: manifest.map_err(|error| image::missing(&image, error))?,
        };
        // Everything is checked before anything is attached.
        let mut all = Vec::new();
        for path in &self.files {
            for one in split(&read(path)?).map_err(|error| malformed(path, &error.to_string()))? {
                check_about(&one, &subject)
                    .map_err(|error| error.context(&path.display().to_string()))?;
                all.push(one);
            }
        }
        let mut places = Vec::new();
        for one in all {
            places.push(attach(&attacher, &operation, &subject, one).await?);
        }
        Placed::outcome(&self.image, &subject, places, &attacher).await
    }
}

/// The JSON values of a file, in order.
fn split(bytes: &[u8]) -> Result<Vec<Vec<u8>>, serde_json::Error> {
    serde_json::Deserializer::from_slice(bytes)
        .into_iter::<Box<RawValue>>()
        .map(|value| Ok(value?.get().as_bytes().to_vec()))
        .collect()
}

async fn attach(
    attacher: &Attacher,
    operation: &Operation,
    subject: &Subject,
    bytes: Vec<u8>,
) -> Result<Written, CliError> {
    let file = AttestationFile::parse(&bytes)?;
    let said = file.statement().map(|said| said.predicate_type);
    let kind = said.unwrap_or_default();
    if let AttestationFile::Bundle(_) = file {
        return attacher
            .bundle(operation, subject, &bytes, &kind, &Replace::Nothing)
            .await;
    }
    let layer = NewLayer {
        media_type: dsse::MEDIA_TYPE.into(),
        payload: bytes.into(),
        annotations: layer::of_attestation(&kind),
        repeats: None,
    };
    let layers = vec![layer];
    attacher
        .layers(
            operation,
            subject,
            Kind::Attestation,
            layers,
            &Replace::Nothing,
        )
        .await
}

/// What was attached where: the JSON result.
#[derive(Serialize)]
pub(super) struct Placed<'a> {
    image: &'a str,
    digest: String,
    attached: Vec<Written>,
}

impl<'a> Placed<'a> {
    /// After a last look.
    pub(super) async fn outcome(
        image: &'a str,
        subject: &Subject,
        places: Vec<Written>,
        attacher: &Attacher,
    ) -> Result<Outcome, CliError> {
        let text = places
            .iter()
            .map(|place| format!("{image}  attached: {place}"));
        let mut outcome = Outcome::text(lines(text)).json(&Self {
            image,
            digest: subject.manifest.digest.to_string(),
            attached: places.clone(),
        });
        let (notes, failures) = attacher.last_look(1).await;
        outcome.notes.extend(notes);
        outcome.failures.extend(failures);
        Ok(outcome)
    }
}
