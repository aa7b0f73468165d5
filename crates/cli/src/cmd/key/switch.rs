//! `key disable` and `key enable`: a key that may not sign for now.

use clap::Args;
use serde::Serialize;

use super::super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::reference::Reference;

/// Forbids one key to sign, without destroying it.
#[derive(Args, Debug)]
pub(crate) struct Disable {
    /// The key: a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,
}

/// Allows a disabled key to sign again.
#[derive(Args, Debug)]
pub(crate) struct Enable {
    /// The key: a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,
}

impl Verb for Disable {
    const NAME: &'static str = "disable";
    const ABOUT: &'static str = "Forbid a key to sign, without destroying it";
    const EXAMPLE: &'static str = "  touchmark key disable 'pkcs11:token=release;object=2026'";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        switch(context, &self.key, false).await
    }
}

impl Verb for Enable {
    const NAME: &'static str = "enable";
    const ABOUT: &'static str = "Allow a disabled key to sign again";
    const EXAMPLE: &'static str = "  touchmark key enable 'pkcs11:token=release;object=2026'";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        switch(context, &self.key, true).await
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Switched {
    uri: String,
    key_id: String,
    enabled: bool,
}

async fn switch(context: &Context, key: &str, enabled: bool) -> Result<Outcome, CliError> {
    let reference = Reference::parse(key)?;
    let provider = context.provider(&reference)?;
    let switch = provider.switch().ok_or_else(|| {
        CliError::usage(format!(
            "keys cannot be disabled or enabled at {}",
            reference.uri
        ))
        .hint("only keys in tokens and key services can")
    })?;
    let key_id = switch
        .set_enabled(&reference.uri, enabled)
        .await?
        .to_string();
    let word = if enabled { "enabled" } else { "disabled" };
    let text = format!("{key_id} {word}\n");
    Ok(Outcome::text(text).json(&Switched {
        uri: reference.uri.to_string(),
        key_id,
        enabled,
    }))
}
