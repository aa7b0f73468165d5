//! The one PEM block of a key file (RFC 7468), decoded into memory that is wiped.

use pem_rfc7468::Decoder;
use zeroize::Zeroizing;

use crate::error::FileError;

const BEGIN: &[u8] = b"-----BEGIN ";
/// OpenSSL's `ecparam -genkey` writes the curve again, in a block of its own before the key.
const EC_PARAMETERS: &[u8] = b"-----BEGIN EC PARAMETERS-----";

/// A PEM block's label and its decoded bytes.
pub(crate) struct PemBlock {
    pub(crate) label: String,
    pub(crate) contents: Zeroizing<Vec<u8>>,
}

/// Reads exactly one block. Text before it is allowed (RFC 7468 §2), anything but white space
/// after it is not, nor is a second block: which key signs is never a guess.
pub(crate) fn single_block(bytes: &[u8]) -> Result<PemBlock, FileError> {
    let block = bytes[start(bytes)?..].trim_ascii_end();
    if contains(block, b"\nProc-Type: 4,ENCRYPTED") {
        return Err(FileError::Protected("OpenSSL's traditional encrypted PEM"));
    }
    let mut decoder =
        Decoder::new_detect_wrap(block).map_err(|e| FileError::malformed_by("not PEM", e))?;
    let mut contents = Zeroizing::new(Vec::with_capacity(decoder.remaining_len()));
    decoder
        .decode_to_end(&mut contents)
        .map_err(|e| FileError::malformed_by("damaged PEM", e))?;
    Ok(PemBlock {
        label: decoder.type_label().to_owned(),
        contents,
    })
}

/// Where the one block starts.
fn start(bytes: &[u8]) -> Result<usize, FileError> {
    let starts: Vec<usize> = bytes
        .windows(BEGIN.len())
        .enumerate()
        .filter_map(|(at, window)| (window == BEGIN).then_some(at))
        .take(3)
        .collect();
    match starts[..] {
        [] => Err(FileError::malformed("no PEM block found")),
        [only] => Ok(only),
        [first, second] if bytes[first..].starts_with(EC_PARAMETERS) => Ok(second),
        _ => Err(FileError::malformed(
            "several PEM blocks where one is wanted",
        )),
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "-----BEGIN X-----\nAQID\n-----END X-----\n";

    #[test]
    fn one_block_is_read_with_text_before_and_white_space_after_it() {
        for text in [
            BLOCK.to_owned(),
            format!("Bag Attributes\n{BLOCK}\n \n"),
            BLOCK.replace('\n', "\r\n"),
        ] {
            let block = single_block(text.as_bytes()).unwrap();
            assert_eq!(
                (block.label.as_str(), &block.contents[..]),
                ("X", &[1, 2, 3][..])
            );
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            String::new(),
            "AQID".into(),
            format!("{BLOCK}more"),
            format!("{BLOCK}{BLOCK}"),
            BLOCK.replace("END X", "END Y"),
            BLOCK.replace("AQID", "AQ"),
            BLOCK.replace("AQID", "AQI!"),
            BLOCK[..BLOCK.len() - 4].to_owned(),
            "-----BEGIN X-----\n-----END X-----\n-----BEGIN ".into(),
        ] {
            let result = single_block(text.as_bytes());
            assert!(matches!(result, Err(FileError::Malformed { .. })), "{text}");
        }
    }
}
