//! Hash functions as integers: Go's `crypto.Hash`.

use touchmark_core::HashAlgorithm;

/// No hash function.
pub const NONE: u32 = 0;

/// SHA-256: what cosign puts into `initOptions.hashFunc`.
pub const SHA256: u32 = 5;

/// The integer of a hash function.
#[must_use]
pub fn to_wire(hash: HashAlgorithm) -> u32 {
    match hash {
        HashAlgorithm::Sha256 => SHA256,
        HashAlgorithm::Sha384 => 6,
        HashAlgorithm::Sha512 => 7,
    }
}

/// The hash function of an integer; `None` for one that is not used here (4 is SHA-224) and for
/// [`NONE`].
#[must_use]
pub fn from_wire(number: u32) -> Option<HashAlgorithm> {
    HashAlgorithm::ALL
        .into_iter()
        .find(|hash| to_wire(*hash) == number)
}
