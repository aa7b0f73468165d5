//! `--certificate` and `--certificate-chain` of verbs that sign: one's own PKI.

use std::path::{Path, PathBuf};

use clap::Args;
use touchmark_core::{ErrorKind, PublicKey};
use touchmark_formats::certificate::{Certificate, check_for_signing};

use super::KeyFlags;
use crate::context::Context;
use crate::error::CliError;
use crate::image::claim_signer::{ClaimSigner, SigningCertificate};
use crate::input_file;
use crate::reference::Reference;

/// The signer's certificate, which signatures then carry.
#[derive(Args, Debug)]
pub(crate) struct CertificateFlags {
    /// The key's certificate, PEM or DER: a file, or the URI of a token that keeps it
    #[arg(long, value_name = "FILE|URI")]
    certificate: Option<String>,

    /// The issuers in PEM, the root last; without --certificate, the token's own is taken
    #[arg(long, value_name = "FILE")]
    certificate_chain: Option<PathBuf>,
}

impl CertificateFlags {
    /// Opens the key, with its certificate where one was asked for. A certificate that is no good
    /// is refused before anything is signed.
    pub(crate) async fn open(
        &self,
        context: &Context,
        key: &KeyFlags,
    ) -> Result<ClaimSigner, CliError> {
        let reference = Reference::parse(&key.reference()?)?;
        let signer = context.open(&reference).await?;
        let certificate = self.load(context, &reference, signer.public_key()).await?;
        Ok(ClaimSigner::new(signer, certificate))
    }

    /// The certificate of an opened key, where one was asked for.
    pub(crate) async fn load(
        &self,
        context: &Context,
        key: &Reference,
        public: &PublicKey,
    ) -> Result<Option<SigningCertificate>, CliError> {
        let chain = self.chain()?;
        match self.leaf(context, key).await? {
            None => Ok(None),
            Some(leaf) => checked(public, &leaf, &chain).map(Some),
        }
    }

    fn chain(&self) -> Result<Vec<Certificate>, CliError> {
        let Some(path) = &self.certificate_chain else {
            return Ok(Vec::new());
        };
        read_chain(path)
    }

    async fn leaf(
        &self,
        context: &Context,
        key: &Reference,
    ) -> Result<Option<Certificate>, CliError> {
        match &self.certificate {
            Some(text) if is_uri(text) => {
                Ok(Some(from_token(context, &Reference::parse(text)?).await?))
            }
            Some(text) => Ok(Some(read_one(Path::new(text))?)),
            None if self.certificate_chain.is_some() => Ok(Some(from_token(context, key).await?)),
            None => Ok(None),
        }
    }
}

fn is_uri(text: &str) -> bool {
    text.starts_with("pkcs11:") || text.starts_with("yubikey:")
}

async fn from_token(context: &Context, key: &Reference) -> Result<Certificate, CliError> {
    let provider = context.provider(key)?;
    let store = provider.certificates().ok_or_else(|| {
        CliError::usage(format!("certificates are not kept at {}", key.uri))
            .hint("give --certificate FILE")
    })?;
    let der = store.certificate(&key.uri).await?.ok_or_else(|| {
        CliError::new(ErrorKind::Key, format!("no certificate beside {}", key.uri))
            .hint("give --certificate FILE, or store one with `touchmark key import`")
    })?;
    Ok(Certificate::from_der(&der)?)
}

fn checked(
    key: &PublicKey,
    leaf: &Certificate,
    chain: &[Certificate],
) -> Result<SigningCertificate, CliError> {
    check_for_signing(key, leaf, chain)?;
    let issuers: String = chain.iter().map(Certificate::to_pem).collect();
    Ok(SigningCertificate {
        der: leaf.der().to_vec(),
        pem: leaf.to_pem(),
        chain: Some(issuers).filter(|issuers| !issuers.is_empty()),
    })
}

/// One certificate, PEM or DER.
pub(super) fn read_one(path: &Path) -> Result<Certificate, CliError> {
    let file = input_file::read_limited(path).map_err(input_file::ReadError::into_cli)?;
    Certificate::read(&file)
        .map_err(|error| CliError::from(error).context(&path.display().to_string()))
}

/// Certificates in PEM.
pub(super) fn read_chain(path: &Path) -> Result<Vec<Certificate>, CliError> {
    let file = input_file::read_limited(path).map_err(input_file::ReadError::into_cli)?;
    Certificate::read_chain(&file)
        .map_err(|error| CliError::from(error).context(&path.display().to_string()))
}
