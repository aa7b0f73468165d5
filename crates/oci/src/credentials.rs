//! Who logs in where: flags, docker's and podman's files, and credential helpers.

mod file;
mod helper;
mod keychain;

use std::fmt;

use touchmark_core::SecretString;

pub(crate) use keychain::Keychain;

/// Who is logging in, by the user's word.
#[derive(Clone, Debug, Default)]
pub enum Login {
    /// Whoever docker's or podman's configuration names for each registry.
    #[default]
    Found,
    /// One account for every registry that is named in the run.
    Password {
        /// The account.
        username: String,
        /// Its password or access token.
        password: SecretString,
    },
    /// A registry token, which is sent as it is.
    Token(SecretString),
    /// Nobody.
    Anonymous,
}

/// What there is for one registry.
#[derive(Clone)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// An account.
    Password {
        username: String,
        password: SecretString,
    },
    /// A token that buys registry tokens (OAuth 2 refresh token).
    Identity(SecretString),
    /// A registry token itself.
    Registry(SecretString),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password { .. } => "Password",
            Self::Identity(_) => "Identity",
            Self::Registry(_) => "Registry",
        })
    }
}
