//! Payloads of legacy image signatures: an accepted one has one meaning, and is written again.

use touchmark_formats::simple_signing::{self, Payload};

use crate::json;

/// Reads a payload, and checks what it promises.
pub fn check(data: &[u8]) -> bool {
    let Ok(payload) = simple_signing::read(data) else {
        return false;
    };
    json::check_accepted(data, simple_signing::read);
    json::check_closed(data, simple_signing::read);
    let written = simple_signing::write(&payload);
    assert_eq!(simple_signing::read(&written).ok(), Some(payload.clone()));
    check_escaped(&payload, &written);
    true
}

/// What is written is safe to stand in HTML and in JavaScript, as Go's JSON is.
fn check_escaped(payload: &Payload, written: &[u8]) {
    let text = String::from_utf8_lossy(written);
    assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
    let null = text.ends_with("\"optional\":null}");
    assert_eq!(null, payload.optional.is_empty());
}
