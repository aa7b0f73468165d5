//! Signs one image, with everything under it if that was asked for, and attaches the signatures.

use std::path::PathBuf;

use serde::Serialize;
use touchmark_core::Digest;
use touchmark_formats::statement;
use touchmark_oci::{Descriptor, Kind, Reference, Replace, Subject};

use super::attacher::{Attacher, Written};
use super::claim_signer::ClaimSigner;
use super::claims::{Claim, Made};
use super::outputs::Outputs;
use super::{missing, station, tree};
use crate::error::CliError;
use crate::runtime::busy;

/// What all images of a run share.
#[derive(Debug)]
pub(crate) struct Signing {
    pub(crate) signer: ClaimSigner,
    pub(crate) claim: Claim,
    pub(crate) attacher: Attacher,
    /// Whether everything under an index is signed too.
    pub(crate) recursive: bool,
    /// Whether the image's SBOM is signed instead of the image.
    pub(crate) sbom: bool,
    /// Whether signatures are written to the registry.
    pub(crate) upload: bool,
    /// Where they are kept for a station that has a network.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) outputs: Outputs,
}

/// One signed manifest: an element of the JSON result.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signed {
    /// As it was given.
    pub(crate) image: String,
    pub(crate) digest: String,
    pub(crate) key_id: String,
    pub(crate) algorithm: String,
    /// Where the legacy form is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<Written>,
    /// Where the bundle is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<Written>,
}

impl Signing {
    /// Signs an image. Its tag is resolved once.
    pub(crate) async fn image(
        &self,
        given: &str,
        image: &Reference,
    ) -> Result<Vec<Signed>, CliError> {
        let (image, manifests) = self.manifests(image).await?;
        let mut signed = Vec::new();
        for manifest in manifests {
            signed.push(self.manifest(given, &image, manifest).await?);
        }
        Ok(signed)
    }

    /// What is to be signed, and what it is called. Where nothing is uploaded and the digest is
    /// known, no registry is asked.
    async fn manifests(&self, image: &Reference) -> Result<(Reference, Vec<Descriptor>), CliError> {
        if let Some(digest) = image.digest()
            && !self.upload
            && !self.recursive
            && !self.sbom
        {
            let manifest = Descriptor::new("", digest.clone(), 0);
            return Ok((image.clone(), vec![manifest]));
        }
        let operation = self.attacher.registry.operation();
        let resolve = async |image: &Reference| {
            let found = operation.resolve(image).await;
            found.map_err(|error| missing(image, error))
        };
        let mut image = image.clone();
        let mut top = resolve(&image).await?;
        if self.sbom {
            image = image.repository().tagged(Kind::Sbom.tag(&top.digest));
            top = resolve(&image).await?;
        }
        let all = if self.recursive {
            tree::all(&operation, image.repository(), top).await?
        } else {
            vec![top]
        };
        Ok((image, all))
    }

    async fn manifest(
        &self,
        given: &str,
        image: &Reference,
        manifest: Descriptor,
    ) -> Result<Signed, CliError> {
        let digest = manifest.digest.clone();
        let made = self.claim.sign(&self.signer, image, &digest).await?;
        let mut signed = self.element(given, &digest);
        busy(|| {
            self.outputs.write(&self.signer, &digest, &made)?;
            match &self.folder {
                Some(folder) => station::keep(folder, image, &digest, &self.signer, &made)
                    .map(|kept| signed.keep(&kept, &made)),
                None => Ok(()),
            }
        })?;
        if self.upload {
            let subject = Subject {
                repository: image.repository().clone(),
                manifest,
            };
            self.attach(&subject, &made, &mut signed).await?;
        }
        Ok(signed)
    }

    async fn attach(
        &self,
        subject: &Subject,
        made: &Made,
        signed: &mut Signed,
    ) -> Result<(), CliError> {
        let operation = self.attacher.registry.operation();
        if !made.payloads.is_empty() {
            let place = self.attacher.payloads(&operation, subject, &made.payloads);
            signed.signature = Some(place.await?);
        }
        if let Some(bundle) = &made.bundle {
            let kind = statement::IMAGE_SIGNATURE;
            let place = self
                .attacher
                .bundle(&operation, subject, bundle, kind, &Replace::Nothing);
            signed.bundle = Some(place.await?);
        }
        Ok(())
    }

    fn element(&self, given: &str, digest: &Digest) -> Signed {
        Signed {
            image: given.into(),
            digest: digest.to_string(),
            key_id: self.signer.key_id(),
            algorithm: self.signer.scheme().to_string(),
            signature: None,
            bundle: None,
        }
    }
}

impl Signed {
    fn keep(&mut self, folder: &std::path::Path, made: &Made) {
        let written = Written {
            place: folder.display().to_string(),
            was_there: false,
        };
        self.signature = (!made.payloads.is_empty()).then(|| written.clone());
        self.bundle = made.bundle.is_some().then_some(written);
    }
}
