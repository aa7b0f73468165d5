//! The certificate that stands beside a signature.

use touchmark_core::{KeyId, PublicKey};

use crate::certificate::{Certificate, CertificateError};

/// A signer's certificate as it stands beside a signature. Nothing in it is verified.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Presented<'a> {
    /// There is none.
    Nothing,
    /// In DER, with what leads to its root.
    Der(&'a [u8], &'a [Vec<u8>]),
    /// In PEM, with what leads to its root.
    Pem(&'a str, Option<&'a str>),
}

impl Presented<'_> {
    pub(crate) fn is_certificate(self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// The certificate, and what leads to its root.
    pub(crate) fn parse(self) -> Result<Option<(Certificate, Vec<Certificate>)>, CertificateError> {
        match self {
            Self::Nothing => Ok(None),
            Self::Der(leaf, chain) => {
                let chain = chain.iter().map(|der| Certificate::from_der(der));
                Ok(Some((
                    Certificate::from_der(leaf)?,
                    chain.collect::<Result<_, _>>()?,
                )))
            }
            Self::Pem(leaf, chain) => {
                let chain = chain.map(|pem| Certificate::read_chain(pem.as_bytes()));
                let leaf = Certificate::read(leaf.as_bytes())?;
                Ok(Some((leaf, chain.transpose()?.unwrap_or_default())))
            }
        }
    }

    /// The id of the certified key, where there is a readable certificate.
    pub(crate) fn key_id(self) -> Option<KeyId> {
        let (leaf, _) = self.parse().ok()??;
        leaf.public_key().ok().as_ref().map(PublicKey::key_id)
    }
}
