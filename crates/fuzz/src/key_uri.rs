//! Key URIs: what is displayed reads back, and no PIN gets in or out.

use touchmark_core::KeyUri;
use touchmark_core::uri::{FILE, percent_decode, percent_encode};

/// Reads text as a key URI, displays it, and reads that.
pub fn check(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    if let Ok(bytes) = percent_decode(text) {
        assert_eq!(percent_decode(&percent_encode(&bytes)).ok(), Some(bytes));
    }
    let uri: KeyUri = match text.parse() {
        Ok(uri) => uri,
        Err(error) => {
            let secret = text.split_once("pin-value=").map(|(_, value)| value);
            if let Some(secret) = secret.filter(|value| value.len() > 8) {
                assert!(!format!("{error} {error:?}").contains(secret));
            }
            return false;
        }
    };
    assert_eq!(uri.to_string().parse::<KeyUri>().ok().as_ref(), Some(&uri));
    assert!(!text.chars().any(char::is_control));
    assert_eq!(uri.scheme(), uri.scheme().to_ascii_lowercase());
    if uri.scheme() != FILE {
        assert!(!uri.body().to_ascii_lowercase().contains("pin-value"));
    }
    if let Ok(attributes) = uri.attributes() {
        assert!(attributes.path("pin-value").is_none());
        assert!(attributes.query("pin-value").is_none());
    }
    true
}
