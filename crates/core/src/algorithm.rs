//! The kinds of key that can be made and used.

use std::fmt;
use std::str::FromStr;

use crate::error::{ErrorKind, Explain};

/// A NIST prime curve (FIPS 186-5, SP 800-186 §3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// P-256, also secp256r1 and prime256v1.
    P256,
    /// P-384, also secp384r1.
    P384,
    /// P-521, also secp521r1.
    P521,
}

impl Curve {
    /// The length of one coordinate, and of one signature integer, in bytes.
    #[must_use]
    pub fn field_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A key's algorithm and size, as `--algorithm` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on a NIST curve.
    Ecdsa(Curve),
    /// RSA; the size is that of the modulus in bits, 2048 to 4096.
    Rsa(u16),
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl KeyAlgorithm {
    /// Every algorithm that a key can be generated with.
    pub const GENERATED: [Self; 7] = [
        Self::Ecdsa(Curve::P256),
        Self::Ecdsa(Curve::P384),
        Self::Ecdsa(Curve::P521),
        Self::Rsa(2048),
        Self::Rsa(3072),
        Self::Rsa(4096),
        Self::Ed25519,
    ];

    /// The name in commands and JSON.
    #[must_use]
    pub fn name(self) -> String {
        self.to_string()
    }
}

impl Default for KeyAlgorithm {
    /// P-256: the one algorithm that every cosign verifier accepts without a flag.
    fn default() -> Self {
        Self::Ecdsa(Curve::P256)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ecdsa(Curve::P256) => f.write_str("ecdsa-p256"),
            Self::Ecdsa(Curve::P384) => f.write_str("ecdsa-p384"),
            Self::Ecdsa(Curve::P521) => f.write_str("ecdsa-p521"),
            Self::Rsa(bits) => write!(f, "rsa-{bits}"),
            Self::Ed25519 => f.write_str("ed25519"),
        }
    }
}

/// A name that is no key algorithm.
#[derive(Debug, thiserror::Error)]
#[error("unknown key algorithm {0:?}")]
pub struct UnknownAlgorithm(String);

impl Explain for UnknownAlgorithm {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(format!(
            "use one of {}",
            KeyAlgorithm::GENERATED.map(KeyAlgorithm::name).join(", ")
        ))
    }
}

impl FromStr for KeyAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::GENERATED
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for algorithm in KeyAlgorithm::GENERATED {
            assert_eq!(algorithm.name().parse::<KeyAlgorithm>().unwrap(), algorithm);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "rsa-1024".parse::<KeyAlgorithm>().unwrap_err();
        assert!(error.hint().unwrap().contains("ecdsa-p256, ecdsa-p384"));
    }
}
