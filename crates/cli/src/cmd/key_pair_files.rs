//! A key pair in two files, PREFIX.key and PREFIX.pub, as cosign names them.

use std::path::PathBuf;

use serde::Serialize;
use touchmark_core::interaction::PasswordRequest;
use touchmark_core::{ErrorKind, PublicKey};
use touchmark_file::PrivateKey;

use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output_file::{self, Mode};

/// Where a pair goes.
pub(super) struct KeyPairFiles {
    prefix: String,
    overwrite: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    key_id: String,
    algorithm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
    public_key: String,
}

impl KeyPairFiles {
    pub(super) fn new(prefix: &str, overwrite: bool) -> Self {
        Self {
            prefix: prefix.to_owned(),
            overwrite,
        }
    }

    fn private(&self) -> PathBuf {
        PathBuf::from(format!("{}.key", self.prefix))
    }

    fn public(&self) -> PathBuf {
        PathBuf::from(format!("{}.pub", self.prefix))
    }

    /// Refuses early, before a password is asked for or a key is made, where a file is there.
    pub(super) fn check(&self, with_private: bool) -> Result<(), CliError> {
        let private = with_private.then(|| self.private());
        match private
            .into_iter()
            .chain([self.public()])
            .find(|path| path.exists())
        {
            Some(path) if !self.overwrite => Err(output_file::already_exists(&path)),
            _ => Ok(()),
        }
    }

    /// Encrypts the private key with a new password and writes both files, or neither.
    pub(super) fn write_pair(
        &self,
        context: &Context,
        key: &PrivateKey,
    ) -> Result<Outcome, CliError> {
        let (private, public) = (self.private(), self.public());
        let request = PasswordRequest {
            subject: private.display().to_string(),
            new: true,
        };
        let password = context
            .interaction()
            .password(&request)?
            .ok_or_else(no_password)?;
        let pem = key.encrypt(&password)?;
        let files = vec![
            output_file::stage(&private, pem.as_bytes(), Mode::Private)?,
            output_file::stage(&public, key.public_key().to_pem().as_bytes(), Mode::Public)?,
        ];
        output_file::write_together(files, self.overwrite)?;
        let written = written(key.public_key(), Some(&private), &public);
        Ok(Outcome::default()
            .note(format!("Private key written to {}", private.display()))
            .note(format!("Public key written to {}", public.display()))
            .json(&written))
    }

    /// Writes the public half of a key that lives elsewhere.
    pub(super) fn write_public(&self, key: &PublicKey) -> Result<Outcome, CliError> {
        let public = self.public();
        let file = output_file::stage(&public, key.to_pem().as_bytes(), Mode::Public)?;
        output_file::write_together(vec![file], self.overwrite)?;
        Ok(Outcome::default()
            .note(format!("Public key written to {}", public.display()))
            .json(&written(key, None, &public)))
    }
}

fn written(key: &PublicKey, private: Option<&PathBuf>, public: &std::path::Path) -> Written {
    Written {
        key_id: key.key_id().to_string(),
        algorithm: key.algorithm().name(),
        private_key: private.map(|path| path.display().to_string()),
        public_key: public.display().to_string(),
    }
}

fn no_password() -> CliError {
    CliError::new(ErrorKind::Secret, "no password for the private key")
        .hint("set COSIGN_PASSWORD (empty is allowed), or run it at a terminal")
}
