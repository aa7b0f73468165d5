//! Registries as real programs on 127.0.0.1, and what tests put into them.
//!
//! | | referrers API | transport | access |
//! |---|---|---|---|
//! | [`Registry::olareg`] | yes | HTTP | anybody |
//! | [`Registry::olareg_without_referrers`] | 405 | HTTP | anybody |
//! | [`Registry::docker_registry`] | 404 | HTTP | anybody |
//! | [`Registry::with_tokens`] | 404 | TLS of a private authority | tokens ([`Tokens`]) |
//! | [`Registry::with_passwords`] | 404 | the same | a user's password |
//!
//! Each test starts its own, in well under a second; it ends with the test, however that ends.

mod authority;
mod counter;
mod http;
mod image;
mod liar;
mod moved;
mod referring;
mod service;
mod tokens;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::peers::product;
use service::Service;

pub use authority::Authority;
pub use counter::{Counter, Request};
pub use http::Answer;
pub use image::{Image, digest_of};
pub use liar::{Heard, Liar, say};
pub use tokens::{Asked, Tokens};

/// The one user of a secured registry.
pub const USER: &str = "signer";
/// That user's password.
pub const USER_PASSWORD: &str = "pass word, of the tests";
/// The same as bcrypt at its lowest cost, the only form that docker-registry reads.
const USER_BCRYPT: &str = "$2b$05$abcdefghijklmnopqrstuuq1epeUBMoyKBFNX5YH6S62JgoXnL54C";

/// Which registry to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// olareg, with the referrers API.
    Olareg,
    /// olareg, whose referrers API answers 405.
    OlaregWithoutReferrers,
    /// Debian's docker-registry, whose referrers API answers 404.
    DockerRegistry,
    /// docker-registry behind TLS and token authentication.
    WithTokens,
}

impl Kind {
    /// The four that images are tested in.
    pub const ALL: [Self; 4] = [
        Self::Olareg,
        Self::OlaregWithoutReferrers,
        Self::DockerRegistry,
        Self::WithTokens,
    ];
}

/// A running registry, empty at first.
#[derive(Debug)]
pub struct Registry {
    service: Service,
    secured: Option<Secured>,
}

/// What a registry with TLS and users has besides.
#[derive(Debug)]
struct Secured {
    authority: Arc<Authority>,
    tokens: Option<Tokens>,
}

