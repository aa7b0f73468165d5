//! `generate-key-pair`: a key pair in files, or in a backend.

use clap::Args;
use touchmark_core::KeyAlgorithm;

use super::Verb;
use super::key::generate::generate_at;
use super::key_pair_files::KeyPairFiles;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;

/// Makes a key pair as cosign does: PREFIX.key, encrypted with COSIGN_PASSWORD, and PREFIX.pub.
/// With --kms the key is made in the backend that the URI names, and only PREFIX.pub is written.
#[derive(Args, Debug)]
pub(crate) struct GenerateKeyPair {
    /// What the names of the two files start with
    #[arg(long, value_name = "PREFIX", default_value = "cosign")]
    output_key_prefix: String,

    /// The algorithm and size of the key
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256")]
    algorithm: KeyAlgorithm,

    /// Make the key in this backend: any key URI
    #[arg(long, value_name = "URI")]
    kms: Option<String>,

    /// Overwrite files that are there
    #[arg(short = 'y', long)]
    yes: bool,

    /// Where else cosign could store a pair: not supported
    #[arg(hide = true, value_name = "k8s://…")]
    destination: Option<String>,
}

impl Verb for GenerateKeyPair {
    const NAME: &'static str = "generate-key-pair";
    const ABOUT: &'static str = "Make a key pair in files or in a backend";
    const EXAMPLE: &'static str = "  COSIGN_PASSWORD=secret touchmark generate-key-pair";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        if let Some(destination) = &self.destination {
            return Err(
                CliError::usage(format!("keys cannot be made at {destination:?}"))
                    .hint("leave it out to write files, or give --kms URI"),
            );
        }
        let files = KeyPairFiles::new(&self.output_key_prefix, self.yes);
        files.check(self.kms.is_none())?;
        let Some(uri) = &self.kms else {
            return files.write_pair(context, &touchmark_file::generate(self.algorithm)?);
        };
        let key = generate_at(context, uri, self.algorithm).await?;
        files.write_public(&key).map_err(|error| {
            // The key is made by now: say so, and how to get its public half.
            let made = format!("the key was made at {uri}, but");
            error
                .context(&made)
                .hint("`touchmark public-key` exports the public half")
        })
    }
}
