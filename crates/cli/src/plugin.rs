//! cosign calls us: the same program, under the name `sigstore-kms-touchmark`, is a KMS plugin.
//!
//! `cosign sign-blob --key touchmark://REF` then signs with any key that REF names here.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use async_trait::async_trait;
use touchmark_core::{CheckedSigner, ErrorKind, Explain, Fault, KeyAlgorithm, PublicKey};
use touchmark_plugin::{PluginBackend, serve_arguments};

use crate::cmd::generate_at;
use crate::context::Context;
use crate::error::CliError;
use crate::globals::Globals;
use crate::reference::Reference;
use crate::stdin_password;

const NAME: &str = "sigstore-kms-touchmark";

/// Whether the program was called by the plugin's name.
pub(crate) fn is_called_as_plugin(arguments: &[OsString]) -> bool {
    arguments
        .first()
        .and_then(|name| Path::new(name).file_name())
        .is_some_and(|name| name == NAME)
}

/// Answers one call. The answer says whether it succeeded, and the exit code nothing: it is 0
/// wherever the answer could be written.
pub(crate) fn main(arguments: &[OsString]) -> ExitCode {
    // Standard input holds the message, so that it cannot hold a password.
    stdin_password::stdin_is_data();
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    else {
        return ExitCode::FAILURE;
    };
    let keys = Keys(Context::new(Globals::default()));
    let arguments = arguments.iter().skip(1).cloned();
    let answer = runtime.block_on(serve_arguments(arguments, io::stdin(), &keys));
    let written = writeln!(io::stdout().lock(), "{answer}");
    runtime.shutdown_background();
    if written.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The keys that cosign can use: those of the command line.
#[derive(Debug)]
struct Keys(Context);

#[async_trait]
impl PluginBackend for Keys {
    async fn open(&self, key: &str) -> Result<CheckedSigner, Fault> {
        let reference = Reference::parse(key).map_err(told)?;
        self.0.open(&reference).await.map_err(told)
    }

    async fn public_key(&self, key: &str) -> Result<PublicKey, Fault> {
        let reference = Reference::parse(key).map_err(told)?;
        self.0.public_key(&reference).await.map_err(told)
    }

    async fn generate(&self, key: &str, algorithm: KeyAlgorithm) -> Result<PublicKey, Fault> {
        generate_at(&self.0, key, algorithm).await.map_err(told)
    }
}

fn told(error: CliError) -> Fault {
    Fault::new(Told(error))
}

/// An error of the command line, as the protocol's library takes errors.
#[derive(Debug)]
struct Told(CliError);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())?;
        self.0
            .causes()
            .iter()
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl StdError for Told {}

impl Explain for Told {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn hint(&self) -> Option<String> {
        Some(self.0.hint_text().to_owned())
    }
}
