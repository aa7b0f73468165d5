//! `sign`: signs images, in both of cosign's forms.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgAction, Args};
use serde::Serialize;
use touchmark_oci::Reference;

use super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, SigningImage};
use crate::error::{CliError, ErrorView};
use crate::flags::{AnnotationFlags, CertificateFlags, FormFlags, KeyFlags, RegistryFlags};
use crate::image;
use crate::image::attacher::{Attacher, places};
use crate::image::claims::{Claim, Forms};
use crate::image::outputs::Outputs;
use crate::image::signing::{Signed, Signing};
use crate::image::verifier::Attachment;
use crate::input_file;
use crate::outcome::Outcome;
use crate::switches;

/// Signs each image and attaches the signatures in its registry: as a layer of the `.sig` tag,
/// and as a Sigstore bundle. Every cosign, skopeo and Kyverno verifies one of the two.
#[derive(Args, Debug)]
pub(crate) struct Sign {
    #[command(flatten)]
    key: KeyFlags,

    #[command(flatten)]
    annotations: AnnotationFlags,

    #[command(flatten)]
    certificate: CertificateFlags,

    #[command(flatten)]
    forms: FormFlags,

    /// Sign everything under an index too
    #[arg(short = 'r', long)]
    recursive: bool,

    /// What the image is called in the signature, instead of REGISTRY/REPOSITORY:TAG; repeat the
    /// flag, or separate with commas
    #[arg(
        long = "sign-container-identity",
        value_name = "NAME",
        value_delimiter = ','
    )]
    container_identity: Vec<String>,

    /// Write signatures to the registry
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, default_value = "true", default_missing_value = "true", require_equals = true, value_name = "BOOL", value_parser = switches::parse)]
    upload: bool,

    /// Write signatures into this folder, for `attach`; with --upload=false and images by digest,
    /// no network is needed
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,

    #[command(flatten)]
    outputs: Outputs,

    /// Sign this payload as it is, in the legacy form (one image only)
    #[arg(long, value_name = "FILE", conflicts_with = "recursive")]
    payload: Option<PathBuf>,

    /// Sign what is attached to the image instead: its SBOM
    #[arg(long, value_name = "sbom")]
    attachment: Option<Attachment>,

    /// The images: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<SigningImage>,
}

impl Verb for Sign {
    const NAME: &'static str = "sign";
    const ABOUT: &'static str = "Sign images in registries";
    const EXAMPLE: &'static str = "  touchmark sign --key cosign.key registry.example/app:1.0";

    fn is_single(&self) -> bool {
        self.images.len() == 1
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let forms = self.forms.forms()?;
        let images = image::references(&self.images)?;
        if !self.upload && self.output_dir.is_none() && !self.outputs.keep_signatures() {
            return Err(CliError::usage("the signatures would be kept nowhere")
                .hint("give --output-dir FOLDER beside --upload=false"));
        }
        let signing = Arc::new(Signing {
            claim: self.claim(forms)?,
            attacher: Attacher::new(self.registry.client()?, image::places()?),
            recursive: self.recursive,
            sbom: self.attachment.is_some(),
            upload: self.upload,
            folder: self.output_dir.clone(),
            outputs: self
                .outputs
                .clone()
                .prepare(images.len(), self.recursive, forms)?,
            signer: self.certificate.open(context, &self.key).await?,
        });
        let results = self.sign(&signing, images).await;
        let mut outcome = summary(&self.images, &results);
        let (notes, failures) = signing.attacher.last_look(self.registry.lanes()).await;
        outcome.notes.extend(notes);
        outcome.failures.extend(failures);
        Ok(outcome)
    }
}

/// What became of one image: its signed manifests.
type Each = Result<Vec<Signed>, CliError>;

impl Sign {
    fn claim(&self, forms: Forms) -> Result<Claim, CliError> {
        let payload = match &self.payload {
            None => None,
            Some(_) if self.images.len() > 1 => {
                return Err(CliError::usage("--payload takes one image")
                    .hint("leave it out: the payload is made from the image"));
            }
            Some(path) => {
                Some(input_file::read_limited(path).map_err(input_file::ReadError::into_cli)?)
            }
        };
        Ok(Claim {
            forms,
            annotations: self.annotations.map()?,
            identities: self.container_identity.clone(),
            payload,
        })
    }

    /// One key, one client: as many images at once as there are connections.
    async fn sign(&self, signing: &Arc<Signing>, images: Vec<(String, Reference)>) -> Vec<Each> {
        let results = image::each(
            "signing",
            images,
            self.registry.lanes(),
            signing,
            |signing, given, image| async move {
                let signed = signing.image(&given, &image).await;
                signed.map_err(|error| error.context(&given))
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
    Signed(&'a Signed),
    Failed {
        image: &'a str,
        error: ErrorView<'a>,
    },
}

fn summary(images: &[String], results: &[Each]) -> Outcome {
    let elements: Vec<Element<'_>> = images
        .iter()
        .zip(results)
        .flat_map(|(image, result)| match result {
            Ok(signed) => signed.iter().map(Element::Signed).collect(),
            Err(error) => vec![Element::Failed {
                image,
                error: error.view(),
            }],
        })
        .collect();
    let text = results
        .iter()
        .flatten()
        .flatten()
        .map(line)
        .collect::<String>();
    let mut outcome = Outcome::text(text).json(&elements);
    outcome.failures = results
        .iter()
        .filter_map(|result| result.as_ref().err().cloned())
        .collect();
    outcome
}

fn line(signed: &Signed) -> String {
    let Signed { image, digest, .. } = signed;
    match places(&[&signed.signature, &signed.bundle]) {
        places if places.is_empty() => format!("{image}  {digest}  signed\n"),
        places => format!("{image}  {digest}  signed: {places}\n"),
    }
}
