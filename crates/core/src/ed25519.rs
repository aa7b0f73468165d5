//! What Ed25519 needs beyond one call over a slice.
//!
//! A digest that was computed elsewhere takes part in Ed25519ph through [`Prehashed`].

use ed25519_dalek::ed25519::signature::digest::typenum::U64;
use ed25519_dalek::ed25519::signature::digest::{
    FixedOutput, HashMarker, Output, OutputSizeUser, Update,
};

use crate::digest::{Digest, HashAlgorithm};

/// A finished SHA-512 digest in the shape of a hash function, as Ed25519ph implementations want
/// it. It takes no further input.
#[derive(Clone, Debug)]
pub struct Prehashed([u8; 64]);

impl Prehashed {
    /// Wraps a SHA-512 digest; `None` for any other.
    #[must_use]
    pub fn new(digest: &Digest) -> Option<Self> {
        let bytes = digest.as_bytes().try_into().ok()?;
        (digest.algorithm() == HashAlgorithm::Sha512).then_some(Self(bytes))
    }
}

impl Default for Prehashed {
    /// The SHA-512 digest of nothing, as an empty hash function has it.
    fn default() -> Self {
        let empty = Digest::of(HashAlgorithm::Sha512, b"");
        Self::new(&empty).unwrap_or(Self([0; 64]))
    }
}

impl HashMarker for Prehashed {}

impl OutputSizeUser for Prehashed {
    type OutputSize = U64;
}

impl Update for Prehashed {
    fn update(&mut self, _data: &[u8]) {}
}

impl FixedOutput for Prehashed {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0);
    }
}
