//! DSSE envelopes: an accepted one has one meaning, and is written again.

use touchmark_formats::dsse;

use crate::json;

/// Reads an envelope, and checks what it promises.
pub fn check(data: &[u8]) -> bool {
    let Ok(envelope) = dsse::read(data) else {
        return false;
    };
    json::check_accepted(data, dsse::read);
    json::check_closed(data, dsse::read);
    assert!(!envelope.payload.is_empty());
    assert!(!envelope.signature.as_bytes().is_empty());
    assert_eq!(dsse::read(&dsse::write(&envelope)).ok(), Some(envelope));
    true
}
