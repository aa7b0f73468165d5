//! Judges what was found as the image's signatures.

use std::collections::BTreeMap;

use touchmark_core::{Digest, Explain};
use touchmark_formats::certificate::CertificateError;
use touchmark_formats::{
    AcceptedImage, ClaimRefusal, FormatError, Trust, WantedImage, bundle, layer,
    verify_image_bundle, verify_image_payload,
};

use super::finding::{Place, Refused};
use super::found::{Candidate, Evidence};
use crate::error::CliError;

/// What a signature has to be about, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) trust: Trust<'a>,
    pub(crate) digest: &'a Digest,
    pub(crate) annotations: &'a BTreeMap<String, String>,
}

/// A signature that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) place: Place,
    pub(crate) image: AcceptedImage,
}

/// Why not, and what to do about it.
pub(crate) type Bad = (Refused, Option<String>);

impl Candidate {
    /// Judges it as a signature.
    pub(crate) fn judge(&self, wanted: Wanted<'_>) -> Result<Accepted, Bad> {
        let verdict = match &self.evidence {
            Evidence::Layer {
                content,
                annotations,
            } => layer::read(annotations)
                .map_err(malformed("the layer's annotations are malformed"))
                .and_then(|beside| {
                    verify_image_payload(wanted.trust, wanted.image(), content, &beside)
                }),
            Evidence::Bundle(json) => bundle::read(json)
                .map_err(malformed("the bundle is malformed"))
                .and_then(|bundle| verify_image_bundle(wanted.trust, wanted.image(), &bundle)),
            Evidence::Unreadable(error) => return Err(self.unreadable(error)),
        };
        match verdict {
            Ok(image) => Ok(Accepted {
                place: self.place.clone(),
                image,
            }),
            Err(refusal) => Err((refused(&self.place, &refusal), refusal.hint())),
        }
    }

    pub(crate) fn unreadable(&self, error: &CliError) -> Bad {
        let refused = Refused {
            place: self.place.clone(),
            code: "failed",
            reason: error.message().into(),
        };
        (refused, Some(error.hint_text().into()))
    }
}

pub(crate) fn malformed(what: &'static str) -> impl FnOnce(FormatError) -> ClaimRefusal {
    move |source| ClaimRefusal::Malformed { what, source }
}

impl<'a> Wanted<'a> {
    fn image(self) -> WantedImage<'a> {
        WantedImage {
            digest: self.digest,
            annotations: self.annotations,
        }
    }
}

/// With the causes in the same line: there may be many candidates.
pub(crate) fn refused(place: &Place, refusal: &ClaimRefusal) -> Refused {
    let mut reason = refusal.to_string();
    let mut source = std::error::Error::source(refusal);
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    Refused {
        place: place.clone(),
        code: code(refusal),
        reason,
    }
}

/// A signature by a bare key has a code of its own, as it has in cosign.
fn code(refusal: &ClaimRefusal) -> &'static str {
    match refusal {
        ClaimRefusal::Certificate(CertificateError::Absent) => "no-certificate",
        refusal => refusal.code(),
    }
}
