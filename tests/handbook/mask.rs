//! Hides what differs from run to run, so that shown output can be compared with real output.
//!
//! Masked are: 16 or more hex digits (digests, serial numbers), 6 or more decimal ones (slot
//! numbers), 40 or more base64 characters (signatures, key ids, PEM), and 4 or more bytes as `%XX`
//! (a `CKA_ID`). `docs/index.md` tells readers so.

/// What stands for a masked value.
const MASK: &str = "‹…›";

/// A text with all such values hidden.
pub(crate) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let hidden = run(rest, |c| c.is_ascii_alphanumeric() || "+/=".contains(c), 40)
            .or_else(|| run(rest, |c| matches!(c, '0'..='9' | 'a'..='f'), 16))
            .or_else(|| run(rest, |c| c.is_ascii_digit(), 6))
            .or_else(|| run(rest, |c| matches!(c, '0'..='9' | 'A'..='F' | '%'), 12));
        let taken = if let Some(length) = hidden {
            masked.push_str(MASK);
            length
        } else {
            // A word is looked at as a whole or not at all.
            let word = run(rest, |c| c.is_ascii_alphanumeric(), 1).unwrap_or(first.len_utf8());
            masked.push_str(&rest[..word]);
            word
        };
        rest = &rest[taken..];
    }
    masked
}

/// The length of what the text starts with, if all of it is wanted and it is long enough.
fn run(text: &str, is_wanted: impl Fn(char) -> bool, least: usize) -> Option<usize> {
    let length = text.find(|c| !is_wanted(c)).unwrap_or(text.len());
    let cuts_a_word = text[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
    (length >= least && !cuts_a_word).then_some(length)
}

#[test]
fn values_are_hidden_and_words_are_not() {
    let key = "SHA256:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ= x";
    assert_eq!(mask(key), format!("SHA256:{MASK} x"));
    let digest = format!(
        "a.txt  sha256:{}  signed: a.txt.sigstore.json",
        "0f".repeat(32)
    );
    assert_eq!(
        mask(&digest),
        format!("a.txt  sha256:{MASK}  signed: a.txt.sigstore.json")
    );
    let token = "serial=0123456789abcdef;id=%AB%CD%01%02;object=2026 slot 1870277231";
    assert_eq!(
        mask(token),
        format!("serial={MASK};id={MASK};object=2026 slot {MASK}")
    );
    let same = "code 12 of 65536: facade, exit code 3, ecdsa-p256";
    assert_eq!(mask(same), same);
}
