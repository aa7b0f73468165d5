//! `verify-blob`: checks signatures on files, standard input or digests, and says why not.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use touchmark_core::ErrorKind;
use touchmark_formats::{Accepted as Valid, Evidence, Refusal, evidence, verify_blob};

use super::Verb;
use crate::artifact::{self, Input};
use crate::batch;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, VerifyingBlob};
use crate::error::{CliError, ErrorView};
use crate::flags::{TrustFlags, Trusted};
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::runtime::busy;

/// Verifies each file with its Sigstore bundle or detached signature. Any of the given keys may
/// have made it, or whoever the given authorities certify.
#[derive(Args, Debug)]
pub(crate) struct VerifyBlob {
    #[command(flatten)]
    trust: TrustFlags,

    /// The bundle (one input only); without it and --signature, FILE.sigstore.json is looked for
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    bundle: Option<PathBuf>,

    /// The detached signature, a file or the base64 itself (one input only)
    #[arg(long, value_name = "FILE")]
    signature: Option<String>,

    /// The hash that was signed; found without it
    #[arg(long, hide = true, value_name = "HASH", value_parser = ["sha256", "sha384", "sha512"])]
    signature_digest_algorithm: Option<String>,

    /// The files; - is standard input, and sha256:HEX a digest
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    #[command(flatten)]
    cosigns: CosignFlags<VerifyingBlob>,
}

impl Verb for VerifyBlob {
    const NAME: &'static str = "verify-blob";
    const ABOUT: &'static str = "Verify signatures on files, standard input or digests";
    const EXAMPLE: &'static str = "  touchmark verify-blob --key cosign.pub release.tar.gz";

    fn is_single(&self) -> bool {
        self.files.len() < 2
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let jobs = self.jobs()?;
        let cores = batch::cores(jobs.len());
        let trusted = Arc::new(self.trust.load(context).await?);
        let progress = Progress::new("verifying", jobs.len());
        let results = batch::run(jobs, cores, &progress, move |jobs, index| {
            let trusted = Arc::clone(&trusted);
            async move { busy(|| jobs[index].verify(&trusted)) }
        })
        .await;
        Ok(summary(
            results
                .into_iter()
                .map(|judged| judged.unwrap_or_else(Judged::stopped))
                .collect(),
        ))
    }
}

/// One input and where its signature is.
#[derive(Debug)]
struct Job {
    input: Input,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Bundle(PathBuf),
    /// Looked for beside the file: absent means unsigned.
    DefaultBundle(PathBuf),
    Signature(String),
}

impl VerifyBlob {
    fn jobs(&self) -> Result<Vec<Job>, CliError> {
        let several = self.files.len() > 1;
        if several && (self.bundle.is_some() || self.signature.is_some()) {
            return Err(
                CliError::usage("--bundle and --signature take one input only")
                    .hint("leave them out: each FILE is verified with its own FILE.sigstore.json"),
            );
        }
        artifact::without_bundles(&self.files, "verified")?
            .into_iter()
            .map(|name| self.job(name))
            .collect()
    }

    fn job(&self, name: &OsStr) -> Result<Job, CliError> {
        let input = Input::parse(name)?;
        let source = match (&self.bundle, &self.signature, input.default_bundle()) {
            (Some(bundle), _, _) => Source::Bundle(bundle.clone()),
            (None, Some(signature), _) => Source::Signature(signature.clone()),
            (None, None, Some(bundle)) => Source::DefaultBundle(bundle),
            (None, None, None) => {
                return Err(CliError::usage(format!(
                    "no signature was given for {}",
                    name.display()
                ))
                .hint("give --bundle FILE or --signature FILE"));
            }
        };
        Ok(Job { input, source })
    }
}

/// The exit code where a file carries no signature, as cosign has it.
const NO_SIGNATURES: u8 = 10;

/// What became of one input.
struct Judged {
    path: String,
    digest: Option<String>,
    verdict: Result<Valid, Failure>,
}

/// Why there is no valid signature: the verdict's name, and the error to show.
struct Failure {
    code: &'static str,
    error: CliError,
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self {
            code: "failed",
            error,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code(),
            error: refusal.into(),
        }
    }
}

impl Job {
    fn verify(&self, trusted: &Trusted) -> Judged {
        let path = self.input.name();
        let mut digest = None;
        let verdict = self.judge(trusted, &mut digest).map_err(|failure| Failure {
            code: failure.code,
            error: failure.error.context(&path),
        });
        Judged {
            path,
            digest,
            verdict,
        }
    }

