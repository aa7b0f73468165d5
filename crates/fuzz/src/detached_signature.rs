//! Detached signatures: what is read, written as base64, reads back.

use touchmark_formats::detached::{self, MAX_LEN};

/// Reads a detached signature, writes it in each accepted form, and reads those.
pub fn check(data: &[u8]) -> bool {
    let Ok(signature) = detached::read(data) else {
        return false;
    };
    assert!(data.len() <= MAX_LEN);
    assert!(!signature.as_bytes().is_empty());
    let text = signature.to_base64();
    if text.len() < MAX_LEN {
        for form in [text.clone(), format!("{text}\n")] {
            assert_eq!(
                detached::read(form.as_bytes()).ok().as_ref(),
                Some(&signature)
            );
        }
    }
    true
}
