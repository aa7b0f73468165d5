//! X.509 certificates of signers (RFC 5280), and the authorities that vouch for them.
//!
//! [`Certificate`] is one certificate, [`Authorities`] what a verifier trusts, and
//! [`check_for_signing`] what is checked before a certificate is stored with a signature.

mod authorities;
mod error;
mod identity;
mod names;
mod path;

use std::time::Duration;

use touchmark_core::PublicKey;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::KeyUsage;

pub use authorities::{Authorities, check_for_signing};
pub use error::CertificateError;
pub use identity::{Identity, IdentityPolicy, Pattern};

/// The most certificates in one file or chain; real chains have two or three.
pub const MAX_CERTIFICATES: usize = 64;
/// The largest file of certificates that is read, in bytes.
pub const MAX_LEN: usize = 1024 * 1024;

const LABEL: &str = "CERTIFICATE";

/// One certificate whose encoding is sound. Nothing in it is verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    /// Reads one certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_LEN {
            return Err(CertificateError::Count("a smaller certificate"));
        }
        Ok(Self {
            der: der.to_vec(),
            parsed: x509_cert::Certificate::from_der(der).map_err(CertificateError::Malformed)?,
        })
    }

    /// Reads a file with one certificate, in PEM or DER.
    ///
    /// # Errors
    /// It holds another number, or something else.
    pub fn read(file: &[u8]) -> Result<Self, CertificateError> {
        if file.starts_with(&[0x30]) {
            return Self::from_der(file);
        }
        let mut certificates = Self::read_chain(file)?;
        match (certificates.pop(), certificates.is_empty()) {
            (Some(certificate), true) => Ok(certificate),
            _ => Err(CertificateError::Count("one certificate")),
        }
    }

    /// Reads a PEM file of certificates, in its order. Text around the blocks is ignored.
    ///
    /// # Errors
    /// There is none, there are more than [`MAX_CERTIFICATES`], or a block is no certificate.
    pub fn read_chain(pem: &[u8]) -> Result<Vec<Self>, CertificateError> {
        if pem.len() > MAX_LEN {
            return Err(CertificateError::Count("a smaller file"));
        }
        let blocks = pem::parse_many(pem).map_err(CertificateError::Pem)?;
        if blocks.is_empty() || blocks.len() > MAX_CERTIFICATES {
            return Err(CertificateError::Count("1 to 64 certificates in PEM"));
        }
        blocks
            .into_iter()
            .map(|block| match block.tag() {
                LABEL => Self::from_der(block.contents()),
                _ => Err(CertificateError::Count("certificates and nothing else")),
            })
            .collect()
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM with line feeds, as Go writes it.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new(LABEL, self.der.clone()), config)
    }

    /// The key that it certifies.
    ///
    /// # Errors
    /// It is of a kind that signs nothing here.
    pub fn public_key(&self) -> Result<PublicKey, CertificateError> {
        let spki = self.parsed.tbs_certificate().subject_public_key_info();
        let der = spki.to_der().map_err(CertificateError::Malformed)?;
        PublicKey::from_spki_der(&der).map_err(CertificateError::Key)
    }

    /// Whom it names: see [`Identity`].
    #[must_use]
    pub fn identity(&self) -> Identity {
        names::identity(&self.parsed)
    }

    /// When it becomes valid, since the Unix epoch.
    #[must_use]
    pub fn not_before(&self) -> Duration {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_before.to_unix_duration()
    }

    /// The last second in which it is valid, since the Unix epoch.
    #[must_use]
    pub fn not_after(&self) -> Duration {
        let validity = self.parsed.tbs_certificate().validity();
        validity.not_after.to_unix_duration()
    }

    /// Whether it names itself as its issuer, as a root does.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        let certificate = self.parsed.tbs_certificate();
        certificate.subject() == certificate.issuer()
    }

    fn is_valid_at(&self, time: Duration) -> bool {
        self.not_before() <= time && time <= self.not_after()
    }

    /// Whether its key usage, where it states one, lets it sign certificates. webpki does not
    /// look at it; Go does.
    fn may_issue(&self) -> bool {
        match self.parsed.tbs_certificate().get_extension::<KeyUsage>() {
            Ok(Some((_, usage))) => usage.key_cert_sign(),
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Certificate({})",
            self.parsed.tbs_certificate().subject()
        )
    }
}
