//! Private key files: an accepted key is whole, and nothing secret is shown.

use touchmark_file::{KeyFile, parse_private_key};

/// Reads a private key file.
pub fn check(data: &[u8]) -> bool {
    match parse_private_key(data) {
        Ok(KeyFile::Plain(key)) => {
            assert_eq!(key.public_key().algorithm(), key.algorithm());
            assert!(crate::spki_der::check(key.public_key().spki_der()));
            assert!(!shows(data, &format!("{key:?}")));
        }
        Ok(KeyFile::Encrypted(key)) => assert!(!shows(data, &format!("{key:?}"))),
        Err(error) => {
            assert!(!shows(data, &format!("{error} {error:?}")));
            return false;
        }
    }
    true
}

/// Whether a message repeats a long enough line of a file: nobody must have to check whether that
/// one was secret.
fn shows(data: &[u8], message: &str) -> bool {
    let text = String::from_utf8_lossy(data);
    text.lines()
        .filter(|line| line.len() >= 32 && !line.starts_with("-----"))
        .any(|line| message.contains(line))
}
