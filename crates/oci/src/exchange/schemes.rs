//! Whether a registry is spoken to over HTTP or HTTPS.
//!
//! HTTPS, except where plain HTTP is allowed: for this machine itself, as docker and cosign do,
//! and where the user says so. There, both are tried, and what answered is kept. A loopback
//! registry is tried without TLS first, unless an option speaks of TLS.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::options::Options;
use crate::transport::{Answer, Failure, Scheme, is_loopback};

#[derive(Debug)]
pub(crate) struct Schemes {
    allow_http: bool,
    speaks_of_tls: bool,
    found: Mutex<HashMap<String, Scheme>>,
}

impl Schemes {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            allow_http: options.allow_http,
            speaks_of_tls: options.ca.is_some()
                || options.client_certificate.is_some()
                || options.server_name.is_some()
                || options.allow_insecure,
            found: Mutex::default(),
        }
    }

    /// What to try, or what answered before.
    pub(crate) fn of(&self, registry: &str) -> Scheme {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match found.get(registry) {
            Some(scheme) => *scheme,
            None => self.first(registry),
        }
    }

    fn first(&self, registry: &str) -> Scheme {
        if is_loopback(registry) && !self.speaks_of_tls {
            return Scheme::Http;
        }
        Scheme::Https
    }

    /// The other scheme, where it is allowed and the answer says that this one was wrong.
    pub(super) fn other(
        &self,
        registry: &str,
        tried: Scheme,
        answer: &Result<Answer, Failure>,
    ) -> Option<Scheme> {
        let wrong = match (tried, answer) {
            (Scheme::Https, Err(Failure::NotTls(_))) => self.allow_http || is_loopback(registry),
            (Scheme::Http, Err(Failure::NotHttp(_))) => true,
            (Scheme::Http, Ok(answer)) => wants_tls(answer),
            _ => false,
        };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let known = found.contains_key(registry);
        if wrong && !known {
            let other = match tried {
                Scheme::Http => Scheme::Https,
                Scheme::Https => Scheme::Http,
            };
            found.insert(registry.into(), other);
            return Some(other);
        }
        if answer.is_ok() && !known {
            found.insert(registry.into(), tried);
        }
        // Somebody else may have found out in the meantime.
        found
            .get(registry)
            .copied()
            .filter(|now| wrong && *now != tried)
    }
}

/// Servers of HTTPS answer plain HTTP with 400 in plain HTTP. A registry's own 400 has a body of
/// JSON, and is no answer to a read.
fn wants_tls(answer: &Answer) -> bool {
    let json = answer
        .headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    let registry = answer
        .headers
        .contains_key("docker-distribution-api-version");
    answer.status == StatusCode::BAD_REQUEST && !json && !registry
}
