//! cosign 2's blob bundles: an accepted one has one meaning.

use touchmark_formats::legacy;

use crate::json;

/// Reads a legacy bundle, and checks what it promises.
pub fn check(data: &[u8]) -> bool {
    let Ok(bundle) = legacy::read(data) else {
        return false;
    };
    json::check_accepted(data, legacy::read);
    json::check_closed(data, legacy::read);
    assert!(!bundle.signature.as_bytes().is_empty());
    if let Some(rekor) = &bundle.rekor {
        assert!(!rekor.body.is_empty());
        assert!(!rekor.signed_entry_timestamp.is_empty());
    }
    true
}
