//! What a verb may use: the backends, the person or environment to ask, and the flags of all verbs.

use std::path::PathBuf;
use std::sync::Arc;

use touchmark_core::interaction::{
    Environment, FirstOf, NonInteractive, SecretFile, SecretSource, Terminal,
};
use touchmark_core::{CheckedSigner, Interaction, Provider, PublicKey};

use crate::backends::Backends;
use crate::error::CliError;
use crate::globals::Globals;
use crate::reference::Reference;
use crate::report;
use crate::stdin_password::StdinPassword;

/// Handed to every verb.
#[derive(Debug)]
pub(crate) struct Context {
    globals: Globals,
    interaction: Arc<dyn Interaction>,
}

impl Context {
    pub(crate) fn new(globals: Globals) -> Self {
        let interaction = Arc::new(FirstOf::new(sources(&globals)));
        Self {
            globals,
            interaction,
        }
    }

    /// The same, with nobody to ask for a PIN or password.
    pub(crate) fn without_secrets(&self) -> Self {
        Self {
            globals: self.globals.clone(),
            interaction: Arc::new(NonInteractive),
        }
    }

    pub(crate) fn globals(&self) -> &Globals {
        &self.globals
    }

    pub(crate) fn interaction(&self) -> &Arc<dyn Interaction> {
        &self.interaction
    }

    /// The backend of a reference's scheme.
    pub(crate) fn provider(&self, reference: &Reference) -> Result<Box<dyn Provider>, CliError> {
        Backends::new(&self.globals, &self.interaction).provider(reference)
    }

    /// Opens a key to sign with it.
    pub(crate) async fn open(&self, reference: &Reference) -> Result<CheckedSigner, CliError> {
        self.verbose(&format!("opening {}", reference.uri));
        let signer = self.provider(reference)?.open(&reference.uri).await?;
        let signer = CheckedSigner::new(signer, reference.pinned.as_ref())?;
        let key = signer.public_key();
        self.verbose(&format!("opened {} key {}", key.algorithm(), key.key_id()));
        Ok(signer)
    }

    /// The public half of a key, with as little access as it takes.
    pub(crate) async fn public_key(&self, reference: &Reference) -> Result<PublicKey, CliError> {
        let key = self.provider(reference)?.public_key(&reference.uri).await?;
        match &reference.pinned {
            Some(pinned) if *pinned != key => {
                Err(CliError::from(touchmark_core::OpenError::NotPinned {
                    found: key.key_id(),
                    pinned: pinned.key_id(),
                }))
            }
            _ => Ok(key),
        }
    }

    /// Tells what is being done, where that was asked for.
    pub(crate) fn verbose(&self, text: &str) {
        if self.globals.verbose {
            report::note(text);
        }
    }
}

/// Who is asked for secrets, in order: the flags, the environment, a person, standard input.
fn sources(globals: &Globals) -> Vec<Box<dyn Interaction>> {
    let mut sources: Vec<Box<dyn Interaction>> = Vec::new();
    let file = globals
        .pin_file
        .clone()
        .map(|path: PathBuf| SecretSource::File(path));
    let descriptor = globals.pin_fd.map(SecretSource::Descriptor);
    if let Some(source) = file.or(descriptor) {
        sources.push(Box::new(SecretFile::new(source)));
    }
    sources.push(Box::new(Environment));
    sources.push(Box::new(StdinPassword));
    sources.push(Box::new(Terminal));
    sources
}
