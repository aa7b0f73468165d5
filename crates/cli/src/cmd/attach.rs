//! `attach`: puts signatures beside images that were made elsewhere.

mod attestation;
mod signature;
mod station;

use super::{Entry, verb};

pub(crate) use station::Attach;

/// cosign's verbs of the group.
pub(crate) fn entries() -> Vec<Entry> {
    vec![
        verb::<signature::Signature>(),
        verb::<attestation::Attestation>(),
    ]
}
