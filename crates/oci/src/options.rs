//! How registries are reached.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::credentials::Login;
use crate::limits::Limits;

/// How registries are reached. [`Options::default`] is what fits a public registry.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who is logging in.
    pub login: Login,
    /// A file of PEM certificates of authorities that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// The client's certificate and chain, PEM. Needs `client_key`.
    pub client_certificate: Option<PathBuf>,
    /// The client certificate's private key, PEM and not encrypted.
    pub client_key: Option<PathBuf>,
    /// The name that the registry's certificate must have, instead of its host's.
    pub server_name: Option<String>,
    /// Take plain HTTP where a registry has no TLS. Loopback hosts may always.
    pub allow_http: bool,
    /// Do not verify the registry's certificate.
    pub allow_insecure: bool,
    /// How many connections are open at most, over all registries. At least two.
    pub connections: usize,
    /// What is said in `User-Agent`.
    pub user_agent: String,
    /// How much is taken.
    pub limits: Limits,
    /// Where configuration, credentials and proxies are found.
    pub environment: Environment,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            login: Login::Found,
            ca: None,
            client_certificate: None,
            client_key: None,
            server_name: None,
            allow_http: false,
            allow_insecure: false,
            connections: 8,
            user_agent: concat!("touchmark/", env!("CARGO_PKG_VERSION")).into(),
            limits: Limits::default(),
            environment: Environment::default(),
        }
    }
}

/// The environment variables that matter here, read once.
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` are not among them: the system's authorities are read from
/// the process's own environment.
#[derive(Clone, Default)]
pub struct Environment {
    /// `HOME`: where `.docker/config.json` is.
    pub home: Option<OsString>,
    /// `DOCKER_CONFIG`: the folder of `config.json`.
    pub docker_config: Option<OsString>,
    /// `REGISTRY_AUTH_FILE`: podman's file.
    pub registry_auth_file: Option<OsString>,
    /// `XDG_RUNTIME_DIR`: where podman's `containers/auth.json` is.
    pub runtime_dir: Option<OsString>,
    /// `PATH`: where credential helpers are.
    pub path: Option<OsString>,
    /// `HTTPS_PROXY`, or `https_proxy`; may hold a password.
    pub https_proxy: Option<String>,
    /// `HTTP_PROXY`, or `http_proxy`; may hold a password.
    pub http_proxy: Option<String>,
    /// `ALL_PROXY`, or `all_proxy`; may hold a password.
    pub all_proxy: Option<String>,
    /// `NO_PROXY`, or `no_proxy`.
    pub no_proxy: Option<String>,
}

impl Environment {
    /// Reads the process's environment.
    #[must_use]
    pub fn from_process() -> Self {
        let os = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let either = |upper: &str| {
            let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
            text(upper).or_else(|| text(&upper.to_ascii_lowercase()))
        };
        Self {
            home: os("HOME"),
            docker_config: os("DOCKER_CONFIG"),
            registry_auth_file: os("REGISTRY_AUTH_FILE"),
            runtime_dir: os("XDG_RUNTIME_DIR"),
            path: os("PATH"),
            https_proxy: either("HTTPS_PROXY"),
            http_proxy: either("HTTP_PROXY"),
            all_proxy: either("ALL_PROXY"),
            no_proxy: either("NO_PROXY"),
        }
    }
}

impl fmt::Debug for Environment {
    /// Without the proxies, which may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("home", &self.home)
            .field("docker_config", &self.docker_config)
            .field("registry_auth_file", &self.registry_auth_file)
            .field("runtime_dir", &self.runtime_dir)
            .finish_non_exhaustive()
    }
}
