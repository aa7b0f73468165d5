//! Verifies one image: everything beside it that may be a signature is looked at.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use touchmark_core::Digest;
use touchmark_formats::layer;
use touchmark_oci::{Kind, Operation, Places, Reference, Registry};

use super::finding::{Form, Place};
use super::found::{Evidence, Found};
use super::sift::{Sought, sift};
use super::verdict::{Accepted, Wanted};
use super::verified::Verified;
use super::{found, saved};
use crate::error::CliError;
use crate::flags::Trusted;
use crate::input_file;
use crate::runtime::busy;

/// What is verified instead of the image itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Attachment {
    // The image under the `.sbom` tag.
    Sbom,
}

/// A signature that is not in the registry.
#[derive(Debug)]
pub(crate) struct Detached {
    signature: String,
    payload: Vec<u8>,
}

impl Detached {
    /// A file if there is one of that name, else the signature itself, as cosign reads it.
    pub(crate) fn read(signature: &str, payload: &Path) -> Result<Self, CliError> {
        let read =
            |path: &Path| input_file::read_limited(path).map_err(input_file::ReadError::into_cli);
        let path = Path::new(signature);
        let signature = if path.exists() {
            String::from_utf8_lossy(&read(path)?).trim().to_owned()
        } else {
            signature.to_owned()
        };
        Ok(Self {
            signature,
            payload: read(payload)?,
        })
    }

    fn found(&self) -> Found {
        Found::one(
            Place {
                form: Form::Legacy,
                at: "of --signature".into(),
            },
            Evidence::Layer {
                content: self.payload.clone(),
                annotations: BTreeMap::from([(layer::SIGNATURE.into(), self.signature.clone())]),
            },
        )
    }
}

/// What all images of a run share.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) registry: Registry,
    pub(crate) places: Places,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) detached: Option<Detached>,
    pub(crate) trusted: Trusted,
}

impl Verifier {
    /// Verifies an image in a registry.
    pub(crate) async fn remote(&self, given: &str, image: &Reference) -> Verified {
        let mut told = Verified::new(given, &image.to_string());
        let operation = self.registry.operation();
        told.verdict = match self.find(&operation, image, &mut told.digest).await {
            Ok((digest, found)) => busy(|| self.judge(&digest, found, &mut told)),
            Err(error) => Err(error),
        }
        .map_err(|error| error.context(given));
        told
    }

    /// Verifies an image in a folder that `save` wrote.
    pub(crate) fn local(&self, folder: &str) -> Verified {
        let mut told = Verified::new(folder, folder);
        let judge = |(digest, found): (Digest, Found)| {
            told.digest = Some(digest.to_string());
            self.judge(&digest, found, &mut told)
        };
        let verdict = busy(|| saved::find(Path::new(folder), Kind::Signature).and_then(judge));
        told.verdict = verdict.map_err(|error| error.context(folder));
        told
    }

    async fn find(
        &self,
        operation: &Operation,
        image: &Reference,
        told: &mut Option<String>,
    ) -> Result<(Digest, Found), CliError> {
        let mut digest = super::digest(operation, image).await?;
        if let Some(Attachment::Sbom) = self.attachment {
            let sbom = image.repository().tagged(Kind::Sbom.tag(&digest));
            digest = super::digest(operation, &sbom).await?;
        }
        *told = Some(digest.to_string());
        if let Some(detached) = &self.detached {
            return Ok((digest, detached.found()));
        }
        let (places, repository) = (&self.places, image.repository());
        let found =
            found::in_registry(operation, places, repository, &digest, Kind::Signature).await;
        Ok((digest, found))
    }

    fn judge(
        &self,
        digest: &Digest,
        found: Found,
        told: &mut Verified,
    ) -> Result<Vec<Accepted>, CliError> {
        let wanted = Wanted {
            trust: self.trusted.trust(),
            digest,
            annotations: &self.annotations,
        };
        let sifted = sift(Sought::Signatures, found, &mut told.refused, |candidate| {
            candidate.judge(wanted)
        })?;
        told.notes.extend(sifted.note(&told.image));
        Ok(sifted.accepted)
    }

    /// What was checked, in cosign's words.
    pub(crate) fn told(&self, image: &Verified) -> Vec<String> {
        self.trusted.told(&image.name, !self.annotations.is_empty())
    }
}
