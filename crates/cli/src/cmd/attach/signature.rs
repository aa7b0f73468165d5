//! `attach signature`: attaches one signature from files, as cosign does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use touchmark_core::ErrorKind;
use touchmark_formats::{layer, simple_signing};
use touchmark_oci::{Reference, Replace, Subject};

use super::super::Verb;
use super::attestation::Placed;
use crate::context::Context;
use crate::cosign_flags::{AttachingSignature, CosignFlags};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image;
use crate::image::attacher::Attacher;
use crate::image::attestation_file::AttestationFile;
use crate::image::claim_signer::SignedPayload;
use crate::input_file::{self, ReadError};
use crate::outcome::Outcome;
use crate::stdin_password;

/// Attaches a signature that was made elsewhere. That it is about the image is checked; who made
/// it is for verifiers.
#[derive(Args, Debug)]
pub(crate) struct Signature {
    /// The signature in base64: a file; - is standard input
    #[arg(long = "signature", id = "signature", value_name = "FILE")]
    base64: Option<PathBuf>,

    /// What was signed
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,

    /// A Sigstore bundle, instead of the two
    #[arg(long, value_name = "FILE", conflicts_with_all = ["signature", "payload"])]
    bundle: Option<PathBuf>,

    /// The signer's certificate in PEM
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// Its issuers in PEM, the root last
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_chain: Option<PathBuf>,

    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<AttachingSignature>,
}

impl Verb for Signature {
    const NAME: &'static str = "signature";
    const ABOUT: &'static str = "Attach a signature from files";
    const EXAMPLE: &'static str = "  touchmark attach signature --payload payload.json --signature payload.json.sig \\\n    registry.example/app:1.0";

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
        let place = match self.source()? {
            Source::Bundle(bundle, kind) => {
                check_about(&bundle, &subject)?;
                attacher
                    .bundle(&operation, &subject, &bundle, &kind, &Replace::Nothing)
                    .await?
            }
            Source::Payload(payload) => {
                let signed = self.signed(payload, &subject)?;
                attacher.payloads(&operation, &subject, &[signed]).await?
            }
        };
        Placed::outcome(&self.image, &subject, vec![place], &attacher).await
    }
}

enum Source {
    /// A bundle, and its predicate type.
    Bundle(Vec<u8>, String),
    Payload(Vec<u8>),
}

impl Signature {
    /// cosign takes a bundle as `--payload` too.
    fn source(&self) -> Result<Source, CliError> {
        let Some(path) = self.bundle.as_ref().or(self.payload.as_ref()) else {
            return Err(CliError::usage("no signature was given")
                .hint("give --payload and --signature, or --bundle"));
        };
        let bytes = read(path)?;
        match AttestationFile::parse(&bytes) {
            Ok(file @ AttestationFile::Bundle(_)) => {
                let said = file
                    .statement()
                    .ok_or_else(|| malformed(path, "bundle does not contain a DSSE envelope"))?;
                Ok(Source::Bundle(bytes, said.predicate_type))
            }
            Err(error) if self.bundle.is_some() => {
                Err(CliError::from(error).context(&path.display().to_string()))
            }
            _ => Ok(Source::Payload(bytes)),
        }
    }

    fn signed(&self, payload: Vec<u8>, subject: &Subject) -> Result<SignedPayload, CliError> {
        let said = simple_signing::read(&payload)
            .map_err(|error| CliError::from(error).context("--payload"))?;
        if said.digest != subject.manifest.digest {
            return Err(about(&said.digest.to_string(), subject));
        }
        let Some(path) = &self.base64 else {
            return Err(CliError::usage("no signature was given").hint("give --signature FILE"));
        };
        let text = String::from_utf8(read(path)?)
            .map_err(|_| malformed(path, "the signature is no base64"))?;
        let name = layer::SIGNATURE.to_owned();
        let mut annotations = BTreeMap::from([(name, text.trim().to_owned())]);
        let signature = layer::read(&annotations)
            .map_err(|error| CliError::from(error).context(&path.display().to_string()))?
            .signature
            .ok_or_else(|| malformed(path, "the signature is empty"))?;
        if let Some(certificate) = &self.certificate {
            let certificate = text_of(certificate)?;
            let chain = self.certificate_chain.as_deref().map(text_of).transpose()?;
            layer::add_certificate(&mut annotations, &certificate, chain.as_deref());
        }
        Ok(SignedPayload {
            payload,
            signature,
            annotations,
            repeats: None,
        })
    }
}

/// Refuses a statement about something else.
pub(super) fn check_about(attestation: &[u8], subject: &Subject) -> Result<(), CliError> {
    let said = AttestationFile::parse(attestation)?.statement();
    let digest = std::slice::from_ref(&subject.manifest.digest);
    let subjects = || said.iter().flat_map(|said| &said.subjects);
    if subjects().any(|one| one.is(digest)) {
        return Ok(());
    }
    let found = subjects().flat_map(|one| &one.digests).next();
    let found = found.map_or_else(
        || "nothing".to_owned(),
        |(algorithm, hex)| format!("{algorithm}:{hex}"),
    );
    Err(about(&found, subject))
}

fn about(found: &str, subject: &Subject) -> CliError {
    CliError::new(
        ErrorKind::Usage,
        format!(
            "what was signed is about {found}, not {}",
            subject.manifest.digest
        ),
    )
    .hint("name the image that was signed")
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    if path.as_os_str() == "-" {
        stdin_password::stdin_is_data();
        return input_file::read_stdin().map_err(ReadError::into_cli);
    }
    input_file::read_limited(path).map_err(ReadError::into_cli)
}

fn text_of(path: &Path) -> Result<String, CliError> {
    String::from_utf8(read(path)?).map_err(|_| malformed(path, "it is no PEM"))
}

pub(super) fn malformed(path: &Path, what: &str) -> CliError {
    CliError::new(ErrorKind::Malformed, format!("{}: {what}", path.display()))
}
