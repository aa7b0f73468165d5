//! `key list`: the keys that a URI matches, or all of the local tokens.

use clap::Args;
use touchmark_core::ErrorKind;

use super::super::Verb;
use super::listing::Shown;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::pkcs11_modules;
use crate::reference::Reference;
use crate::report;

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
        let mut shown = match &self.uri {
            Some(uri) => list(context, &Reference::parse(uri)?).await?,
            None => list_local(context).await?,
        };
        // Tokens list in no order; results that scripts compare need one.
        shown.sort_by(|one, other| one.uri().cmp(other.uri()));
        let text = shown.iter().map(Shown::in_short).collect::<String>();
        Ok(Outcome::text(text).json(&shown))
    }
}

async fn list(context: &Context, reference: &Reference) -> Result<Vec<Shown>, CliError> {
    let provider = context.provider(reference)?;
    let lister = provider.lister().ok_or_else(|| {
        CliError::usage(format!("keys cannot be listed at {}", reference.uri))
            .hint("`touchmark key show` shows one key")
    })?;
    let keys = lister.list(&reference.uri).await?;
    Ok(keys.iter().map(Shown::from).collect())
}

/// The keys of all local tokens. A module without tokens has none; one that fails is told of, and
/// stops no other.
async fn list_local(context: &Context) -> Result<Vec<Shown>, CliError> {
    let modules = local_modules()?;
    // One PIN is for one token: it must not be tried on another module's.
    let without_pin = context.without_secrets();
    let context = match modules.as_slice() {
        [_] => context,
        _ => &without_pin,
    };
    let (mut shown, mut failures) = (Vec::new(), Vec::new());
    for module in &modules {
        match list(context, module).await {
            Ok(keys) => shown.extend(keys),
            Err(error) if error.kind() == ErrorKind::Key => {}
            Err(error) => failures.push(error),
        }
    }
    match failures.pop() {
        Some(error) if modules.len() == failures.len() + 1 => Err(error),
        last => {
            for error in failures.iter().chain(&last) {
                report::note(&format!("note: {}: left out", error.message()));
            }
            Ok(shown)
        }
    }
}

/// One reference for each PKCS#11 module that is configured or installed.
fn local_modules() -> Result<Vec<Reference>, CliError> {
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
