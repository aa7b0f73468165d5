//! What is signed for one image, in each form.

use std::collections::BTreeMap;

use touchmark_core::{Digest, ErrorKind};
use touchmark_formats::simple_signing::{self, Payload};
use touchmark_formats::statement;
use touchmark_oci::Reference;

use super::claim_signer::{ClaimSigner, SignedPayload};
use crate::error::CliError;

/// In which forms signatures and attestations are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forms {
    /// Layers of the `.sig` and `.att` tags.
    pub(crate) legacy: bool,
    /// Sigstore bundles as referrers.
    pub(crate) bundle: bool,
}

/// What is signed about every image of a run, beside its digest.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) forms: Forms,
    pub(crate) annotations: BTreeMap<String, String>,
    /// What the image is called, instead of its own name; several are several payloads.
    pub(crate) identities: Vec<String>,
    /// A payload to sign as it is.
    pub(crate) payload: Option<Vec<u8>>,
}

/// The signatures of one image.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) payloads: Vec<SignedPayload>,
    /// A Sigstore bundle.
    pub(crate) bundle: Option<Vec<u8>>,
}

impl Claim {
    /// Signs for one manifest. `image` is what it is called: a tag, if any, becomes part of the
    /// claim, since containers/image compares it.
    pub(crate) async fn sign(
        &self,
        signer: &ClaimSigner,
        image: &Reference,
        digest: &Digest,
    ) -> Result<Made, CliError> {
        let mut payloads = Vec::new();
        if self.forms.legacy {
            for payload in self.payloads(image, digest)? {
                payloads.push(signer.payload(payload).await?);
            }
        }
        let bundle = if self.forms.bundle {
            let said = statement::image_signature(digest, &self.annotations);
            let envelope = signer.statement(statement::write(&said)?).await?;
            Some(signer.bundle(&envelope))
        } else {
            None
        };
        Ok(Made { payloads, bundle })
    }

    fn payloads(&self, image: &Reference, digest: &Digest) -> Result<Vec<Vec<u8>>, CliError> {
        if let Some(payload) = &self.payload {
            let said = simple_signing::read(payload)
                .map_err(|error| CliError::from(error).context("--payload"))?;
            if said.digest != *digest {
                return Err(CliError::new(
                    ErrorKind::Usage,
                    format!("--payload is about {}, not {digest}", said.digest),
                )
                .hint("leave --payload out: the payload is made from the image"));
            }
            return Ok(vec![payload.clone()]);
        }
        let own = [docker_reference(image)];
        let names = if self.identities.is_empty() {
            &own[..]
        } else {
            &self.identities
        };
        Ok(names
            .iter()
            .map(|name| self.payload(name, digest))
            .collect())
    }

    fn payload(&self, name: &str, digest: &Digest) -> Vec<u8> {
        simple_signing::write(&Payload {
            docker_reference: name.into(),
            digest: digest.clone(),
            optional: self
                .annotations
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().into()))
                .collect(),
        })
    }
}

/// `registry/repository:tag`, or without a tag as cosign has it.
fn docker_reference(image: &Reference) -> String {
    match image.tag() {
        Some(tag) => format!("{}:{tag}", image.repository()),
        None => image.repository().to_string(),
    }
}
