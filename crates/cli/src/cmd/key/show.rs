//! `key show`: one key with its protection attributes.

use clap::Args;
use touchmark_core::{ErrorKind, KeyListing};

use super::super::Verb;
use super::listing::Shown;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::reference::Reference;

/// Shows one key: its URI, id, algorithm, and how the token protects it.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The key: a path, env://VAR, a URI such as pkcs11:…, or a configured name
    #[arg(value_name = "REF")]
    key: String,
}

impl Verb for Show {
    const NAME: &'static str = "show";
    const ABOUT: &'static str = "Show one key and how it is protected";
    const EXAMPLE: &'static str = "  touchmark key show 'pkcs11:token=release;object=2026'";

    async fn run(self, context: &Context) -> Result<Outcome, CliError> {
        let reference = Reference::parse(&self.key)?;
        let shown = Shown::from(&find(context, &reference).await?);
        Ok(Outcome::text(shown.in_full()).json(&[shown]))
    }
}

/// The one key that a reference names, as its backend lists it or, where that lists nothing, as
/// its public half shows it.
async fn find(context: &Context, reference: &Reference) -> Result<KeyListing, CliError> {
    let public_key = context.public_key(reference).await?;
    let provider = context.provider(reference)?;
    let Some(lister) = provider.lister() else {
        return Ok(KeyListing {
            uri: reference.uri.clone(),
            public_key: Some(public_key),
            label: None,
            id: None,
            token: None,
            protection: Vec::new(),
            proven: false,
        });
    };
    let keys = lister.list(&reference.uri).await?;
    keys.into_iter()
        .find(|key| key.public_key.as_ref() == Some(&public_key))
        .ok_or_else(|| {
            CliError::new(
                ErrorKind::Key,
                format!("the backend does not list {}", reference.uri),
            )
        })
}
