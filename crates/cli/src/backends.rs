//! The only place that knows every backend. A new backend is a crate and a line in
//! [`Backends::provider`].

use std::env;
use std::sync::Arc;

use touchmark_core::uri::FILE;
use touchmark_core::{Interaction, Provider};
use touchmark_file::FileProvider;
use touchmark_pkcs11::{Pkcs11Options, Pkcs11Provider};
use touchmark_plugin::PluginProvider;

use crate::error::CliError;
use crate::globals::Globals;
use crate::pkcs11_modules;
use crate::reference::Reference;

/// Makes the backend of a scheme when it is first needed, and no other.
#[derive(Debug)]
pub(crate) struct Backends<'a> {
    globals: &'a Globals,
    interaction: &'a Arc<dyn Interaction>,
}

impl<'a> Backends<'a> {
    pub(crate) fn new(globals: &'a Globals, interaction: &'a Arc<dyn Interaction>) -> Self {
        Self {
            globals,
            interaction,
        }
    }

    /// The backend of a reference's scheme.
    pub(crate) fn provider(&self, reference: &Reference) -> Result<Box<dyn Provider>, CliError> {
        match reference.uri.scheme() {
            FILE | "env" => Ok(Box::new(FileProvider::new(Arc::clone(self.interaction)))),
            "pkcs11" => Ok(Box::new(self.pkcs11(reference))),
            scheme => plugin(scheme),
        }
    }

    fn pkcs11(&self, reference: &Reference) -> Pkcs11Provider {
        let options = Pkcs11Options {
            default_module: pkcs11_modules::default_module(),
            use_final_pin_try: self.globals.use_final_pin_try,
            ..Pkcs11Options::default()
        };
        let provider = Pkcs11Provider::new(options, Arc::clone(self.interaction));
        match &reference.pinned {
            Some(pinned) => provider.with_pinned(reference.uri.clone(), pinned.clone()),
            None => provider,
        }
    }
}

/// Any other scheme is served by a program `sigstore-kms-SCHEME`, if there is one on PATH.
fn plugin(scheme: &str) -> Result<Box<dyn Provider>, CliError> {
    let path = env::var_os("PATH");
    match PluginProvider::find(scheme, path.as_deref()) {
        Some(provider) => Ok(Box::new(provider)),
        None => Err(
            CliError::usage(format!("no backend for keys of the scheme {scheme:?}")).hint(format!(
                "known are paths, env:// and pkcs11:, and every program sigstore-kms-NAME on PATH \
                 as NAME://…; there is no sigstore-kms-{scheme}"
            )),
        ),
    }
}
