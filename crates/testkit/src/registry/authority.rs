//! A private certificate authority, and a certificate for 127.0.0.1 and localhost.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// An authority that nobody trusts by default, and what a server needs of it.
#[derive(Debug)]
pub struct Authority {
    /// The authority's certificate (PEM).
    pub certificate: String,
    /// The server's certificate, its private key (PKCS#8 PEM).
    pub(super) server: String,
    pub(super) server_key: String,
    der: CertificateDer<'static>,
    server_der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Authority {
    /// Makes an authority, and has it certify a server on this machine.
    #[must_use]
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key pair");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "touchmark test authority");
        let own = params.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(params, key);
        let server_key = KeyPair::generate().expect("a key pair");
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let server = CertificateParams::new(names).expect("two names");
        let server = server
            .signed_by(&server_key, &issuer)
            .expect("a certificate");
        Self {
            certificate: own.pem(),
            server: server.pem(),
            server_key: server_key.serialize_pem(),
            der: own.der().clone(),
            server_der: server.der().clone(),
            key_der: server_key.serialize_der(),
        }
    }

    /// Writes `server.pem` and `server.key`.
    pub(super) fn write(&self, dir: &Path) {
        std::fs::write(dir.join("server.pem"), &self.server).expect("a certificate file");
        std::fs::write(dir.join("server.key"), &self.server_key).expect("a key file");
    }

    /// The authority's certificate (DER).
    pub(super) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// What a server in this process needs for TLS.
    #[must_use]
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![self.server_der.clone()],
                PrivatePkcs8KeyDer::from(self.key_der.clone()).into(),
            );
        Arc::new(config.expect("the server's certificate"))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
