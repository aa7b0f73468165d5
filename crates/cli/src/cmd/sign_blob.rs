//! `sign-blob`: signs files, standard input or digests with one key.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use tokio::sync::Semaphore;
use touchmark_core::{
    CheckedSigner, ErrorKind, HashAlgorithm, Message, Signature, SignatureScheme,
};
use touchmark_formats::bundle::{self, SignedBy};

use super::Verb;
use crate::artifact::{self, Artifact, Input};
use crate::batch;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, Signing};
use crate::error::{CliError, ErrorView};
use crate::flags::{CertificateFlags, KeyFlags};
use crate::image::claim_signer::SigningCertificate;
use crate::outcome::Outcome;
use crate::output_file::{self, Folders, Mode, Staged};
use crate::progress::Progress;
use crate::reference::Reference;
use crate::runtime::busy;
use crate::switches;

/// Signs each file and writes a Sigstore bundle beside it, as FILE.sigstore.json. `cosign
/// verify-blob` verifies it without any algorithm flag.
#[derive(Args, Debug)]
pub(crate) struct SignBlob {
    #[command(flatten)]
    key: KeyFlags,

    #[command(flatten)]
    certificate: CertificateFlags,

    /// Write the bundle to this file (one input only)
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    /// Write the signature alone to this file, in base64 (one input only)
    #[arg(long, value_name = "FILE")]
    output_signature: Option<PathBuf>,

    /// Write the certificate, or else the public key, to this file
    #[arg(long, value_name = "FILE")]
    output_certificate: Option<PathBuf>,

    /// Write detached signatures in base64 (always)
    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", value_parser = switches::parse)]
    b64: Option<bool>,

    /// The files; - is standard input, and sha256:HEX a digest
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    #[command(flatten)]
    cosigns: CosignFlags<Signing>,
}

impl Verb for SignBlob {
    const NAME: &'static str = "sign-blob";
    const ABOUT: &'static str = "Sign files, standard input or digests";
    const EXAMPLE: &'static str = "  touchmark sign-blob --key cosign.key release.tar.gz";

    fn is_single(&self) -> bool {
        self.files.len() < 2
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        self.cosigns
            .check_bundle_format(self.bundle.is_some() || self.output_signature.is_none())?;
        if self.b64 == Some(false) {
            return Err(CliError::usage("--b64=false is not supported")
                .hint("detached signatures are written in base64; `base64 -d` decodes them"));
        }
        let reference = Reference::parse(&self.key.reference()?)?;
        let jobs = self.jobs()?;
        let cores = batch::cores(jobs.len());
        let signer = context.open(&reference).await?;
        let public = signer.public_key();
        let certificate = self.certificate.load(context, &reference, public).await?;
        if let Some(path) = &self.output_certificate {
            let own = certificate.as_ref().map(|own| own.pem.clone());
            let pem = own.unwrap_or_else(|| public.to_pem());
            busy(|| output_file::replace(path, pem.as_bytes(), Mode::Public))?;
        }
        let shared = Arc::new(Shared {
            signer,
            certificate,
            cores: Semaphore::new(cores),
            folders: Folders::default(),
        });
        let progress = Progress::new("signing", jobs.len());
        let run = Arc::clone(&shared);
        let results = batch::run(
            jobs,
            cores * LANES_PER_CORE,
            &progress,
            move |jobs, index| {
                let shared = Arc::clone(&run);
                async move { sign(&jobs[index], &shared).await }
            },
        )
        .await;
        let mut outcome = summary(results);
        let synced = busy(|| shared.folders.sync());
        outcome.failures.extend(synced.err());
        Ok(outcome)
    }
}

/// One input and where its signature goes.
#[derive(Debug)]
struct Job {
    input: Input,
    bundle: Option<PathBuf>,
    signature: Option<PathBuf>,
}

impl SignBlob {
    /// What to do, decided before the key is opened.
    fn jobs(&self) -> Result<Vec<Job>, CliError> {
        let several = self.files.len() > 1;
        if several && (self.bundle.is_some() || self.output_signature.is_some()) {
            return Err(
                CliError::usage("--bundle and --output-signature take one input only")
                    .hint("leave them out: each FILE gets its own FILE.sigstore.json"),
            );
        }
        artifact::without_bundles(&self.files, "signed")?
            .into_iter()
            .map(|name| self.job(name))
            .collect()
    }

    fn job(&self, name: &OsStr) -> Result<Job, CliError> {
        let input = Input::parse(name)?;
        let signature = self.output_signature.clone();
        let default = input.default_bundle().filter(|_| signature.is_none());
        let bundle = self.bundle.clone().or(default);
        if bundle.is_none() && signature.is_none() {
            return Err(CliError::usage(format!(
                "{} has no file to write the bundle beside",
                name.display()
            ))
            .hint("give --bundle FILE or --output-signature FILE"));
        }
        let job = Job {
            input,
            bundle,
            signature,
        };
        job.keep_apart()?;
        Ok(job)
    }
}

