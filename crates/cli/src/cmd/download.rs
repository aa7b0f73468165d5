//! `download`: prints what is attached to an image. Nothing of it is verified.

mod attestation;
mod sbom;
mod signature;

use super::{Entry, verb};

pub(crate) const ABOUT: &str = "Print what is attached to an image, unverified";

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        verb::<signature::Signature>(),
        verb::<attestation::Attestation>(),
        verb::<sbom::Sbom>(),
    ]
}
