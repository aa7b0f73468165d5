//! `key destroy`: destroys one key for good, if its id is the one that was confirmed.

use clap::Args;
use serde::Serialize;
use touchmark_core::KeyId;

use super::super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::{Outcome, lines};
use crate::reference::Reference;

/// Destroys one key for good: the private key, the public key and certificates with the same id.
#[derive(Args, Debug)]
pub(crate) struct Destroy {
    /// The key: a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,

    /// The id of the key, as `key show` prints it: SHA256:…
    #[arg(long, value_name = "KEYID")]
    confirm: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Destroyed {
    uri: String,
    key_id: String,
    #[serde(rename = "destroyed")]
    objects: Vec<String>,
}

impl Verb for Destroy {
    const NAME: &'static str = "destroy";
    const ABOUT: &'static str = "Destroy one key for good";
    const EXAMPLE: &'static str = "  touchmark key destroy 'pkcs11:token=release;object=2025' \
                                   --confirm \"$KEYID\"";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let confirm = KeyId::parse(&self.confirm).ok_or_else(|| {
            CliError::usage("--confirm is not a key id")
                .hint("give the id that `touchmark key show` prints: SHA256: and base64")
        })?;
        let reference = Reference::parse(&self.key)?;
        let provider = context.provider(&reference)?;
        let destroyer = provider.destroyer().ok_or_else(|| {
            CliError::usage(format!("keys cannot be destroyed at {}", reference.uri))
                .hint("a key in a file is destroyed by shredding the file")
        })?;
        let objects = destroyer.destroy(&reference.uri, &confirm).await?;
        let text = lines(objects.iter().map(|object| format!("destroyed {object}")));
        let result = Destroyed {
            uri: reference.uri.to_string(),
            key_id: confirm.to_string(),
            objects,
        };
        Ok(Outcome::text(text).json(&result))
    }
}
