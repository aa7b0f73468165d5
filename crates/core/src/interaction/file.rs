//! Secrets from a file or an inherited descriptor.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::{Interaction, InteractionError, PasswordRequest, PinRequest};

/// A PIN longer than this is a wrong file, not a PIN.
const LONGEST: usize = 4096;

/// Where a PIN is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The first line of a file.
    File(PathBuf),
    /// The first line of an open descriptor of this process, by number.
    Descriptor(u32),
}

impl SecretSource {
    /// Reads the first line, without its line ending.
    ///
    /// # Errors
    /// It cannot be read, is not UTF-8, is empty, or is longer than any PIN.
    pub fn read(&self) -> Result<SecretString, InteractionError> {
        let from = self.to_string();
        let unusable = |why| InteractionError::Unusable {
            what: "PIN",
            from: from.clone(),
            why,
        };
        let mut bytes = zeroizing_buffer();
        self.open()
            .and_then(|file| file.take(LONGEST as u64 + 1).read_to_end(&mut bytes.0))
            .map_err(|source| InteractionError::Source {
                what: "PIN",
                from: from.clone(),
                source,
            })?;
        if bytes.0.len() > LONGEST {
            return Err(unusable("it is longer than any PIN"));
        }
        let line = bytes
            .0
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| unusable("it is not UTF-8 text"))?;
        if text.is_empty() {
            return Err(unusable("the first line is empty"));
        }
        Ok(SecretString::from(text))
    }

    fn open(&self) -> io::Result<File> {
        match self {
            Self::File(path) => File::open(path),
            // Opening the descriptor through the file system needs no unsafe code.
            Self::Descriptor(number) => File::open(format!("/dev/fd/{number}")),
        }
    }
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Descriptor(number) => write!(f, "descriptor {number}"),
        }
    }
}

/// A buffer that is wiped when it goes.
struct Wiped(Vec<u8>);

/// Room for the longest secret from the start: growing would leave copies behind.
fn zeroizing_buffer() -> Wiped {
    Wiped(Vec::with_capacity(LONGEST + 1))
}

impl Drop for Wiped {
    fn drop(&mut self) {
        secrecy::zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// Answers PIN requests from one source, read when first needed.
#[derive(Debug)]
pub struct SecretFile {
    source: SecretSource,
    // A descriptor can be read only once, so what it said is kept.
    read: std::sync::Mutex<Option<SecretString>>,
}

impl SecretFile {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(source: SecretSource) -> Self {
        Self {
            source,
            read: std::sync::Mutex::new(None),
        }
    }
}

impl Interaction for SecretFile {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        let mut read = self
            .read
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if read.is_none() {
            *read = Some(self.source.read()?);
        }
        Ok(read
            .as_ref()
            .map(|pin| SecretString::from(pin.expose_secret())))
    }

    fn password(
        &self,
        _request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn notify(&self, _note: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<String, InteractionError> {
        let name = format!("touchmark-pin-{}-{}", std::process::id(), content.len());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        let secret = SecretSource::File(path.clone()).read();
        std::fs::remove_file(path).unwrap();
        secret.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn the_first_line_is_the_secret() {
        assert_eq!(read(b"1234\r\nnote\n").unwrap(), "1234");
        assert_eq!(read(b"pass word").unwrap(), "pass word");
    }

    #[test]
    fn nothing_is_guessed_from_an_unusable_file() {
        for bad in [&b"\n1234"[..], b"", &[0xff; 3], &[b'1'; 5000]] {
            assert!(read(bad).is_err());
        }
        let missing = SecretSource::File("/nonexistent/pin".into())
            .read()
            .unwrap_err();
        assert!(missing.to_string().contains("/nonexistent/pin"));
    }
}
