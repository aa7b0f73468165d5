//! Whose signatures are accepted: keys, or certificates of one's own authorities.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use touchmark_formats::certificate::{Authorities, IdentityPolicy, Pattern};
use touchmark_formats::{NamedKey, Trust};

use super::certificate::{read_chain, read_one};
use super::key;
use crate::context::Context;
use crate::error::CliError;
use crate::trusted_keys;

/// Whose signatures are accepted.
#[derive(Args, Debug)]
pub(crate) struct TrustFlags {
    /// A public key: a PEM file with one or several, a URI such as pkcs11:…, or a name; repeated,
    /// any of them may have signed
    #[arg(long, value_name = "REF")]
    key: Vec<String>,

    /// Use the YubiKey's slot, as cosign has it
    #[arg(long, hide = true)]
    sk: bool,

    /// The YubiKey's slot for --sk
    #[arg(long, hide = true, value_name = "SLOT")]
    slot: Option<String>,

    /// The signer's certificate, where the signature does not carry it
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// The issuers of signers' certificates in PEM, the trusted root last
    #[arg(long, value_name = "FILE", conflicts_with = "ca_roots")]
    certificate_chain: Option<PathBuf>,

    /// Trusted roots in PEM
    #[arg(long, value_name = "FILE")]
    ca_roots: Option<PathBuf>,

    /// Intermediate certificates in PEM, beside --ca-roots
    #[arg(long, value_name = "FILE", requires = "ca_roots")]
    ca_intermediates: Option<PathBuf>,

    /// Whom the certificate must name: a mail address, URI or host name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["certificate_identity_regexp", "key"])]
    certificate_identity: Option<String>,

    /// The same as a regular expression
    #[arg(long, value_name = "REGEXP", conflicts_with = "key")]
    certificate_identity_regexp: Option<String>,

    /// Who must have authenticated that name; other authorities than Fulcio state nobody
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "certificate_oidc_issuer_regexp"
    )]
    certificate_oidc_issuer: Option<String>,

    /// The same as a regular expression; '.*' takes certificates that state nobody
    #[arg(long, value_name = "REGEXP")]
    certificate_oidc_issuer_regexp: Option<String>,
}

/// Whose signatures are accepted.
#[derive(Debug)]
pub(crate) enum Trusted {
    Keys(Vec<NamedKey>),
    Authorities(Box<Authorities>),
}

impl Trusted {
    pub(crate) fn trust(&self) -> Trust<'_> {
        match self {
            Self::Keys(keys) => keys.into(),
            Self::Authorities(authorities) => (&**authorities).into(),
        }
    }

    /// What was checked of an image, in cosign's words.
    pub(crate) fn told(&self, image: &str, annotated: bool) -> Vec<String> {
        let mut lines = vec![
            String::new(),
            format!("Verification for {image} --"),
            "The following checks were performed on each of these signatures:".into(),
        ];
        if annotated {
            lines.push("  - The specified annotations were verified.".into());
        }
        lines.push("  - The cosign claims were validated".into());
        lines.push(format!("  - {}", self.check()));
        lines
    }

    /// What a signature was verified with.
    fn check(&self) -> &'static str {
        match self {
            Self::Keys(_) => "The signatures were verified against the specified public key",
            Self::Authorities(_) => {
                "The code-signing certificate was verified using trusted certificate authority \
                 certificates"
            }
        }
    }
}

impl TrustFlags {
    /// Reads the keys, or the roots and whom to accept.
    pub(crate) async fn load(&self, context: &Context) -> Result<Trusted, CliError> {
        if !self.key.is_empty() || self.sk {
            return Ok(Trusted::Keys(self.keys(context).await?));
        }
        let Some(authorities) = self.authorities()? else {
            return Err(CliError::usage("no key was given").hint(
                "give --key with a public key, or --ca-roots or --certificate-chain with the \
                 authorities that certify signers",
            ));
        };
        match &self.certificate {
            None => Ok(Trusted::Authorities(Box::new(authorities))),
            Some(path) => {
                let certificate = read_one(path)?;
                let key = authorities
                    .key_of(&certificate)
                    .map_err(|error| CliError::from(error).context(&path.display().to_string()))?;
                Ok(Trusted::Keys(vec![key]))
            }
        }
    }

    async fn keys(&self, context: &Context) -> Result<Vec<NamedKey>, CliError> {
        let mut references = self.key.clone();
        if self.sk {
            let given = self.key.first().map(String::as_str);
            references = vec![key::reference(given, true, self.slot.as_deref())?];
        }
        let mut keys = Vec::new();
        for reference in references {
            keys.extend(trusted_keys::load(context, &reference).await?);
        }
        Ok(keys)
    }

    fn authorities(&self) -> Result<Option<Authorities>, CliError> {
        let now = SystemTime::now();
        if let Some(path) = &self.certificate_chain {
            let chain = read_chain(path)?;
            return Ok(Some(Authorities::of_chain(chain, self.identity()?, now)?));
        }
        let Some(roots) = &self.ca_roots else {
            return Ok(None);
        };
        let intermediates = match &self.ca_intermediates {
            Some(path) => read_chain(path)?,
            None => Vec::new(),
        };
        let identity = self.identity()?;
        Ok(Some(Authorities::new(
            read_chain(roots)?,
            intermediates,
            identity,
            now,
        )))
    }

    /// Both are needed, as in cosign: an authority certifies many.
    fn identity(&self) -> Result<IdentityPolicy, CliError> {
        let subject = pattern(
            self.certificate_identity.as_deref(),
            self.certificate_identity_regexp.as_deref(),
        )?;
        let issuer = pattern(
            self.certificate_oidc_issuer.as_deref(),
            self.certificate_oidc_issuer_regexp.as_deref(),
        )?;
        match (subject, issuer) {
            (Some(subject), Some(issuer)) => Ok(IdentityPolicy { subject, issuer }),
            (None, _) => Err(CliError::usage("it is not said whom to accept").hint(
                "give --certificate-identity or --certificate-identity-regexp: an authority \
                 certifies many signers",
            )),
            (_, None) => Err(CliError::usage("it is not said whose word to take").hint(
                "give --certificate-oidc-issuer or --certificate-oidc-issuer-regexp; '.*' takes \
                 certificates that state no issuer",
            )),
        }
    }
}

fn pattern(exact: Option<&str>, regexp: Option<&str>) -> Result<Option<Pattern>, CliError> {
    match (exact, regexp) {
        (Some(exact), _) => Ok(Some(Pattern::Exact(exact.into()))),
        (None, Some(regexp)) => Ok(Some(Pattern::regexp(regexp)?)),
        (None, None) => Ok(None),
    }
}
