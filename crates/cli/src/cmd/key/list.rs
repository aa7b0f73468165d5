//! `key list`: the keys that a URI matches, or all of the local tokens.

use clap::Args;

use super::super::Verb;
use super::listing::Shown;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::pkcs11_modules;
use crate::reference::Reference;

/// Lists keys with their URIs and key ids. Without a URI: those in the local PKCS#11 tokens.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only the keys that it matches, such as pkcs11:token=release
    #[arg(value_name = "URI")]
    uri: Option<String>,
}

impl Verb for List {
    const NAME: &'static str = "list";
    const ABOUT: &'static str = "List keys";
    const EXAMPLE: &'static str = "  touchmark key list 'pkcs11:token=release'";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let references = match &self.uri {
            Some(uri) => vec![Reference::parse(uri)?],
            None => local_tokens()?,
        };
        let mut shown = Vec::new();
        for reference in &references {
            let provider = context.provider(reference)?;
            let lister = provider.lister().ok_or_else(|| {
                CliError::usage(format!("keys cannot be listed at {}", reference.uri))
                    .hint("`touchmark key show` shows one key")
            })?;
            let keys = lister.list(&reference.uri).await?;
            shown.extend(keys.iter().map(Shown::from));
        }
        let text = shown.iter().map(Shown::in_short).collect::<String>();
        Ok(Outcome::text(text).json(&shown))
    }
}

/// One reference for each PKCS#11 module that is configured or installed.
fn local_tokens() -> Result<Vec<Reference>, CliError> {
    let modules = pkcs11_modules::configured_or_installed();
    if modules.is_empty() {
        return Err(
            CliError::usage("no PKCS#11 module is configured or installed")
                .hint("set TOUCHMARK_PKCS11_MODULE, or give a URI with module-path"),
        );
    }
    Ok(modules
        .iter()
        .map(|module| Reference {
            uri: pkcs11_modules::uri_of(module),
            pinned: None,
        })
        .collect::<Vec<Reference>>())
}
