//! How backends ask for secrets: lazily, and through whoever calls them.
//!
//! A backend asks only when a login is really needed, and asks once: a wrong secret is never
//! retried. Calls block, so backends make them on their own threads.

mod environment;
mod file;
mod non_interactive;
mod terminal;

use std::fmt::Debug;

use secrecy::SecretString;

pub use environment::Environment;
pub use file::{SecretFile, SecretSource};
pub use non_interactive::NonInteractive;
pub use terminal::Terminal;

use crate::error::{ErrorKind, Explain};

/// Whose PIN is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinUser {
    /// The token's user (`CKU_USER`), or the PIV PIN.
    User,
    /// The user again, for one operation (`CKU_CONTEXT_SPECIFIC`).
    ContextSpecific,
}

/// What a PIN is needed for.
#[derive(Clone, Debug)]
pub struct PinRequest {
    /// The token's label.
    pub token: String,
    /// The token's serial number.
    pub serial: String,
    /// Whose PIN.
    pub user: PinUser,
    /// How many wrong PINs the token still takes, where it tells.
    pub tries_left: Option<u32>,
}

/// What a password is needed for.
#[derive(Clone, Debug)]
pub struct PasswordRequest {
    /// What it opens or will protect: a file name, as the user gave it.
    pub subject: String,
    /// A new password is being chosen: a person is asked twice.
    pub new: bool,
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InteractionError {
    /// A named source (file, descriptor) cannot be read. Nothing is guessed in its place.
    #[error("the {what} cannot be read from {from}")]
    Source {
        /// "PIN" or "password".
        what: &'static str,
        /// Where it was to come from.
        from: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The terminal cannot be used.
    #[error("the terminal cannot be read")]
    Terminal(#[source] std::io::Error),
    /// A new password was typed differently the second time.
    #[error("the two passwords are not the same")]
    NotRepeated,
    /// A secret that is not UTF-8 text, too long, or empty where it may not be.
    #[error("the {what} from {from} is not usable: {why}")]
    Unusable {
        /// "PIN" or "password".
        what: &'static str,
        /// Where it came from.
        from: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Explain for InteractionError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Secret
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Source { .. } => {
                Some("check that the file or descriptor exists and may be read".into())
            }
            Self::Terminal(_) => Some("give the secret by environment or file instead".into()),
            Self::NotRepeated => Some("try again".into()),
            Self::Unusable { .. } => Some("put the secret there as one line of text".into()),
        }
    }
}

/// Asks a person, an environment or a file.
pub trait Interaction: Debug + Send + Sync {
    /// A PIN; `None` where there is nobody and nothing to ask.
    ///
    /// # Errors
    /// The source that was named cannot be read.
    fn pin(&self, request: &PinRequest) -> Result<Option<SecretString>, InteractionError>;

    /// A password; `None` where there is nobody and nothing to ask. An empty one is a password.
    ///
    /// # Errors
    /// The source that was named cannot be read.
    fn password(&self, request: &PasswordRequest)
    -> Result<Option<SecretString>, InteractionError>;

    /// Tells a person something that must be seen now, such as "touch the device" or "enter the
    /// PIN on the keypad".
    fn notify(&self, note: &str);
}

/// Asks each in turn; the first that answers wins.
#[derive(Debug)]
pub struct FirstOf(Vec<Box<dyn Interaction>>);

impl FirstOf {
    /// The order is the precedence.
    #[must_use]
    pub fn new(sources: Vec<Box<dyn Interaction>>) -> Self {
        Self(sources)
    }
}

impl Interaction for FirstOf {
    fn pin(&self, request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        self.0
            .iter()
            .find_map(|source| source.pin(request).transpose())
            .transpose()
    }

    fn password(
        &self,
        request: &PasswordRequest,
    ) -> Result<Option<SecretString>, InteractionError> {
        self.0
            .iter()
            .find_map(|source| source.password(request).transpose())
            .transpose()
    }

    fn notify(&self, note: &str) {
        if let Some(last) = self.0.last() {
            last.notify(note);
        }
    }
}
