//! `verify-blob-attestation`: checks a statement about a file, and who signed it.

use clap::{ArgAction, Args};
use serde::Serialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use touchmark_core::{Digest, ErrorKind, HashAlgorithm, Message};
use touchmark_formats::{AcceptedAttestation, ClaimRefusal};

use super::Verb;
use crate::artifact::Input;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, VerifyingBlob};
use crate::error::{CliError, ErrorView};
use crate::flags::{TrustFlags, Trusted, predicate_type};
use crate::image::attestation_file::AttestationFile;
use crate::outcome::Outcome;
use crate::runtime::busy;
use crate::switches;

/// Verifies a signed statement about a file: the signature, the statement's type, and that the
/// file is its subject.
#[derive(Args, Debug)]
pub(crate) struct VerifyBlobAttestation {
    #[command(flatten)]
    trust: TrustFlags,

    /// The Sigstore bundle of the attestation
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    bundle: Option<PathBuf>,

    /// The DSSE envelope
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,

    /// What the predicate must be: a name such as slsaprovenance1, or a URI
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: String,

    /// Whether the file must be the statement's subject
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, default_value = "true", default_missing_value = "true", require_equals = true, value_name = "BOOL", value_parser = switches::parse)]
    check_claims: bool,

    /// The file's digest in hexadecimal, where the file itself is elsewhere
    #[arg(long, value_name = "HEX")]
    digest: Option<String>,

    /// Of which function --digest is
    #[arg(long = "digestAlg", value_name = "HASH", default_value = "sha256", value_parser = ["sha256", "sha384", "sha512"])]
    digest_alg: String,

    /// The hash that was signed; found without it
    #[arg(long, hide = true, value_name = "HASH", value_parser = ["sha256", "sha384", "sha512"])]
    signature_digest_algorithm: Option<String>,

    /// The file; - is standard input, and sha256:HEX a digest
    #[arg(value_name = "FILE")]
    file: Option<OsString>,

    #[command(flatten)]
    cosigns: CosignFlags<VerifyingBlob>,
}

impl Verb for VerifyBlobAttestation {
    const NAME: &'static str = "verify-blob-attestation";
    const ABOUT: &'static str = "Verify a signed statement about a file";
    const EXAMPLE: &'static str = "  touchmark verify-blob-attestation --key cosign.pub --type cyclonedx \\\n    --bundle release.att.json release.tar.gz";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let kind = predicate_type(&self.kind)?;
        let Some(path) = self.bundle.as_ref().or(self.signature.as_ref()) else {
            return Err(CliError::usage("no attestation was given")
                .hint("give --bundle FILE, or --signature FILE with a DSSE envelope"));
        };
        let trusted = self.trust.load(context).await?;
        Ok(busy(|| self.verify(path, kind.uri(), &trusted)))
    }
}

/// The JSON result, of one element as of `verify-blob`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Element<'a> {
    path: &'a str,
    digest: Option<String>,
    verified: bool,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<&'a str>,
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

type Verdict = Result<AcceptedAttestation, (&'static str, CliError)>;

impl VerifyBlobAttestation {
    fn verify(&self, path: &Path, kind: &str, trusted: &Trusted) -> Outcome {
        let name = self.name();
        let mut digests = Vec::new();
        let verdict = self.judge(path, kind, trusted, &mut digests);
        let verdict = verdict.map_err(|(code, error)| (code, error.context(&name)));
        outcome(&name, &digests, verdict)
    }

    fn judge(
        &self,
        path: &Path,
        kind: &str,
        trusted: &Trusted,
        digests: &mut Vec<Digest>,
    ) -> Verdict {
        let shown = path.display().to_string();
        let file = AttestationFile::read(path)?;
        *digests = self.digests(&file).map_err(failed)?;
        let verdict = file.judge(trusted.trust(), digests, Some(kind));
        verdict.map_err(|refusal: ClaimRefusal| {
            (refusal.code(), CliError::from(refusal).context(&shown))
        })
    }

    fn name(&self) -> String {
        match (&self.file, &self.digest) {
            (Some(file), _) => file.to_string_lossy().into_owned(),
            (None, Some(digest)) => format!("{}:{digest}", self.digest_alg),
            (None, None) => "attestation".into(),
        }
    }

    /// The digests that a subject must have. Which functions they are of, the statement says; what
    /// they are, the file.
    fn digests(&self, file: &AttestationFile) -> Result<Vec<Digest>, CliError> {
        if !self.check_claims {
            return Ok(file.own_digests());
        }
        let Some(input) = self.file.as_deref() else {
            return Ok(vec![self.given_digest()?]);
        };
        let artifact = Input::parse(input)?.open()?;
        let digest = |algorithm: HashAlgorithm| {
            artifact.digest(algorithm).map_err(|error| {
                CliError::new(ErrorKind::Failed, "the file cannot be read").cause(&error)
            })
        };
        let mut digests = vec![digest(HashAlgorithm::Sha256)?];
        for algorithm in file.algorithms() {
            if algorithm != HashAlgorithm::Sha256 {
                digests.push(digest(algorithm)?);
            }
        }
        Ok(digests)
    }

    fn given_digest(&self) -> Result<Digest, CliError> {
        let Some(hex) = &self.digest else {
            return Err(CliError::usage("no file was named")
                .hint("name the FILE that the attestation is about, or give --digest"));
        };
        Digest::parse(&format!("{}:{hex}", self.digest_alg)).ok_or_else(|| {
            CliError::usage(format!("--digest {hex} is no {} digest", self.digest_alg))
                .hint("write it in hexadecimal, and name its function with --digestAlg")
        })
    }
}

fn failed(error: CliError) -> (&'static str, CliError) {
    ("failed", error)
}

fn outcome(name: &str, digests: &[Digest], verdict: Verdict) -> Outcome {
    let accepted = verdict.as_ref().ok();
    let failure = verdict.as_ref().err();
    let not_checked: Vec<String> = accepted
        .iter()
        .flat_map(|accepted| &accepted.not_checked)
        .map(ToString::to_string)
        .collect();
    let mut notes: Vec<String> = accepted.iter().map(|_| "Verified OK".into()).collect();
    if !not_checked.is_empty() {
        notes.push(format!(
            "touchmark: note: not checked: {}",
            not_checked.join(", ")
        ));
    }
    let element = Element {
        path: name,
        digest: digests.first().map(ToString::to_string),
        verified: accepted.is_some(),
        code: failure.map_or("valid", |(code, _)| code),
        predicate_type: accepted.map(|accepted| &*accepted.statement.predicate_type),
        key_id: accepted.map(|accepted| accepted.signer.key_id.to_string()),
        key: accepted.map(|accepted| &*accepted.signer.name),
        reason: failure.map(|(_, error)| error.message()),
        not_checked,
        error: failure.map(|(_, error)| error.view()),
    };
    let mut outcome = Outcome {
        notes,
        ..Outcome::default()
    }
    .json(&[element]);
    outcome.failures = verdict.err().map(|(_, error)| error).into_iter().collect();
    outcome
}
