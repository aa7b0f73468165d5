//! Why a certificate is not accepted.

use touchmark_core::{ErrorKind, Explain, PublicKeyError};

use crate::error::{printable, shown};

/// Why a certificate was refused, or a policy about certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not one X.509 certificate in DER.
    #[error("malformed certificate")]
    Malformed(#[source] x509_cert::der::Error),
    /// Not PEM.
    #[error("the certificates are not PEM")]
    Pem(#[source] pem::PemError),
    /// A file with too many certificates, none, or something else.
    #[error("the file does not hold {0}")]
    Count(&'static str),
    /// The certified key cannot be used.
    #[error("the certificate's public key cannot be used")]
    Key(#[source] PublicKeyError),
    /// The certificate belongs to another key.
    #[error("public key in certificate does not match the provided public key")]
    KeyMismatch,
    /// The signer is identified by a certificate, and only keys were given.
    #[error("the signer is identified by a certificate, not by a public key")]
    NoAuthority,
    /// Authorities were given, and the signature has no certificate.
    #[error("no certificate found on signature")]
    Absent,
    /// No given authority issued it for signing code.
    #[error("{name} is not certified for signing code by {}", if *.signing { "its chain's root" } else { "a given authority" })]
    Untrusted {
        /// The subject.
        name: String,
        /// Whether this is before signing.
        signing: bool,
        /// What is wrong with the path.
        source: Box<webpki::Error>,
    },
    /// It, or a certificate on its path, was valid when it was issued and is not now.
    #[error(
        "expected a signed timestamp to verify an expired certificate: {name} is valid from \
         {from} to {until}"
    )]
    Outdated {
        /// The subject of the certificate that is not valid now.
        name: String,
        /// When it becomes valid.
        from: String,
        /// When it expires.
        until: String,
    },
    /// It names someone else.
    #[error("none of the expected identities matched what was in the certificate, got subjects [{}] with issuer {}; wanted {wanted}", list(.subjects), shown(.issuer))]
    Identity {
        /// The policy.
        wanted: String,
        /// The certificate's alternative names.
        subjects: Vec<String>,
        /// Its issuer's name, or nothing.
        issuer: String,
    },
    /// A pattern that is no regular expression.
    #[error("the pattern is no regular expression")]
    Pattern(#[source] Box<regex::Error>),
}

impl CertificateError {
    /// The verdict's stable name for scripts: that of [`Refusal::code`](crate::Refusal::code), or
    /// `outdated-certificate`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Pem(_) | Self::Count(_) | Self::Key(_) => "malformed",
            Self::Outdated { .. } => "outdated-certificate",
            Self::Pattern(_) => "failed",
            Self::KeyMismatch
            | Self::NoAuthority
            | Self::Absent
            | Self::Untrusted { .. }
            | Self::Identity { .. } => "unknown-key",
        }
    }
}

impl Explain for CertificateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Malformed(_) | Self::Pem(_) | Self::Count(_) | Self::Key(_) => {
                ErrorKind::Malformed
            }
            Self::KeyMismatch => ErrorKind::Key,
            Self::Untrusted { signing: true, .. } | Self::Pattern(_) => ErrorKind::Usage,
            Self::NoAuthority
            | Self::Absent
            | Self::Untrusted { .. }
            | Self::Outdated { .. }
            | Self::Identity { .. } => ErrorKind::Rejected,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Malformed(_) | Self::Pem(_) | Self::Count(_) => {
                "certificates are X.509 in PEM; a single one may be DER"
            }
            Self::Key(error) => return error.hint(),
            Self::KeyMismatch => "give the certificate that was issued for this key",
            Self::NoAuthority => {
                "give the root of the signer's authority with --certificate-chain or --ca-roots"
            }
            Self::Absent => "a signature by a bare key is verified with --key",
            Self::Untrusted { signing: true, .. } => {
                "the chain is the leaf's issuer first and the root last, and the leaf is for \
                 signing code (extended key usage codeSigning)"
            }
            Self::Untrusted { .. } => {
                "give every intermediate with --ca-intermediates, and check with the signer which \
                 authority issued the certificate"
            }
            Self::Outdated { .. } => {
                "ask for a new signature with a certificate that is valid: nothing proves that \
                 this one was made in time"
            }
            Self::Identity { .. } => {
                "name one of these subjects with --certificate-identity if it is the one that you \
                 trust; an authority of your own usually states no issuer: \
                 --certificate-oidc-issuer-regexp '.*'"
            }
            Self::Pattern(_) => "quote characters such as . and + with a backslash",
        };
        Some(hint.into())
    }
}

fn list(subjects: &[String]) -> String {
    /// How many names a message repeats.
    const MOST: usize = 5;
    let shown: Vec<String> = subjects
        .iter()
        .take(MOST)
        .map(|subject| printable(subject, 200))
        .collect();
    shown.join(", ")
}
