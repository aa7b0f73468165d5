//! `public-key`: the public half of a key, as PEM.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::flags::KeyFlags;
use crate::outcome::Outcome;
use crate::output_file::{self, Mode};
use crate::reference::Reference;

/// Prints the public key as PEM (SubjectPublicKeyInfo), or writes it to a file.
#[derive(Args, Debug)]
pub(crate) struct PublicKeyVerb {
    #[command(flatten)]
    key: KeyFlags,

    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    outfile: Option<PathBuf>,
}

impl Verb for PublicKeyVerb {
    const NAME: &'static str = "public-key";
    const ABOUT: &'static str = "Print the public half of a key";
    const EXAMPLE: &'static str = "  touchmark public-key --key cosign.key --outfile cosign.pub";

    fn is_single(&self) -> bool {
        true
    }

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        export(context, &self.key.reference()?, self.outfile).await
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    key_id: String,
    algorithm: String,
    pem: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

/// Shared with `key export`.
pub(crate) async fn export(
    context: &Context,
    reference: &str,
    outfile: Option<PathBuf>,
) -> Result<Outcome, CliError> {
    let key = context.public_key(&Reference::parse(reference)?).await?;
    let pem = key.to_pem();
    let exported = Exported {
        key_id: key.key_id().to_string(),
        algorithm: key.algorithm().name(),
        pem: pem.clone(),
        path: outfile.as_ref().map(|path| path.display().to_string()),
    };
    let outcome = match &outfile {
        None => Outcome::text(pem),
        Some(path) => {
            output_file::replace(path, pem.as_bytes(), Mode::Public)?;
            Outcome::default().note(format!("Public key written to {}", path.display()))
        }
    };
    Ok(outcome.json(&exported))
}
