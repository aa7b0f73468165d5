//! Whom TLS trusts: the system's authorities, or those that were named.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::Origin;
use crate::error::OciError;
use crate::options::Options;

/// Whom TLS trusts. The system's authorities are read when the first connection needs them.
pub(super) struct Trust {
    provider: Arc<CryptoProvider>,
    authorities: Option<RootCertStore>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    name: Option<ServerName<'static>>,
    insecure: bool,
    registry: OnceLock<Arc<ClientConfig>>,
    other: OnceLock<Arc<ClientConfig>>,
    system: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    pub(super) fn new(options: &Options) -> Result<Self, OciError> {
        let authorities = options.ca.as_deref().map(authorities).transpose()?;
        let identity = match (&options.client_certificate, &options.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(identity(certificate, key)?),
            _ => {
                return Err(OciError::setup(
                    "a client certificate and its key go together, and one is missing",
                ));
            }
        };
        let name = options
            .server_name
            .as_deref()
            .map(server_name)
            .transpose()?;
        Ok(Self {
            provider: Arc::new(aws_lc_rs::default_provider()),
            authorities,
            identity,
            name,
            insecure: options.allow_insecure,
            registry: OnceLock::new(),
            other: OnceLock::new(),
            system: OnceLock::new(),
        })
    }

    /// For an origin: with the client's certificate only where it is a registry that was named,
    /// and not a place that a registry leads to.
    pub(super) fn of(&self, named: bool) -> Result<Arc<ClientConfig>, OciError> {
        let cell = if named { &self.registry } else { &self.other };
        once(cell, || {
            let roots = match (&self.authorities, self.insecure) {
                (Some(roots), _) => roots.clone(),
                // Nothing is looked up in them.
                (None, true) => RootCertStore::empty(),
                (None, false) => system_authorities()?,
            };
            self.config(roots, named, self.insecure)
        })
    }

    /// For proxies: the system's authorities alone.
    pub(super) fn of_system(&self) -> Result<Arc<ClientConfig>, OciError> {
        once(&self.system, || {
            self.config(system_authorities()?, false, false)
        })
    }

    /// The name that an origin's certificate must have.
    pub(super) fn name_of(
        &self,
        origin: &Origin,
        named: bool,
    ) -> Result<ServerName<'static>, OciError> {
        match &self.name {
            Some(name) if named => Ok(name.clone()),
            _ => server_name(origin.host()),
        }
    }

    fn config(
        &self,
        roots: RootCertStore,
        with_identity: bool,
        insecure: bool,
    ) -> Result<ClientConfig, OciError> {
        let unusable = |error| OciError::setup_by("TLS cannot be set up", error);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            Some((chain, key)) if with_identity => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| {
                    OciError::setup_by("the client certificate cannot be used", error)
                })?,
            _ => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if insecure {
            let any = Arc::new(AnyCertificate(Arc::clone(&self.provider)));
            config.dangerous().set_certificate_verifier(any);
        }
        Ok(config)
    }
}

fn once(
    cell: &OnceLock<Arc<ClientConfig>>,
    make: impl FnOnce() -> Result<ClientConfig, OciError>,
) -> Result<Arc<ClientConfig>, OciError> {
    if let Some(config) = cell.get() {
        return Ok(Arc::clone(config));
    }
    let config = Arc::new(make()?);
    Ok(Arc::clone(cell.get_or_init(|| config)))
}

/// The system's authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
fn system_authorities() -> Result<RootCertStore, OciError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() {
        return Ok(roots);
    }
    let what = "no certificate authorities are found on this machine";
    Err(match found.errors.into_iter().next() {
        Some(error) => OciError::setup_by(what, error),
        None => OciError::setup(what),
    })
}

fn authorities(path: &Path) -> Result<RootCertStore, OciError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| {
            OciError::setup_by(
                format!("{} has an unusable authority", path.display()),
                error,
            )
        })?;
    }
    Ok(roots)
}

fn identity(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), OciError> {
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        OciError::setup_by(format!("{} has no private key", key.display()), error)
    })?;
    Ok((certificates(certificate)?, key))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OciError> {
    let unreadable =
        |error| OciError::setup_by(format!("{} has no PEM certificates", path.display()), error);
    let found = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    if found.is_empty() {
        let what = format!("{} has no PEM certificates", path.display());
        return Err(OciError::setup(what));
    }
    Ok(found)
}

pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, OciError> {
    ServerName::try_from(host.to_owned())
        .map_err(|error| OciError::setup_by(format!("{host:?} is no host name"), error))
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field(
                "authorities",
                &self.authorities.as_ref().map(RootCertStore::len),
            )
            .field("identity", &self.identity.is_some())
            .field("name", &self.name)
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

/// Takes any certificate, for `--allow-insecure-registry`: the user gave up knowing who answers.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