impl Job {
    /// Refuses outputs that would replace the input, or each other.
    fn keep_apart(&self) -> Result<(), CliError> {
        let input = match &self.input {
            Input::File(path) => Some(path),
            Input::Stdin | Input::Digest(_) => None,
        };
        let files: Vec<&PathBuf> = [input, self.bundle.as_ref(), self.signature.as_ref()]
            .into_iter()
            .flatten()
            .collect();
        let twice = files
            .iter()
            .enumerate()
            .find(|(place, path)| files[..*place].contains(path));
        match twice {
            Some((_, path)) => Err(CliError::usage(format!(
                "{} would be written over",
                path.display()
            ))
            .hint("name a file of its own for each of the input and the outputs")),
            None => Ok(()),
        }
    }
}

/// One element of the JSON result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    path: String,
    digest: String,
    key_id: String,
    algorithm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// A file is written only when the disk says so. Many that wait for it at once wait little longer
/// than one, and meanwhile the cores sign others.
const LANES_PER_CORE: usize = 16;

/// What all files of one run share.
struct Shared {
    signer: CheckedSigner,
    certificate: Option<SigningCertificate>,
    /// Hashing and signing keep a core busy.
    cores: Semaphore,
    folders: Folders,
}

async fn sign(job: &Job, shared: &Shared) -> Result<Signed, (String, CliError)> {
    let name = job.input.name();
    let failed = |error: CliError| (name.clone(), error.context(&name));
    // Nobody closes the semaphore.
    let core = shared.cores.acquire().await.ok();
    let artifact = busy(|| job.input.open()).map_err(failed)?;
    let signer = &shared.signer;
    let scheme = scheme(signer);
    let prepared = busy(|| scheme.prepare(&artifact));
    let prepared = prepared.map_err(|error| failed(error.into()))?;
    let signature = signer
        .sign(&prepared)
        .await
        .map_err(|error| failed(error.into()))?;
    drop(core);
    busy(|| write(job, shared, &artifact, &signature, scheme)).map_err(failed)
}

/// The scheme that cosign verifies without a flag, which is the first that every backend offers.
fn scheme(signer: &CheckedSigner) -> SignatureScheme {
    SignatureScheme::default_for(signer.public_key().algorithm())
}

fn write(
    job: &Job,
    shared: &Shared,
    artifact: &Artifact,
    signature: &Signature,
    scheme: SignatureScheme,
) -> Result<Signed, CliError> {
    let digest = artifact.digest(HashAlgorithm::Sha256).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the message cannot be read").cause(&error)
    })?;
    let key = shared.signer.public_key();
    let mut staged: Vec<Staged> = Vec::new();
    if let Some(path) = &job.bundle {
        let signed_by = match &shared.certificate {
            Some(own) => SignedBy::Certificate(&own.der),
            None => SignedBy::Key(key),
        };
        let json = bundle::write(signed_by, &digest, signature);
        staged.push(output_file::stage(path, &json, Mode::Public)?);
    }
    if let Some(path) = &job.signature {
        staged.push(output_file::stage(
            path,
            signature.to_base64().as_bytes(),
            Mode::Public,
        )?);
    }
    // Everything is on disk before anything takes its place.
    staged
        .into_iter()
        .try_for_each(|file| file.replace_in(&shared.folders))?;
    Ok(Signed {
        path: job.input.name(),
        digest: digest.to_string(),
        key_id: key.key_id().to_string(),
        algorithm: scheme.to_string(),
        bundle: job.bundle.as_ref().map(|path| path.display().to_string()),
        signature: job.signature.as_ref().map(|_| signature.to_base64()),
    })
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'a> {
    Signed(&'a Signed),
    Failed { path: &'a str, error: ErrorView<'a> },
}

fn summary(results: Vec<Option<Result<Signed, (String, CliError)>>>) -> Outcome {
    let results: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap_or_else(stopped))
        .collect();
    let elements: Vec<Element<'_>> = results
        .iter()
        .map(|result| match result {
            Ok(signed) => Element::Signed(signed),
            Err((path, error)) => Element::Failed {
                path,
                error: error.view(),
            },
        })
        .collect();
    let text = results
        .iter()
        .filter_map(|result| result.as_ref().ok())
        .map(line)
        .collect::<String>();
    let mut outcome = Outcome {
        text,
        ..Outcome::default()
    }
    .json(&elements);
    outcome.failures = results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .map(|(_, e)| e.clone())
        .collect();
    outcome
}

fn line(signed: &Signed) -> String {
    let Signed {
        path,
        digest,
        bundle,
        ..
    } = signed;
    match bundle {
        Some(bundle) => format!("{path}  {digest}  signed: {bundle}\n"),
        None => format!("{path}  {digest}  signed\n"),
    }
}

/// For an input whose work ended without a result.
fn stopped<T>() -> Result<T, (String, CliError)> {
    Err((String::new(), CliError::stopped()))
}
