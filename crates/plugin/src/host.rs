//! The host side: any program `sigstore-kms-NAME` on `PATH` is a backend for keys `NAME://ID`.
//!
//! Such a program is somebody else's, so it may hang, flood, crash and lie. Each call is one
//! process in a process group of its own, with a time limit and size limits; its answer is parsed
//! strictly; the public key is read once and kept for the life of a signer; and
//! [`touchmark_core::CheckedSigner`] verifies what it signed. It gets our environment, since that
//! is where plugins find their secrets, and what it says is not repeated with such a secret in it.
//!
//! The group is not the terminal's foreground one: a plugin cannot ask for a secret there.

mod answer;
mod error;
mod find;
mod generate;
mod process;
mod quote;
mod signer;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use touchmark_core::{
    Fault, KeyGenerator, KeyUri, OpenError, Provider, PublicKey, SecretString, Signer,
};

pub use error::PluginError;
pub use quote::Quote;

use crate::wire::{InitOptions, Method, PublicKeyOptions, Request, Response, RpcOptions};
use signer::PluginSigner;

/// How long a call may take unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The longest message in bytes that is handed to a plugin: pure Ed25519 alone needs it whole.
pub const MESSAGE_LIMIT: usize = 64 * 1024 * 1024;

/// The keys behind one plugin. Making one runs nothing.
#[derive(Clone, Debug)]
pub struct PluginProvider {
    plugin: Arc<Plugin>,
}

/// A plugin program and how it is called.
#[derive(Debug)]
pub(crate) struct Plugin {
    /// `sigstore-kms-NAME`: how errors call it, and its `argv[0]`.
    name: String,
    path: PathBuf,
    timeout: Duration,
    /// What must not be repeated from its output.
    secrets: Vec<SecretString>,
}

impl PluginProvider {
    /// Looks for `sigstore-kms-NAME` in the folders of `path` (the value of `PATH`), as a shell
    /// does; but folders that are not absolute are passed over, since what is in the current
    /// folder must not become a program that gets our secrets. `None` where there is none, or
    /// where the name has other characters than `a`-`z`, `0`-`9` and `-`.
    #[must_use]
    pub fn find(name: &str, path: Option<&OsStr>) -> Option<Self> {
        let found = find::find(name, path?)?;
        Some(Self {
            plugin: Arc::new(Plugin {
                name: format!("{}{name}", find::PREFIX),
                path: found,
                timeout: TIMEOUT,
                secrets: quote::secrets(std::env::vars_os()),
            }),
        })
    }

    /// Sets how long one call may take, instead of [`TIMEOUT`].
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        let plugin = &self.plugin;
        Self {
            plugin: Arc::new(Plugin {
                name: plugin.name.clone(),
                path: plugin.path.clone(),
                timeout,
                secrets: plugin.secrets.clone(),
            }),
        }
    }

    /// The program that was found.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.plugin.path
    }
}

#[async_trait]
impl Provider for PluginProvider {
    async fn open(&self, key: &KeyUri) -> Result<Box<dyn Signer>, OpenError> {
        let public_key = self.public_key(key).await?;
        let plugin = Arc::clone(&self.plugin);
        Ok(Box::new(PluginSigner::new(plugin, key.body(), public_key)))
    }

    async fn public_key(&self, key: &KeyUri) -> Result<PublicKey, OpenError> {
        let public_key = self.plugin.public_key(key.body()).await;
        public_key.map_err(|error| Fault::new(error).into())
    }

    fn generator(&self) -> Option<&dyn KeyGenerator> {
        Some(self)
    }
}

impl Plugin {
    /// Runs one method and returns the response, which has no error.
    async fn call(
        &self,
        key: &str,
        method: Method,
        stdin: Vec<u8>,
    ) -> Result<Response, PluginError> {
        let request = Request {
            init: InitOptions::new(key, self.deadline()),
            method,
        };
        let json = request.to_json().map_err(|source| PluginError::NotJson {
            program: self.name.clone(),
            answered: "nothing, since it cannot be asked",
            source,
            stderr: Quote::default(),
        })?;
        let run = process::Run {
            name: self.name.clone(),
            path: self.path.clone(),
            request: json,
            stdin,
            timeout: self.timeout,
        };
        self.interpret(process::run(run).await)
    }

    async fn public_key(&self, key: &str) -> Result<PublicKey, PluginError> {
        let options = PublicKeyOptions {
            rpc_options: RpcOptions::new(self.deadline()),
        };
        let response = self
            .call(key, Method::PublicKey(options), Vec::new())
            .await?;
        self.read_public_key(response.public_key, "publicKey")
    }

    /// When we give up: what the plugin is told, so that it may stop by itself. A limit beyond
    /// the calendar is not told.
    fn deadline(&self) -> Option<SystemTime> {
        const YEAR: Duration = Duration::from_hours(365 * 24);
        (self.timeout < YEAR).then(|| SystemTime::now() + self.timeout)
    }
}
