//! The public keys that a verification trusts.

use std::path::Path;

use touchmark_core::uri::FILE;
use touchmark_core::{ErrorKind, PublicKey};
use touchmark_formats::NamedKey;

use crate::context::Context;
use crate::error::CliError;
use crate::input_file;
use crate::reference::Reference;

/// Every key that a reference stands for: all in a PEM file or variable of public keys, or the
/// one of a private key or backend.
pub(crate) async fn load(context: &Context, text: &str) -> Result<Vec<NamedKey>, CliError> {
    let reference = Reference::parse(text)?;
    let name = reference.uri.to_string();
    if let Some(pem) = public_pem(&reference)? {
        let keys =
            PublicKey::all_from_pem(&pem).map_err(|error| CliError::from(error).context(&name))?;
        check_pin(&reference, &keys)?;
        return Ok(named(&name, keys));
    }
    let key = context.public_key(&reference).await?;
    Ok(vec![NamedKey { name, key }])
}

/// The text of a file or variable that holds public keys and no private one.
fn public_pem(reference: &Reference) -> Result<Option<String>, CliError> {
    let uri = &reference.uri;
    let text = match uri.scheme() {
        FILE => match input_file::read_limited(Path::new(uri.body())) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // The backend explains what a key file must be.
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error.into_cli()),
        },
        "env" => std::env::var(uri.body()).unwrap_or_default(),
        _ => return Ok(None),
    };
    Ok(text.contains("PUBLIC KEY-----").then_some(text))
}

fn check_pin(reference: &Reference, keys: &[PublicKey]) -> Result<(), CliError> {
    match &reference.pinned {
        Some(pinned) if keys != [pinned.clone()] => Err(CliError::new(
            ErrorKind::Key,
            format!(
                "{} does not hold the pinned key {}",
                reference.uri,
                pinned.key_id()
            ),
        )
        .hint("check the file, or pin the new public key if the key was replaced")),
        _ => Ok(()),
    }
}

/// Several keys of one file are told apart by their place in it.
fn named(name: &str, keys: Vec<PublicKey>) -> Vec<NamedKey> {
    let several = keys.len() > 1;
    let name_of = |place: usize| {
        if several {
            format!("{name} (key {place})")
        } else {
            name.to_owned()
        }
    };
    keys.into_iter()
        .zip(1..)
        .map(|(key, place)| NamedKey {
            name: name_of(place),
            key,
        })
        .collect()
}
