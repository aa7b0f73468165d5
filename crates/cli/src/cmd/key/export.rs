//! `key export`: the public half of a key, as PEM.

use std::path::PathBuf;

use clap::Args;

use super::super::{Verb, public_key};
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;

/// Prints the public half of a key as PEM; the private half never leaves its backend.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// The key: a path, env://VAR, a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,

    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    outfile: Option<PathBuf>,
}

impl Verb for Export {
    const NAME: &'static str = "export";
    const ABOUT: &'static str = "Export the public half of a key";
    const EXAMPLE: &'static str =
        "  touchmark key export 'pkcs11:token=release;object=2026' --outfile release.pub";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        public_key::export(context, &self.key, self.outfile).await
    }
}
