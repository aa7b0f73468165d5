//! `--registry-…`: how registries are reached.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::Args;
use touchmark_core::SecretString;
use touchmark_oci::{Environment, Login, Options, Registry};

use crate::error::CliError;

/// How registries are reached, with cosign's names.
#[derive(Args, Debug)]
#[command(next_help_heading = "Registry options")]
pub(crate) struct RegistryFlags {
    /// The account; without it, what `docker login` or `podman login` stored is used
    #[arg(long, value_name = "NAME", requires = "registry_password")]
    registry_username: Option<String>,

    /// The account's password; better given as TOUCHMARK_REGISTRY_PASSWORD
    #[arg(long, value_name = "PASSWORD", value_parser = secret, requires = "registry_username")]
    registry_password: Option<SecretString>,

    /// A bearer token; better given as TOUCHMARK_REGISTRY_TOKEN
    #[arg(long, value_name = "TOKEN", value_parser = secret, conflicts_with = "registry_username")]
    registry_token: Option<SecretString>,

    /// Authorities that are trusted instead of the system's, in PEM
    #[arg(long, value_name = "FILE")]
    registry_cacert: Option<PathBuf>,

    /// A client certificate in PEM
    #[arg(long, value_name = "FILE", requires = "registry_client_key")]
    registry_client_cert: Option<PathBuf>,

    /// The client certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "registry_client_cert")]
    registry_client_key: Option<PathBuf>,

    /// The name that the registry's certificate must have, instead of its host's
    #[arg(long, value_name = "NAME")]
    registry_server_name: Option<String>,

    /// Take plain HTTP where the registry has no TLS; loopback hosts always may
    #[arg(long)]
    allow_http_registry: bool,

    /// Do not verify the registry's certificate (for tests only)
    #[arg(long)]
    allow_insecure_registry: bool,

    /// How many connections are open at most
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=256))]
    registry_connections: u16,
}

/// Never fails, and is never shown again.
#[allow(
    clippy::unnecessary_wraps,
    reason = "clap wants a parser that may fail"
)]
fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

impl RegistryFlags {
    /// The one client of this run.
    pub(crate) fn client(&self) -> Result<Registry, CliError> {
        Ok(Registry::new(&self.options())?)
    }

    /// How much can be done at once without waiting for a connection.
    pub(crate) fn lanes(&self) -> usize {
        usize::from(self.registry_connections)
    }

    fn options(&self) -> Options {
        Options {
            login: self.login(),
            ca: self.registry_cacert.clone(),
            client_certificate: self.registry_client_cert.clone(),
            client_key: self.registry_client_key.clone(),
            server_name: self.registry_server_name.clone(),
            allow_http: self.allow_http_registry,
            allow_insecure: self.allow_insecure_registry,
            connections: self.lanes(),
            environment: Environment::from_process(),
            ..Options::default()
        }
    }

    fn login(&self) -> Login {
        match (
            &self.registry_username,
            &self.registry_password,
            &self.registry_token,
        ) {
            (Some(username), Some(password), _) => Login::Password {
                username: username.clone(),
                password: password.clone(),
            },
            (_, _, Some(token)) => Login::Token(token.clone()),
            _ => Login::Found,
        }
    }
}
