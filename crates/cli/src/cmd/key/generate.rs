//! `key generate`: makes a key pair where it will live.

use clap::Args;
use serde::Serialize;
use touchmark_core::{KeyAlgorithm, PublicKey};

use super::super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::reference::Reference;

/// Makes a key pair at the URI, sensitive and not extractable, and prints the public half.
#[derive(Args, Debug)]
pub(crate) struct Generate {
    /// Where to make it, such as pkcs11:token=release;object=2026
    #[arg(value_name = "URI")]
    uri: String,

    /// The algorithm and size of the key
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256")]
    algorithm: KeyAlgorithm,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generated {
    uri: String,
    key_id: String,
    algorithm: String,
    pem: String,
}

impl Verb for Generate {
    const NAME: &'static str = "generate";
    const ABOUT: &'static str = "Make a key pair in a token or another backend";
    const EXAMPLE: &'static str = "  touchmark key generate 'pkcs11:token=release;object=2026'";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let key = generate_at(context, &self.uri, self.algorithm).await?;
        let generated = Generated {
            uri: Reference::parse(&self.uri)?.uri.to_string(),
            key_id: key.key_id().to_string(),
            algorithm: key.algorithm().name(),
            pem: key.to_pem(),
        };
        Ok(Outcome::text(key.to_pem())
            .note(format!(
                "{} key {} made",
                generated.algorithm, generated.key_id
            ))
            .json(&generated))
    }
}

/// Makes a key; also for `generate-key-pair --kms`.
pub(crate) async fn generate_at(
    context: &Context,
    uri: &str,
    algorithm: KeyAlgorithm,
) -> Result<PublicKey, CliError> {
    let reference = Reference::parse(uri)?;
    let provider = context.provider(&reference)?;
    let generator = provider.generator().ok_or_else(|| {
        CliError::usage(format!("keys cannot be made at {uri:?}"))
            .hint("for a key in files use `touchmark generate-key-pair`")
    })?;
    Ok(generator.generate(&reference.uri, algorithm).await?)
}