    fn judge(&self, trusted: &Trusted, digest: &mut Option<String>) -> Result<Valid, Failure> {
        let artifact = self.input.open()?;
        let evidence = self.source.read()?;
        let verdict = verify_blob(trusted.trust(), &artifact, &evidence);
        *digest = artifact.known_sha256().map(|digest| digest.to_string());
        Ok(verdict?)
    }
}

impl Source {
    fn read(&self) -> Result<Evidence, Failure> {
        match self {
            Self::DefaultBundle(path) if !path.exists() => Err(unsigned(path)),
            Self::Bundle(path) | Self::DefaultBundle(path) => read_bundle(path),
            Self::Signature(text) => read_signature(text),
        }
    }
}

fn read_bundle(path: &Path) -> Result<Evidence, Failure> {
    evidence::read_bundle(&read(path)?).map_err(|error| malformed(&path.display(), error))
}

/// A file if there is one of that name, else the signature itself, as cosign reads it.
fn read_signature(text: &str) -> Result<Evidence, Failure> {
    let path = Path::new(text);
    let bytes = if path.exists() {
        read(path)?
    } else {
        text.as_bytes().to_vec()
    };
    evidence::detect(&bytes).map_err(|error| {
        let mut failure = malformed(&"--signature", error);
        if !path.exists() {
            failure.error = failure
                .error
                .hint("there is no file of that name, and it is no base64");
        }
        failure
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    crate::input_file::read_limited(path).map_err(|error| {
        if error.is_absent() {
            unsigned(path)
        } else {
            error.into_cli().into()
        }
    })
}

fn unsigned(path: &Path) -> Failure {
    let error = CliError::new(
        ErrorKind::Rejected,
        format!("no signature found: {} is not there", path.display()),
    )
    .hint("give --bundle or --signature, or sign the file first")
    .with_code(NO_SIGNATURES);
    Failure {
        code: "unsigned",
        error,
    }
}

fn malformed(what: &dyn std::fmt::Display, error: touchmark_formats::FormatError) -> Failure {
    Failure {
        code: "malformed",
        error: CliError::from(error).context(&what.to_string()),
    }
}

/// One element of the JSON result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Element<'a> {
    path: &'a str,
    digest: Option<&'a str>,
    verified: bool,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_checked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
}

impl Judged {
    /// For an input whose work ended without a verdict: it is not verified.
    fn stopped() -> Self {
        let error = CliError::stopped();
        Self {
            path: String::new(),
            digest: None,
            verdict: Err(error.into()),
        }
    }

    fn element(&self) -> Element<'_> {
        let valid = self.verdict.as_ref().ok();
        let failure = self.verdict.as_ref().err();
        Element {
            path: &self.path,
            digest: self.digest.as_deref(),
            verified: valid.is_some(),
            code: failure.map_or_else(|| valid.map_or("failed", Valid::code), |failed| failed.code),
            key_id: valid.map(|valid| valid.key_id.to_string()),
            key: valid.map(|valid| valid.name.as_str()),
            reason: failure.map(|failed| failed.error.message()),
            not_checked: valid.map(not_checked).unwrap_or_default(),
            error: failure.map(|failed| failed.error.view()),
        }
    }

    fn line(&self, alone: bool) -> Option<String> {
        let valid = self.verdict.as_ref().ok()?;
        // The one word that scripts look for, where cosign writes it.
        let text = if alone {
            "Verified OK".into()
        } else {
            format!("{}: Verified OK", self.path)
        };
        let notes = not_checked(valid);
        Some(if notes.is_empty() {
            text
        } else {
            format!("{text}\ntouchmark: note: not checked: {}", notes.join(", "))
        })
    }
}

fn not_checked(valid: &Valid) -> Vec<String> {
    valid.not_checked.iter().map(ToString::to_string).collect()
}

fn summary(judged: Vec<Judged>) -> Outcome {
    let alone = judged.len() == 1;
    let elements: Vec<Element<'_>> = judged.iter().map(Judged::element).collect();
    let notes = judged
        .iter()
        .filter_map(|judged| judged.line(alone))
        .collect();
    let mut outcome = Outcome {
        notes,
        ..Outcome::default()
    }
    .json(&elements);
    outcome.failures = judged
        .into_iter()
        .filter_map(|judged| judged.verdict.err())
        .map(|f| f.error)
        .collect();
    outcome
}
