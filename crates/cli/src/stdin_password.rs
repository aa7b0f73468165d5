//! A password piped to standard input, as cosign takes it where there is no terminal.

use std::io::{self, IsTerminal, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use touchmark_core::interaction::{InteractionError, PasswordRequest, PinRequest};
use touchmark_core::{Interaction, SecretString};

/// A longer password is a wrong file.
const LONGEST: u64 = 64 * 1024;

/// Set where standard input is the artifact, and so cannot be a password.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Says that standard input holds data.
pub(crate) fn stdin_is_data() {
    TAKEN.store(true, Ordering::Relaxed);
}

/// Reads all of standard input as the password, without a final line ending.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StdinPassword;

impl Interaction for StdinPassword {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn password(
        &self,
        _request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        if TAKEN.swap(true, Ordering::Relaxed) || io::stdin().is_terminal() {
            return Ok(None);
        }
        read(io::stdin().lock())
    }

    fn notify(&self, _note: &str) {}
}

fn read(input: impl Read) -> Result<Option<SecretString>, InteractionError> {
    let from = || "standard input".to_owned();
    let mut text = String::new();
    input
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|source| InteractionError::Source {
            what: "password",
            from: from(),
            source,
        })?;
    // Nothing at all is no answer: a job without standard input has not chosen the empty
    // password. A bare line ending is.
    let password = text
        .strip_suffix('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(match password {
        None if text.is_empty() => None,
        None => Some(SecretString::from(text)),
        Some(line) => Some(SecretString::from(line)),
    })
}

#[cfg(test)]
mod tests {
    use touchmark_core::ExposeSecret;

    use super::*;

    #[test]
    fn one_line_ending_is_dropped_and_silence_is_no_password() {
        let read = |text: &str| {
            read(text.as_bytes())
                .unwrap()
                .map(|secret| secret.expose_secret().to_owned())
        };
        assert_eq!(read("").as_deref(), None);
        assert_eq!(read("\n").as_deref(), Some(""));
        assert_eq!(read("a b\r\n").as_deref(), Some("a b"));
        assert_eq!(read("ab").as_deref(), Some("ab"));
    }
}
