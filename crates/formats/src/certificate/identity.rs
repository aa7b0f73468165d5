//! Whom a certificate has to name.

use std::fmt;
use std::time::Duration;

use regex::{Regex, RegexBuilder};

use super::CertificateError;

/// The largest compiled pattern, in bytes.
const PATTERN_SIZE: usize = 1 << 20;

/// Whom a certificate names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The subject's alternative names as text: mail addresses, host names, URIs, IP addresses,
    /// Fulcio's user names.
    pub subjects: Vec<String>,
    /// Who authenticated the subject, in Fulcio's extension; other authorities state nobody.
    pub issuer: Option<String>,
    /// The subject's distinguished name (RFC 4514). No policy looks at it.
    pub distinguished_name: String,
    /// The last second in which the certificate is valid, since the Unix epoch.
    pub not_after: Duration,
}

impl Identity {
    /// What messages call the signer: the first alternative name, else the distinguished one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.subjects.first().unwrap_or(&self.distinguished_name)
    }
}

/// Whom a verifier accepts.
#[derive(Clone, Debug)]
pub struct IdentityPolicy {
    /// `--certificate-identity` or `--certificate-identity-regexp`: one of the alternative names.
    pub subject: Pattern,
    /// `--certificate-oidc-issuer` or `--certificate-oidc-issuer-regexp`. A certificate that
    /// states none has the empty issuer, which the pattern `.*` matches.
    pub issuer: Pattern,
}

/// Text, or a regular expression.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Exactly this text.
    Exact(String),
    /// A regular expression that has to match somewhere in the text, as in cosign.
    Regexp(Regex),
}

impl Pattern {
    /// Compiles a regular expression. The syntax is RE2's but for a few rare escapes.
    ///
    /// # Errors
    /// [`CertificateError::Pattern`].
    pub fn regexp(pattern: &str) -> Result<Self, CertificateError> {
        RegexBuilder::new(pattern)
            .size_limit(PATTERN_SIZE)
            .build()
            .map(Self::Regexp)
            .map_err(|error| CertificateError::Pattern(Box::new(error)))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Regexp(regex) => regex.is_match(text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "{text}"),
            Self::Regexp(regex) => write!(f, "/{regex}/"),
        }
    }
}

impl IdentityPolicy {
    /// Checks a certificate's names.
    ///
    /// # Errors
    /// [`CertificateError::Identity`].
    pub fn check(&self, identity: &Identity) -> Result<(), CertificateError> {
        let issuer = identity.issuer.as_deref().unwrap_or_default();
        let subject = |subject: &String| self.subject.matches(subject);
        if self.issuer.matches(issuer) && identity.subjects.iter().any(subject) {
            return Ok(());
        }
        Err(CertificateError::Identity {
            wanted: format!("{} with issuer {}", self.subject, self.issuer),
            subjects: identity.subjects.clone(),
            issuer: issuer.into(),
        })
    }
}
