//! `attest-blob`: signs a statement about a file.

use clap::Args;
use serde::Serialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use touchmark_core::{Digest, ErrorKind, HashAlgorithm, Message};
use touchmark_formats::bundle::Envelope;
use touchmark_formats::dsse;

use super::Verb;
use crate::artifact::Input;
use crate::context::Context;
use crate::cosign_flags::{AttestingBlob, CosignFlags, refusal};
use crate::error::CliError;
use crate::flags::{CertificateFlags, KeyFlags, PredicateFlags, Ready, Said};
use crate::image::claim_signer::ClaimSigner;
use crate::outcome::Outcome;
use crate::output_file::{self, Mode, Staged};
use crate::runtime::busy;
use crate::switches;

/// Signs an in-toto statement about a file: a predicate such as SLSA provenance or an SBOM. The
/// predicate is checked before it is signed.
#[derive(Args, Debug)]
pub(crate) struct AttestBlob {
    #[command(flatten)]
    key: KeyFlags,

    #[command(flatten)]
    predicate: PredicateFlags,

    #[command(flatten)]
    certificate: CertificateFlags,

    /// Write the Sigstore bundle to this file
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    /// Write the DSSE envelope to this file; without this and --bundle, to standard output
    #[arg(long, value_name = "FILE")]
    output_signature: Option<PathBuf>,

    /// Write the signed statement to this file
    #[arg(long, value_name = "FILE")]
    output_attestation: Option<PathBuf>,

    /// Write the certificate to this file
    #[arg(long, value_name = "FILE")]
    output_certificate: Option<PathBuf>,

    /// The file's SHA-256 in hexadecimal, where the file itself is elsewhere
    #[arg(long, value_name = "HEX")]
    hash: Option<String>,

    /// Bundles have one format here
    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", value_parser = switches::parse)]
    new_bundle_format: Option<bool>,

    /// The file; - is standard input, and sha256:HEX a digest
    #[arg(value_name = "FILE")]
    file: Option<OsString>,

    #[command(flatten)]
    cosigns: CosignFlags<AttestingBlob>,
}

impl Verb for AttestBlob {
    const NAME: &'static str = "attest-blob";
    const ABOUT: &'static str = "Sign a statement about a file, such as its provenance";
    const EXAMPLE: &'static str = "  touchmark attest-blob --key cosign.key --type cyclonedx --predicate sbom.cdx.json \\\n    --bundle release.att.json release.tar.gz";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        if self.new_bundle_format == Some(false) && self.bundle.is_some() {
            return Err(refusal(
                "--new-bundle-format=false with --bundle",
                "bundles are written in format v0.3 only; --output-signature writes the envelope",
            ));
        }
        let said = self.predicate.read()?;
        let ready = self.statement(&said)?;
        let signer = self.certificate.open(context, &self.key).await?;
        let envelope = signer.statement(ready.payload.clone()).await?;
        busy(|| self.write(&signer, &ready, &envelope))
    }
}

/// The JSON result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attested<'a> {
    predicate_type: &'a str,
    key_id: String,
    algorithm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<String>,
    envelope: &'a serde_json::value::RawValue,
}

impl AttestBlob {
    fn statement(&self, said: &Said) -> Result<Ready, CliError> {
        match self.artifact()? {
            Some((name, digest)) => said.about(&name, &digest),
            None => said.alone(),
        }
    }

    /// The artifact's name, as cosign has it: without its folder.
    fn artifact(&self) -> Result<Option<(String, Digest)>, CliError> {
        let name = self.file.as_deref().map(|file| {
            let last = Path::new(file).file_name().unwrap_or(file);
            last.to_string_lossy().into_owned()
        });
        if let Some(hash) = &self.hash {
            let digest = Digest::parse(&format!("sha256:{hash}")).ok_or_else(|| {
                CliError::usage(format!("--hash {hash} is no SHA-256"))
                    .hint("it has 64 hexadecimal digits")
            })?;
            return Ok(Some((name.unwrap_or_default(), digest)));
        }
        let Some(file) = self.file.as_deref() else {
            return Ok(None);
        };
        let artifact = busy(|| Input::parse(file)?.open())?;
        let digest = busy(|| artifact.digest(HashAlgorithm::Sha256));
        let digest = digest.map_err(|error| {
            CliError::new(ErrorKind::Failed, "the file cannot be read").cause(&error)
        })?;
        Ok(Some((name.unwrap_or_default(), digest)))
    }

    fn write(
        &self,
        signer: &ClaimSigner,
        ready: &Ready,
        envelope: &Envelope,
    ) -> Result<Outcome, CliError> {
        let json = dsse::write(envelope);
        let certificate = signer
            .certificate()
            .map_or_else(|| signer.public_key_pem(), |own| own.pem.clone());
        let mut staged: Vec<Staged> = Vec::new();
        let bundle = signer.bundle(envelope);
        for (path, content) in [
            (&self.bundle, bundle.as_slice()),
            (&self.output_signature, &json),
            (&self.output_attestation, &ready.payload),
            (&self.output_certificate, certificate.as_bytes()),
        ] {
            if let Some(path) = path {
                staged.push(output_file::stage(path, content, Mode::Public)?);
            }
        }
        // Everything is on disk before anything takes its place.
        staged.into_iter().try_for_each(Staged::replace)?;
        self.outcome(signer, ready, &json)
    }

    fn outcome(
        &self,
        signer: &ClaimSigner,
        ready: &Ready,
        envelope: &[u8],
    ) -> Result<Outcome, CliError> {
        let malformed =
            |error| CliError::new(ErrorKind::Failed, "the envelope is no JSON").cause(&error);
        let attested = Attested {
            predicate_type: &ready.predicate_type,
            key_id: signer.key_id(),
            algorithm: signer.scheme().to_string(),
            bundle: self.bundle.as_ref().map(|path| path.display().to_string()),
            envelope: serde_json::from_slice(envelope).map_err(malformed)?,
        };
        let outcome = match (&self.bundle, &self.output_signature) {
            (None, None) => Outcome::text(format!("{}\n", String::from_utf8_lossy(envelope))),
            (Some(path), _) | (None, Some(path)) => {
                Outcome::default().note(format!("Attestation written to {}", path.display()))
            }
        };
        Ok(outcome.json(&attested))
    }
}
