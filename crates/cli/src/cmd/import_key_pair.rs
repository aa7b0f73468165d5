//! `import-key-pair`: encrypts an existing private key as cosign keeps them.

use std::path::PathBuf;

use clap::Args;

use super::Verb;
use super::key_pair_files::KeyPairFiles;
use crate::context::Context;
use crate::error::CliError;
use crate::input_file::{self, ReadError};
use crate::outcome::Outcome;

/// Reads an unencrypted PEM private key (PKCS#8, SEC1 or PKCS#1) and writes it as PREFIX.key,
/// encrypted with COSIGN_PASSWORD, and PREFIX.pub.
#[derive(Args, Debug)]
pub(crate) struct ImportKeyPair {
    /// The private key in PEM
    #[arg(short = 'k', long, value_name = "FILE")]
    key: PathBuf,

    /// What the names of the two files start with
    #[arg(
        short = 'o',
        long,
        value_name = "PREFIX",
        default_value = "import-cosign"
    )]
    output_key_prefix: String,

    /// Overwrite files that are there
    #[arg(short = 'y', long)]
    yes: bool,
}

impl Verb for ImportKeyPair {
    const NAME: &'static str = "import-key-pair";
    const ABOUT: &'static str = "Encrypt an existing private key as cosign keeps them";
    const EXAMPLE: &'static str =
        "  COSIGN_PASSWORD=secret touchmark import-key-pair --key openssl.pem";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let files = KeyPairFiles::new(&self.output_key_prefix, self.yes);
        files.check(true)?;
        let pem = input_file::read_secret(&self.key).map_err(ReadError::into_cli)?;
        let key = touchmark_file::import(&pem)
            .map_err(|error| CliError::from(error).context(&self.key.display().to_string()))?;
        files.write_pair(context, &key)
    }
}
