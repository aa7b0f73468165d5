//! Requests of the KMS plugin protocol: what is understood, written, reads back.

use touchmark_plugin::wire::{REQUEST_LIMIT, parse_request};

/// Reads a request, writes it, and reads that.
pub fn check(data: &[u8]) -> bool {
    let Ok(request) = parse_request(data) else {
        return false;
    };
    assert!(data.len() <= REQUEST_LIMIT);
    assert!(data.trim_ascii_start().starts_with(b"{"));
    if let Ok(written) = request.to_json() {
        assert_eq!(
            parse_request(written.as_bytes()).ok().as_ref(),
            Some(&request)
        );
    }
    assert!(parse_request(&[data, b"0"].concat()).is_err());
    true
}
