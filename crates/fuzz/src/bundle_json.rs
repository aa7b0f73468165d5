//! Sigstore bundles: an accepted one has one meaning and keeps to the limits.

use touchmark_formats::bundle::{self, Content, KeyMaterial, MAX_LOG_ENTRIES, MAX_TIMESTAMPS};

use crate::json;

/// Reads a bundle, and checks what it promises.
pub fn check(data: &[u8]) -> bool {
    let Ok(bundle) = bundle::read(data) else {
        return false;
    };
    json::check_accepted(data, bundle::read);
    json::check_closed(data, bundle::read);
    assert!(bundle.log_entries.len() <= MAX_LOG_ENTRIES);
    assert!(bundle.timestamps.len() <= MAX_TIMESTAMPS);
    let signature = match &bundle.content {
        Content::Message(message) => &message.signature,
        Content::Envelope(envelope) => &envelope.signature,
    };
    assert!(!signature.as_bytes().is_empty());
    match &bundle.signer {
        KeyMaterial::PublicKey { .. } => {}
        KeyMaterial::Certificate(certificate) => assert!(!certificate.is_empty()),
        KeyMaterial::CertificateChain(chain) => assert!(!chain.is_empty()),
    }
    true
}
