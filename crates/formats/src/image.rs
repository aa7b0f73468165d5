//! The verdict on an image's signature, in both of cosign's forms.

use std::collections::BTreeMap;

use serde_json::Value;
use touchmark_core::Digest;

use crate::attestation::{WantedAttestation, check_annotations, verify_attestation_bundle};
use crate::bundle::Bundle;
use crate::claim_refusal::ClaimRefusal;
use crate::error::FormatError;
use crate::layer::{self, Beside};
use crate::not_checked::{NotChecked, of_layer};
use crate::signer::{self, AcceptedSigner};
use crate::simple_signing;
use crate::statement::IMAGE_SIGNATURE;
use crate::trust::Trust;

/// What an image signature has to be about.
#[derive(Clone, Copy, Debug)]
pub struct WantedImage<'a> {
    /// The image manifest's digest.
    pub digest: &'a Digest,
    /// Annotations that must have been signed.
    pub annotations: &'a BTreeMap<String, String>,
}

/// A signature that a trusted key made for the image.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedImage {
    /// Who made it.
    pub signer: AcceptedSigner,
    /// The image's digest.
    pub digest: Digest,
    /// What the signer calls the image; a bundle does not say.
    pub docker_reference: Option<String>,
    /// Everything that was signed as annotations.
    pub annotations: BTreeMap<String, Value>,
    /// What stands beside it that nothing looked at.
    pub not_checked: Vec<NotChecked>,
}

/// Judges the payload of a layer of the `.sig` tag with what stands beside it.
///
/// The payload's bytes are verified as they are. `docker-reference` is reported and not compared,
/// as in cosign: an image may be served under several names.
///
/// # Errors
/// It is not accepted: [`ClaimRefusal`] says why.
pub fn verify_image_payload<'t>(
    trust: impl Into<Trust<'t>>,
    wanted: WantedImage<'_>,
    payload: &[u8],
    beside: &Beside,
) -> Result<AcceptedImage, ClaimRefusal> {
    let signature = beside.signature.as_ref().ok_or(ClaimRefusal::Malformed {
        what: "the layer has no signature",
        source: FormatError::Missing(layer::SIGNATURE),
    })?;
    let trial = signer::in_layer(signature, beside);
    let signer = signer::accept(trust.into(), &trial, &payload)?;
    let payload = simple_signing::read(payload).map_err(|source| ClaimRefusal::Malformed {
        what: "the signed payload is malformed",
        source,
    })?;
    if payload.digest != *wanted.digest {
        let found = [payload.digest.to_string()].into_iter();
        return Err(ClaimRefusal::digest(&signer.name, found, [wanted.digest]));
    }
    check_annotations(wanted.annotations, &payload.optional)?;
    Ok(AcceptedImage {
        signer,
        digest: payload.digest,
        docker_reference: Some(payload.docker_reference),
        annotations: payload.optional,
        not_checked: of_layer(beside),
    })
}

/// Judges a bundle as an image's signature.
///
/// Only a statement of [`IMAGE_SIGNATURE`]'s type is one. cosign takes any statement that the key
/// signed about the image, so that whoever may attest can also sign; here that is refused.
///
/// # Errors
/// It is not accepted: [`ClaimRefusal`] says why.
pub fn verify_image_bundle<'t>(
    trust: impl Into<Trust<'t>>,
    wanted: WantedImage<'_>,
    bundle: &Bundle,
) -> Result<AcceptedImage, ClaimRefusal> {
    let statement = WantedAttestation {
        digests: std::slice::from_ref(wanted.digest),
        predicate_type: Some(IMAGE_SIGNATURE),
        annotations: wanted.annotations,
    };
    let mut accepted = verify_attestation_bundle(trust, statement, bundle)?;
    let subject = accepted.statement.subjects.swap_remove(accepted.subject);
    Ok(AcceptedImage {
        signer: accepted.signer,
        digest: wanted.digest.clone(),
        docker_reference: None,
        annotations: subject.annotations,
        not_checked: accepted.not_checked,
    })
}
