//! Signatures as bytes, and the two encodings of ECDSA.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::UintRef;
use der::{Decode, Encode, Sequence};

use crate::algorithm::Curve;
use crate::error::{ErrorKind, Explain};

/// A signature: ASN.1 DER for ECDSA, the scheme's raw bytes for RSA and Ed25519.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

/// Bytes that are no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// Not `r ‖ s` of the curve's length, or a zero integer.
    #[error("not an ECDSA signature of two positive {0}-byte integers")]
    P1363(usize),
    /// Not a DER `Ecdsa-Sig-Value`.
    #[error("not a DER-encoded ECDSA signature")]
    Der(#[source] der::Error),
}

impl Explain for SignatureError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

/// `Ecdsa-Sig-Value` of RFC 3279 §2.2.3.
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl Signature {
    /// Takes bytes that already have the seam's encoding.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Converts `r ‖ s` (IEEE P1363, what PKCS#11 tokens return) to DER.
    ///
    /// # Errors
    /// The length is not twice the curve's, or an integer is zero.
    pub fn from_p1363(curve: Curve, bytes: &[u8]) -> Result<Self, SignatureError> {
        let length = curve.field_len();
        let (r, s) = bytes
            .split_at_checked(length)
            .filter(|(_, s)| s.len() == length)
            .filter(|(r, s)| [r, s].iter().all(|integer| integer.iter().any(|b| *b != 0)))
            .ok_or(SignatureError::P1363(length))?;
        let value = EcdsaSigValue {
            r: UintRef::new(r).map_err(SignatureError::Der)?,
            s: UintRef::new(s).map_err(SignatureError::Der)?,
        };
        value.to_der().map(Self).map_err(SignatureError::Der)
    }

    /// Checks that the bytes are exactly one strict DER `Ecdsa-Sig-Value`, without trailing bytes.
    ///
    /// # Errors
    /// They are not.
    pub fn check_der(&self) -> Result<(), SignatureError> {
        EcdsaSigValue::from_der(&self.0)
            .map(|_| ())
            .map_err(SignatureError::Der)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Standard, padded base64: what cosign writes to a detached signature file.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", self.to_base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1363_becomes_minimal_der() {
        let mut raw = vec![0; 64];
        raw[31] = 1;
        raw[32] = 0x80;
        let der = Signature::from_p1363(Curve::P256, &raw).unwrap();
        assert_eq!(&der.as_bytes()[..7], [0x30, 0x26, 2, 1, 1, 2, 0x21]);
        der.check_der().unwrap();
    }

    #[test]
    fn wrong_lengths_and_trailing_bytes_are_refused() {
        for length in [0, 63, 65, 96] {
            assert!(Signature::from_p1363(Curve::P256, &vec![1; length]).is_err());
        }
        for zero in [0..32, 32..64] {
            let mut raw = [1; 64];
            raw[zero].fill(0);
            assert!(Signature::from_p1363(Curve::P256, &raw).is_err());
        }
        let mut der = Signature::from_p1363(Curve::P256, &[1; 64]).unwrap().0;
        der.push(0);
        assert!(Signature::from_bytes(der).check_der().is_err());
    }
}
