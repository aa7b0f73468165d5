//! `download signature`: an image's signatures, one a line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use touchmark_formats::certificate::Certificate;
use touchmark_formats::{layer, statement};
use touchmark_oci::{Kind, Reference};

use super::super::Verb;
use crate::context::Context;
use crate::cosign_flags::{CosignFlags, InRegistry};
use crate::error::CliError;
use crate::flags::RegistryFlags;
use crate::image::attestation_file::AttestationFile;
use crate::image::found::{self, Candidate, Evidence};
use crate::image::{self, sift};
use crate::outcome::{Outcome, lines};

/// Prints the signatures of an image as JSON, one a line: Sigstore bundles, and legacy signatures
/// as cosign prints them. Nothing of it is verified.
#[derive(Args, Debug)]
pub(crate) struct Signature {
    /// The image: REGISTRY/REPOSITORY:TAG or @sha256:HEX
    #[arg(value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    registry: RegistryFlags,

    #[command(flatten)]
    cosigns: CosignFlags<InRegistry>,
}

impl Verb for Signature {
    const NAME: &'static str = "signature";
    const ABOUT: &'static str = "Print an image's signatures";
    const EXAMPLE: &'static str = "  touchmark download signature registry.example/app:1.0";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        self.cosigns.check()?;
        let image: Reference = self.image.parse()?;
        let operation = self.registry.client()?.operation();
        let digest = image::digest(&operation, &image).await?;
        let places = image::places()?;
        let repository = image.repository();
        let found =
            found::in_registry(&operation, &places, repository, &digest, Kind::Signature).await;
        let signatures: Vec<String> = found.candidates.iter().filter_map(line).collect();
        let text = lines(&signatures);
        let mut outcome = Outcome::text(text);
        outcome.json = Some(signatures.join("\n"));
        outcome.failures.extend(found.failure);
        if signatures.is_empty() && outcome.failures.is_empty() {
            return Err(sift::none_found(sift::Sought::Signatures).context(&self.image));
        }
        Ok(outcome)
    }
}

fn line(candidate: &Candidate) -> Option<String> {
    match &candidate.evidence {
        Evidence::Bundle(json) => {
            let said = AttestationFile::parse(json).ok()?.statement()?;
            (said.predicate_type == statement::IMAGE_SIGNATURE).then(|| one_line(json))?
        }
        Evidence::Layer {
            content,
            annotations,
        } => {
            let beside = layer::read(annotations).ok()?;
            let parsed = |name: &str| {
                let text = annotations.get(name)?;
                serde_json::from_str(text).ok()
            };
            let certificates = |pem: Option<&String>| -> Option<Vec<Raw>> {
                let chain = Certificate::read_chain(pem?.as_bytes()).ok()?;
                Some(chain.iter().map(Raw::of).collect())
            };
            let legacy = Legacy {
                signature: beside.signature?.to_base64(),
                payload: STANDARD.encode(content),
                certificate: certificates(beside.certificate.as_ref())
                    .and_then(|mut chain| chain.pop()),
                chain: certificates(beside.chain.as_ref()),
                bundle: parsed(layer::BUNDLE),
                timestamp: parsed(layer::TIMESTAMP),
            };
            serde_json::to_string(&legacy).ok()
        }
        Evidence::Unreadable(_) => None,
    }
}

/// A bundle may have been stored with line breaks.
pub(super) fn one_line(json: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(json).ok()?;
    serde_json::to_string(&value).ok()
}

/// cosign's `SignedPayload`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Legacy {
    #[serde(rename = "Base64Signature")]
    signature: String,
    payload: String,
    #[serde(rename = "Cert")]
    certificate: Option<Raw>,
    chain: Option<Vec<Raw>>,
    bundle: Option<Value>,
    #[serde(rename = "RFC3161Timestamp")]
    timestamp: Option<Value>,
}

/// A certificate as Go writes it, but for what its DER says anyway.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    raw: String,
}

impl Raw {
    fn of(certificate: &Certificate) -> Self {
        Self {
            raw: STANDARD.encode(certificate.der()),
        }
    }
}
