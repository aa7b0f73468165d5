//! REF: how a command names a key. A path, `env://VAR`, a backend's URI, or a configured name.

use std::path::Path;

use touchmark_core::uri::FILE;
use touchmark_core::{ErrorKind, KeyUri, PublicKey};

use crate::config::Config;
use crate::error::CliError;

/// A key that a command was told to use.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) uri: KeyUri,
    /// What its public half must be, where the configuration says.
    pub(crate) pinned: Option<PublicKey>,
}

/// How cosign spells a reference that is meant for us: what follows means the same.
const OURS: &str = "touchmark://";

impl Reference {
    /// Reads a reference. The configuration is read only where a name is possible.
    ///
    /// One that is both a configured name and a file is refused: neither is guessed.
    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        let text = text.strip_prefix(OURS).unwrap_or(text);
        let uri: KeyUri = text.parse()?;
        // A scheme or a slash says that no name is meant.
        if uri.scheme() != FILE || uri.body() != text || text.contains('/') {
            return Ok(Self { uri, pinned: None });
        }
        let config = Config::load()?;
        match config.get(text) {
            Some(_) if Path::new(text).exists() => Err(ambiguous(text, &config)),
            Some(named) => Ok(Self {
                uri: named.uri.clone(),
                pinned: named.public_key.clone(),
            }),
            None if Path::new(text).exists() => Ok(Self { uri, pinned: None }),
            None => Err(unknown(text, &config)),
        }
    }
}

fn ambiguous(text: &str, config: &Config) -> CliError {
    let path = config.path().display();
    CliError::new(
        ErrorKind::Key,
        format!("{text:?} is a file and also a name in {path}"),
    )
    .hint(format!(
        "write ./{text} for the file, or rename one of the two"
    ))
}

fn unknown(text: &str, config: &Config) -> CliError {
    let names = config.names().collect::<Vec<_>>().join(", ");
    let hint = match names.as_str() {
        "" => "give a path, env://VAR, or a URI such as pkcs11:token=…;object=…".to_owned(),
        names => format!("the configured names are {names}"),
    };
    CliError::new(
        ErrorKind::Key,
        format!("no key file and no configured name {text:?}"),
    )
    .hint(hint)
}
