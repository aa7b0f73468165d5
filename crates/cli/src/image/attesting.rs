//! Attests one image, and attaches the attestation in both forms.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::value::RawValue;
use touchmark_core::ErrorKind;
use touchmark_formats::bundle::Envelope;
use touchmark_formats::dsse;
use touchmark_oci::attached::NewLayer;
use touchmark_oci::{Descriptor, Kind, Reference, Replace, Subject};

use super::attacher::{Attacher, Written};
use super::claim_signer::ClaimSigner;
use super::claims::Forms;
use super::missing;
use crate::error::CliError;
use crate::flags::{Ready, Said};
use crate::output_file::{self, Mode};
use crate::runtime::busy;

/// What all images of a run share.
#[derive(Debug)]
pub(crate) struct Attesting {
    pub(crate) signer: ClaimSigner,
    pub(crate) said: Said,
    pub(crate) forms: Forms,
    pub(crate) attacher: Attacher,
    /// Whether earlier attestations of the same type go.
    pub(crate) replace: bool,
    pub(crate) upload: bool,
    /// Where the bundle goes too.
    pub(crate) bundle: Option<PathBuf>,
}

/// One attested image: an element of the JSON result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attested {
    pub(crate) image: String,
    pub(crate) digest: String,
    pub(crate) predicate_type: String,
    pub(crate) key_id: String,
    pub(crate) algorithm: String,
    /// Where the legacy form is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attestation: Option<Written>,
    /// Where the bundle is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<Written>,
    /// The DSSE envelope, where it was not uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) envelope: Option<Box<RawValue>>,
}

impl Attesting {
    /// Attests an image. Its tag is resolved once.
    pub(crate) async fn image(&self, given: &str, image: &Reference) -> Result<Attested, CliError> {
        let manifest = self.manifest(image).await?;
        let name = image.repository().to_string();
        let ready = self.said.about(&name, &manifest.digest)?;
        let envelope = self.signer.statement(ready.payload.clone()).await?;
        let bundle = self.signer.bundle(&envelope);
        if let Some(path) = &self.bundle {
            busy(|| output_file::replace(path, &bundle, Mode::Public))?;
        }
        let mut attested = self.element(given, &manifest, &ready);
        if self.upload {
            let subject = Subject {
                repository: image.repository().clone(),
                manifest,
            };
            self.attach(&subject, &ready, &envelope, &bundle, &mut attested)
                .await?;
        } else {
            attested.envelope = Some(raw(&envelope)?);
        }
        Ok(attested)
    }

    async fn manifest(&self, image: &Reference) -> Result<Descriptor, CliError> {
        if let (Some(digest), false) = (image.digest(), self.upload) {
            return Ok(Descriptor::new("", digest.clone(), 0));
        }
        let operation = self.attacher.registry.operation();
        let found = operation.resolve(image).await;
        found.map_err(|error| missing(image, error))
    }

    async fn attach(
        &self,
        subject: &Subject,
        ready: &Ready,
        envelope: &Envelope,
        bundle: &[u8],
        attested: &mut Attested,
    ) -> Result<(), CliError> {
        let operation = self.attacher.registry.operation();
        let kind = &ready.predicate_type;
        let replace = if self.replace {
            Replace::PredicateType(kind.clone())
        } else {
            Replace::Nothing
        };
        if self.forms.legacy {
            let layer = NewLayer {
                media_type: dsse::MEDIA_TYPE.into(),
                payload: dsse::write(envelope).into(),
                annotations: self.signer.attestation_annotations(kind),
                repeats: None,
            };
            let place = self.attacher.layers(
                &operation,
                subject,
                Kind::Attestation,
                vec![layer],
                &replace,
            );
            attested.attestation = Some(place.await?);
        }
        if self.forms.bundle {
            let place = self
                .attacher
                .bundle(&operation, subject, bundle, kind, &replace);
            attested.bundle = Some(place.await?);
        }
        Ok(())
    }

    fn element(&self, given: &str, manifest: &Descriptor, ready: &Ready) -> Attested {
        Attested {
            image: given.into(),
            digest: manifest.digest.to_string(),
            predicate_type: ready.predicate_type.clone(),
            key_id: self.signer.key_id(),
            algorithm: self.signer.scheme().to_string(),
            attestation: None,
            bundle: None,
            envelope: None,
        }
    }
}

fn raw(envelope: &Envelope) -> Result<Box<RawValue>, CliError> {
    let json = String::from_utf8_lossy(&dsse::write(envelope)).into_owned();
    RawValue::from_string(json)
        .map_err(|error| CliError::new(ErrorKind::Failed, "the envelope is no JSON").cause(&error))
}
