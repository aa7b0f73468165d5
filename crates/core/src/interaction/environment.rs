//! Secrets from environment variables.

use std::env;

use secrecy::SecretString;

use super::{Interaction, InteractionError, PasswordRequest, PinRequest};

/// The PIN variables, in order. An empty one counts as unset: no token has an empty PIN.
const PIN: [&str; 2] = ["TOUCHMARK_PIN", "COSIGN_PKCS11_PIN"];
/// The password variable. Set but empty is an empty password, as cosign has it.
const PASSWORD: &str = "COSIGN_PASSWORD";

/// Reads `TOUCHMARK_PIN`, then `COSIGN_PKCS11_PIN`, and `COSIGN_PASSWORD`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment;

impl Interaction for Environment {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        for name in PIN {
            if let Some(secret) = read(name, "PIN")?.filter(|pin| !pin.is_empty()) {
                return Ok(Some(secret.into()));
            }
        }
        Ok(None)
    }

    fn password(
        &self,
        _request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        Ok(read(PASSWORD, "password")?.map(SecretString::from))
    }

    fn notify(&self, _note: &str) {}
}

fn read(name: &str, what: &'static str) -> Result<Option<String>, InteractionError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(InteractionError::Unusable {
            what,
            from: name.into(),
            why: "it is not UTF-8 text",
        }),
    }
}
