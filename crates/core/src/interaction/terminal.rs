//! Secrets typed by a person at the terminal, without echo.

use std::io::{self, IsTerminal};

use secrecy::SecretString;

use super::{Interaction, InteractionError, PasswordRequest, PinRequest, PinUser};

/// Prompts on the controlling terminal, so that standard input and output stay free for data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal;

impl Terminal {
    /// Whether a person can be asked: standard error is a terminal, so a prompt would be seen.
    #[must_use]
    pub fn is_attended() -> bool {
        io::stderr().is_terminal()
    }
}

impl Interaction for Terminal {
    fn pin(&self, request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        if !Self::is_attended() {
            return Ok(None);
        }
        // An empty line is a refusal to answer: it must not cost a try.
        Ok(Some(ask(&pin_prompt(request))?)
            .filter(|pin| !pin.is_empty())
            .map(SecretString::from))
    }

    fn password(
        &self,
        request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        if !Self::is_attended() {
            return Ok(None);
        }
        let password = ask(&format!("Password for {}: ", request.subject))?;
        if request.new && ask("The same password again: ")? != password {
            return Err(InteractionError::NotRepeated);
        }
        Ok(Some(SecretString::from(password)))
    }

    fn notify(&self, note: &str) {
        // Notes are always written: a touch that nobody knows of is a deadline passed. A closed
        // standard error leaves nobody to tell.
        let _ = io::Write::write_all(&mut io::stderr(), format!("touchmark: {note}\n").as_bytes());
    }
}

fn ask(prompt: &str) -> Result<String, InteractionError> {
    rpassword::prompt_password(prompt).map_err(InteractionError::Terminal)
}

fn pin_prompt(request: &PinRequest) -> String {
    let who = match request.user {
        PinUser::User => "PIN",
        PinUser::ContextSpecific => "PIN for this one signature",
    };
    let tries = match request.tries_left {
        Some(1) => ", LAST TRY".into(),
        Some(tries) => format!(", {tries} tries left"),
        None => String::new(),
    };
    format!(
        "{who} for token \"{}\" (serial {}{tries}): ",
        request.token, request.serial
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_names_the_token_and_the_tries() {
        let mut request = PinRequest {
            token: "release".into(),
            serial: "0042".into(),
            user: PinUser::User,
            tries_left: Some(1),
        };
        assert_eq!(
            pin_prompt(&request),
            "PIN for token \"release\" (serial 0042, LAST TRY): "
        );
        request.tries_left = Some(3);
        assert!(pin_prompt(&request).contains("3 tries left"));
    }
}
