//! Whose signatures are accepted.

use std::borrow::Cow;

use crate::certificate::{Authorities, CertificateError, Identity};
use crate::presented::Presented;
use crate::verify::NamedKey;

/// Whose signatures are accepted: the caller's answer, never the evidence's.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Any of these keys'. A certificate beside a signature adds no key and refuses none.
    Keys(&'a [NamedKey]),
    /// Those of whom these authorities certify. A signature without a certificate is refused.
    Authorities(&'a Authorities),
}

impl<'a> From<&'a [NamedKey]> for Trust<'a> {
    fn from(keys: &'a [NamedKey]) -> Self {
        Self::Keys(keys)
    }
}

impl<'a> From<&'a Vec<NamedKey>> for Trust<'a> {
    fn from(keys: &'a Vec<NamedKey>) -> Self {
        Self::Keys(keys)
    }
}

impl<'a, const N: usize> From<&'a [NamedKey; N]> for Trust<'a> {
    fn from(keys: &'a [NamedKey; N]) -> Self {
        Self::Keys(keys)
    }
}

impl<'a> From<&'a Authorities> for Trust<'a> {
    fn from(authorities: &'a Authorities) -> Self {
        Self::Authorities(authorities)
    }
}

/// The keys that may have made one signature.
pub(crate) struct Candidates<'a> {
    pub(crate) keys: Cow<'a, [NamedKey]>,
    /// Whom an accepted certificate names.
    pub(crate) certificate: Option<Identity>,
}

impl<'a> Trust<'a> {
    /// The keys that are trusted for a signature beside which this certificate stands.
    pub(crate) fn candidates(
        self,
        presented: &Presented<'_>,
    ) -> Result<Candidates<'a>, CertificateError> {
        let authorities = match self {
            Self::Keys(keys) => {
                return Ok(Candidates {
                    keys: Cow::Borrowed(keys),
                    certificate: None,
                });
            }
            Self::Authorities(authorities) => authorities,
        };
        let (leaf, chain) = presented.parse()?.ok_or(CertificateError::Absent)?;
        let (key, identity) = authorities.accept(&leaf, &chain)?;
        let name = identity.name().to_owned();
        Ok(Candidates {
            keys: Cow::Owned(vec![NamedKey { name, key }]),
            certificate: Some(identity),
        })
    }
}
