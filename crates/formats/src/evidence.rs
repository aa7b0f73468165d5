//! Whatever was given as a blob's signature, told apart by its bytes.

use touchmark_core::Signature;

use crate::bundle::{self, Bundle};
use crate::detached;
use crate::error::FormatError;
use crate::legacy::{self, LegacyBundle};

/// A blob's signature in one of the forms that cosign writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A Sigstore bundle.
    Bundle(Box<Bundle>),
    /// cosign 2's blob bundle.
    LegacyBundle(Box<LegacyBundle>),
    /// A bare signature.
    Detached(Signature),
}

/// Reads any of the three forms.
///
/// UTF-8 text that starts with a brace is a bundle of either kind. Everything else is a detached
/// signature; raw signature bytes that start with a brace are not UTF-8.
///
/// # Errors
/// It is malformed as the form that it starts like.
pub fn detect(bytes: &[u8]) -> Result<Evidence, FormatError> {
    if is_json(bytes) {
        read_bundle(bytes)
    } else {
        detached::read(bytes).map(Evidence::Detached)
    }
}

/// Reads what `--bundle` names: a Sigstore bundle or a legacy one, never a bare signature.
///
/// # Errors
/// It is malformed, or no bundle. What is neither kind is reported as a legacy bundle where it
/// has that format's required member, else as a Sigstore bundle.
pub fn read_bundle(json: &[u8]) -> Result<Evidence, FormatError> {
    match bundle::read(json) {
        Ok(bundle) => Ok(Evidence::Bundle(Box::new(bundle))),
        Err(_) if looks_legacy(json) => {
            legacy::read(json).map(|bundle| Evidence::LegacyBundle(Box::new(bundle)))
        }
        Err(error) => Err(error),
    }
}

fn looks_legacy(json: &[u8]) -> bool {
    const MEMBER: &[u8] = b"\"base64Signature\"";
    json.windows(MEMBER.len()).any(|window| window == MEMBER)
}

fn is_json(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{") && std::str::from_utf8(bytes).is_ok()
}
