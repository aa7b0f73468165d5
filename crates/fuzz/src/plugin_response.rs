//! Answers of the KMS plugin protocol: what is understood, written, reads back.

use touchmark_plugin::wire::{RESPONSE_LIMIT, parse_response};

/// Reads an answer, writes it, and reads that.
pub fn check(data: &[u8]) -> bool {
    let Ok(response) = parse_response(data) else {
        return false;
    };
    assert!(data.len() <= RESPONSE_LIMIT);
    assert!(data.trim_ascii_start().starts_with(b"{"));
    let written = response.to_json();
    assert_eq!(
        parse_response(written.as_bytes()).ok().as_ref(),
        Some(&response)
    );
    assert!(parse_response(&[data, b"0"].concat()).is_err());
    true
}