impl Registry {
    /// Starts any of the four.
    #[must_use]
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::Olareg => Self::olareg(),
            Kind::OlaregWithoutReferrers => Self::olareg_without_referrers(),
            Kind::DockerRegistry => Self::docker_registry(),
            Kind::WithTokens => Self::with_tokens(),
        }
    }

    /// olareg: keeps all in memory, and has the referrers API.
    #[must_use]
    pub fn olareg() -> Self {
        Self::olareg_with(&[])
    }

    /// olareg with the referrers API switched off: it answers 405.
    #[must_use]
    pub fn olareg_without_referrers() -> Self {
        Self::olareg_with(&["--api-referrer=false"])
    }

    /// olareg with more flags.
    #[must_use]
    pub fn olareg_with(flags: &[&str]) -> Self {
        let program = product("olareg", "olareg");
        let service = Service::start(|_, address| {
            let mut line = vec![program.clone().into_os_string()];
            line.extend(["serve", "--store-type", "mem", "--addr", "127.0.0.1"].map(Into::into));
            line.extend(["--api-delete", "--api-blob-delete", "--port"].map(Into::into));
            line.push(address.port().to_string().into());
            line.extend(flags.iter().map(Into::into));
            line
        });
        Self {
            service,
            secured: None,
        }
    }

    /// Debian's docker-registry: the distribution project's, without the referrers API (404).
    #[must_use]
    pub fn docker_registry() -> Self {
        let service = docker_registry(|_| String::new());
        Self {
            service,
            secured: None,
        }
    }

    /// docker-registry behind TLS of a private authority, with tokens of a server that this
    /// process runs: what [`USER`] may do, and what it asked for, is in [`Registry::tokens`].
    #[must_use]
    pub fn with_tokens() -> Self {
        let authority = Arc::new(Authority::new());
        let tokens = Tokens::start(&authority);
        let service = docker_registry(|dir| {
            authority.write(dir);
            std::fs::write(dir.join("issuer.pem"), tokens.certificate()).expect("a file");
            let realm = tokens.realm();
            format!(
                "auth: {{token: {{realm: '{realm}', service: '{}', issuer: '{}', \
                 rootcertbundle: '{}'}}}}\n",
                tokens::SERVICE,
                tokens::ISSUER,
                dir.join("issuer.pem").display(),
            )
        });
        let tokens = Some(tokens);
        Self {
            service,
            secured: Some(Secured { authority, tokens }),
        }
        .write_credentials()
    }

    /// docker-registry behind TLS of a private authority, with a password ([`USER_PASSWORD`]).
    #[must_use]
    pub fn with_passwords() -> Self {
        let authority = Arc::new(Authority::new());
        let service = docker_registry(|dir| {
            authority.write(dir);
            let users = dir.join("users");
            std::fs::write(&users, format!("{USER}:{USER_BCRYPT}\n")).expect("a file");
            format!(
                "auth: {{htpasswd: {{realm: tests, path: '{}'}}}}\n",
                users.display()
            )
        });
        let tokens = None;
        Self {
            service,
            secured: Some(Secured { authority, tokens }),
        }
        .write_credentials()
    }

    /// Files that clients are pointed to: `authority.pem`, and Docker's `config.json`.
    fn write_credentials(self) -> Self {
        let dir = self.service.dir();
        let secured = self.secured.as_ref().expect("a secured registry");
        let authority = &secured.authority.certificate;
        std::fs::write(dir.join("authority.pem"), authority).expect("a file");
        let auth = BASE64_STANDARD.encode(format!("{USER}:{USER_PASSWORD}"));
        let config = json!({"auths": {self.address(): {"auth": auth}}});
        std::fs::write(dir.join("config.json"), config.to_string()).expect("a file");
        self
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.service.address().to_string()
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.service.address()
    }

    /// `http://127.0.0.1:PORT`, or `https` where it has TLS.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.secured.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address())
    }

    /// `127.0.0.1:PORT/NAME`.
    #[must_use]
    pub fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.address())
    }

    /// The authority that its certificate is from, where it has TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&Authority> {
        self.secured.as_ref().map(|secured| &*secured.authority)
    }

    /// The server of its tokens.
    ///
    /// Panics where it has none.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        let tokens = self.secured.as_ref().and_then(|all| all.tokens.as_ref());
        tokens.expect("a registry with tokens")
    }

    /// The folder with `config.json` (Docker's credentials) and `authority.pem`, where it has TLS.
    #[must_use]
    pub fn credentials(&self) -> Option<&Path> {
        self.secured.as_ref().map(|_| self.service.dir())
    }

    /// What lets a client in: `SSL_CERT_FILE` and `DOCKER_CONFIG`; nothing where anybody may.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        let Some(dir) = self.credentials() else {
            return Vec::new();
        };
        let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        vec![
            ("SSL_CERT_FILE".into(), text(&dir.join("authority.pem"))),
            ("DOCKER_CONFIG".into(), text(dir)),
        ]
    }

    /// What the harness itself says to be let in.
    fn authorization(&self, path: &str) -> Option<String> {
        let secured = self.secured.as_ref()?;
        if let Some(tokens) = &secured.tokens {
            let token = tokens.for_everything(repository_of(path));
            return Some(format!("Bearer {token}"));
        }
        let user = BASE64_STANDARD.encode(format!("{USER}:{USER_PASSWORD}"));
        Some(format!("Basic {user}"))
    }
}

/// The repository that a path below `/v2/` is about.
fn repository_of(path: &str) -> &str {
    let path = path.split_once("/v2/").map_or("", |(_, rest)| rest);
    let ends = ["/manifests/", "/blobs/", "/tags/", "/referrers/"];
    let end = ends.iter().filter_map(|end| path.rfind(end)).min();
    &path[..end.unwrap_or(0)]
}

/// Starts docker-registry with a configuration to which `more` adds; TLS where `server.pem` is in
/// the folder then.
fn docker_registry(more: impl Fn(&Path) -> String) -> Service {
    let program = product("docker-registry", "usr/bin/docker-registry");
    Service::start(|dir, address| {
        let more = more(dir);
        let tls = if dir.join("server.pem").exists() {
            let dir = dir.display();
            format!(", tls: {{certificate: '{dir}/server.pem', key: '{dir}/server.key'}}")
        } else {
            String::new()
        };
        let config = format!(
            "version: 0.1\nlog: {{level: warn, accesslog: {{disabled: true}}}}\n\
             storage: {{inmemory: {{}}, delete: {{enabled: true}}}}\n\
             http: {{addr: '{address}', secret: one process{tls}}}\n{more}"
        );
        let file = dir.join("registry.yml");
        std::fs::write(&file, config).expect("a configuration");
        vec![program.clone().into(), "serve".into(), file.into()]
    })
}

#[cfg(test)]
mod tests;
