//! Nobody to ask: every request is answered with nothing.

use secrecy::SecretString;

use super::{Interaction, InteractionError, PasswordRequest, PinRequest};

/// Answers `None` to every request and drops notes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NonInteractive;

impl Interaction for NonInteractive {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn password(
        &self,
        _request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn notify(&self, _note: &str) {}
}
