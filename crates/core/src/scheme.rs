//! Signature schemes: how a key of some algorithm signs.

use std::fmt;

use crate::algorithm::KeyAlgorithm;
use crate::digest::{HashAlgorithm, Message};
use crate::prepared::{PrepareError, Prepared};

/// A way to sign: the padding or curve arithmetic, and the hash function.
///
/// The key's curve or size is not part of it: a scheme fits every key of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// ECDSA (FIPS 186-5 §6) over a digest; signatures are ASN.1 DER `Ecdsa-Sig-Value`.
    Ecdsa(HashAlgorithm),
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1v15(HashAlgorithm),
    /// RSASSA-PSS (RFC 8017 §8.1), MGF1 with the same hash, salt as long as the digest.
    RsaPss(HashAlgorithm),
    /// Pure Ed25519 (RFC 8032 §5.1.6): signs the message itself.
    Ed25519,
    /// Ed25519ph (RFC 8032 §5.1) with an empty context: signs a SHA-512 digest.
    Ed25519ph,
}

impl SignatureScheme {
    /// The scheme that an unmodified `cosign verify-blob --key` accepts for such a key without
    /// any algorithm flag: SHA-256 for every curve and RSA size, pure Ed25519.
    #[must_use]
    pub fn default_for(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::Ecdsa(_) => Self::Ecdsa(HashAlgorithm::Sha256),
            KeyAlgorithm::Rsa(_) => Self::RsaPkcs1v15(HashAlgorithm::Sha256),
            KeyAlgorithm::Ed25519 => Self::Ed25519,
        }
    }

    /// Every scheme that a key of this algorithm can sign with, the default first.
    #[must_use]
    pub fn all_for(algorithm: KeyAlgorithm) -> Vec<Self> {
        match algorithm {
            KeyAlgorithm::Ecdsa(_) => HashAlgorithm::ALL.map(Self::Ecdsa).to_vec(),
            KeyAlgorithm::Rsa(_) => HashAlgorithm::ALL
                .map(Self::RsaPkcs1v15)
                .into_iter()
                .chain(HashAlgorithm::ALL.map(Self::RsaPss))
                .collect(),
            KeyAlgorithm::Ed25519 => vec![Self::Ed25519, Self::Ed25519ph],
        }
    }

    /// Whether keys of this algorithm can be used with the scheme.
    #[must_use]
    pub fn fits(self, algorithm: KeyAlgorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Ecdsa(_), KeyAlgorithm::Ecdsa(_))
                | (Self::RsaPkcs1v15(_) | Self::RsaPss(_), KeyAlgorithm::Rsa(_))
                | (Self::Ed25519 | Self::Ed25519ph, KeyAlgorithm::Ed25519)
        )
    }

    /// The hash function of the digest that is signed; `None` for pure Ed25519.
    #[must_use]
    pub fn hash(self) -> Option<HashAlgorithm> {
        match self {
            Self::Ecdsa(hash) | Self::RsaPkcs1v15(hash) | Self::RsaPss(hash) => Some(hash),
            Self::Ed25519ph => Some(HashAlgorithm::Sha512),
            Self::Ed25519 => None,
        }
    }

    /// Makes what a signer signs: the message's digest or, for pure Ed25519, the message. This is
    /// the only place where that is decided.
    ///
    /// # Errors
    /// The message cannot be read, or only a digest is known that this scheme does not sign.
    pub fn prepare(self, message: &dyn Message) -> Result<Prepared<'_>, PrepareError> {
        Prepared::new(self, message)
    }
}

impl fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ecdsa(hash) => write!(f, "ecdsa-{}", hash.name()),
            Self::RsaPkcs1v15(hash) => write!(f, "rsa-pkcs1v15-{}", hash.name()),
            Self::RsaPss(hash) => write!(f, "rsa-pss-{}", hash.name()),
            Self::Ed25519 => f.write_str("ed25519"),
            Self::Ed25519ph => f.write_str("ed25519ph"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_comes_first_and_every_scheme_fits() {
        for algorithm in KeyAlgorithm::GENERATED {
            let all = SignatureScheme::all_for(algorithm);
            assert_eq!(all[0], SignatureScheme::default_for(algorithm));
            assert!(all.iter().all(|scheme| scheme.fits(algorithm)));
        }
        assert!(!SignatureScheme::Ed25519.fits(KeyAlgorithm::Rsa(2048)));
    }
}
