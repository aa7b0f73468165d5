//! Detached signatures: the bare bytes, or their base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use touchmark_core::Signature;

use crate::error::FormatError;

/// The largest detached signature that is read, in bytes.
pub const MAX_LEN: usize = 64 * 1024;

/// Reads what cosign's `--signature` takes: standard base64 with padding, or the raw signature.
///
/// Text is base64 and nothing else, with white space around it and line breaks anywhere (what
/// `base64` of coreutils prints); bytes that are no text are the signature itself. cosign would
/// take text that is not base64 as a raw signature.
///
/// # Errors
/// There is nothing, too much, or text that is not base64.
pub fn read(bytes: &[u8]) -> Result<Signature, FormatError> {
    if bytes.len() > MAX_LEN {
        return Err(FormatError::TooLarge {
            what: "detached signature",
            limit: MAX_LEN,
        });
    }
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(FormatError::Missing("the signature"));
    }
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if !bytes.iter().all(is_text) {
        return Ok(Signature::from_bytes(bytes));
    }
    let digits: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    STANDARD
        .decode(digits)
        .map(Signature::from_bytes)
        .map_err(FormatError::Base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_raw_bytes_are_told_apart() {
        let raw: Vec<u8> = (0x30..0x90).collect();
        let text = STANDARD.encode(&raw);
        let (first, second) = text.split_at(76);
        for form in [
            raw.clone(),
            text.clone().into_bytes(),
            format!("{text}\n").into_bytes(),
            format!(" {first}\r\n{second}\n").into_bytes(),
        ] {
            assert_eq!(read(&form).unwrap().as_bytes(), raw, "{form:?}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "\n", "hello!", "MEUCIQ", "MEUCIR==", "MEUC IQ=="] {
            assert!(read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(matches!(
            read(&vec![0; MAX_LEN + 1]),
            Err(FormatError::TooLarge { .. })
        ));
    }
}
