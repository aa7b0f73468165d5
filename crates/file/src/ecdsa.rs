//! ECDSA keys, on AWS-LC.
//!
//! AWS-LC does the arithmetic for every curve: it is constant-time and four times as fast as the
//! pure Rust curves, and every signature is verified against it anyway. Its Rust binding offers
//! only some pairs of curve and hash function, so each curve uses the one pair whose digest is as
//! long as a scalar, and [`fit`] brings other digests to that length without changing the number
//! that is signed.

use aws_lc_rs::digest::{Algorithm, Digest as LcDigest, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use der::{Decode, Encode};
use sec1::{EcParameters, EcPrivateKey};
use touchmark_core::{Curve, Digest, PublicKey, Signature};
use zeroize::Zeroizing;

use crate::error::FileError;

/// A private scalar on a NIST curve.
pub(crate) struct EcdsaKey {
    curve: Curve,
    pair: EcdsaKeyPair,
}

impl EcdsaKey {
    pub(crate) fn generate(curve: Curve) -> Result<Self, FileError> {
        let pair = EcdsaKeyPair::generate(signing(curve).0)
            .map_err(|_| FileError::Failed("key generation"))?;
        Ok(Self { curve, pair })
    }

    /// Reads an `ECPrivateKey`; the curve is the one stated outside (PKCS#8), inside, or both.
    /// The public key inside is optional, and may be compressed; it is checked against the scalar.
    pub(crate) fn from_sec1_der(
        der: &[u8],
        outside: Option<ObjectIdentifier>,
    ) -> Result<Self, FileError> {
        let mut key = EcPrivateKey::from_der(der)
            .map_err(|e| FileError::malformed_by("not an EC private key", e))?;
        let inside = key.parameters.and_then(EcParameters::named_curve);
        let oid = match (outside, inside) {
            (Some(one), Some(other)) if one != other => {
                return Err(FileError::malformed("two curves are stated"));
            }
            (Some(oid), _) | (None, Some(oid)) => oid,
            (None, None) => return Err(FileError::malformed("no curve is stated")),
        };
        let curve = curve_of(oid)?;
        key.parameters = Some(EcParameters::NamedCurve(oid));
        let der = key
            .to_der()
            .map(Zeroizing::new)
            .map_err(|e| FileError::malformed_by("not an EC private key", e))?;
        let pair = EcdsaKeyPair::from_private_key_der(signing(curve).0, &der)
            .and_then(|pair| plain(&pair))
            .map_err(|e| FileError::malformed_by("not a key on its curve", e))?;
        Ok(Self { curve, pair })
    }

    pub(crate) fn public_key(&self) -> Result<PublicKey, FileError> {
        Ok(PublicKey::from_ec_point(
            self.curve,
            self.pair.public_key().as_ref(),
        )?)
    }

    pub(crate) fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let document = self.pair.to_pkcs8v1();
        let document = document.map_err(|_| FileError::Failed("encoding the key"))?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    pub(crate) fn sign(&self, digest: &Digest) -> Result<Signature, FileError> {
        let (_, algorithm) = signing(self.curve);
        let fitted = fit(digest.as_bytes(), algorithm.output_len());
        let fitted = LcDigest::import_less_safe(&fitted, algorithm)
            .map_err(|_| FileError::Failed("ECDSA"))?;
        let signature = self.pair.sign_digest(&fitted);
        let signature = signature.map_err(|_| FileError::Failed("ECDSA"))?;
        Ok(Signature::from_bytes(signature.as_ref()))
    }
}

/// AWS-LC writes a key as it was read, even without its public half: here it forgets how.
fn plain(pair: &EcdsaKeyPair) -> Result<EcdsaKeyPair, KeyRejected> {
    let scalar: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes()?;
    let point = pair.public_key().as_ref();
    EcdsaKeyPair::from_private_key_and_public_key(pair.algorithm(), scalar.as_ref(), point)
}

/// The pair of curve and hash function whose digest has the length that [`fit`] produces.
fn signing(curve: Curve) -> (&'static EcdsaSigningAlgorithm, &'static Algorithm) {
    match curve {
        Curve::P256 => (&ECDSA_P256_SHA256_ASN1_SIGNING, &SHA256),
        Curve::P384 => (&ECDSA_P384_SHA384_ASN1_SIGNING, &SHA384),
        Curve::P521 => (&ECDSA_P521_SHA512_ASN1_SIGNING, &SHA512),
    }
}

/// Brings a digest to a length without changing what is signed: ECDSA takes the leftmost bits of
/// a longer digest, as many as the order has, and a shorter one as a number (FIPS 186-5 §6.4.1
/// steps 2 and 3), which leading zeros do not change. For every curve the length is at most the
/// order's, and equal to it where a digest can be longer.
fn fit(digest: &[u8], length: usize) -> Vec<u8> {
    let kept = &digest[..digest.len().min(length)];
    let mut fitted = vec![0; length - kept.len()];
    fitted.extend_from_slice(kept);
    fitted
}

fn curve_of(oid: ObjectIdentifier) -> Result<Curve, FileError> {
    match oid {
        rfc5912::SECP_256_R_1 => Ok(Curve::P256),
        rfc5912::SECP_384_R_1 => Ok(Curve::P384),
        rfc5912::SECP_521_R_1 => Ok(Curve::P521),
        other => Err(FileError::Unsupported(format!(
            "an EC key on curve {other}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_digest_keeps_its_left_and_a_short_one_its_value() {
        assert_eq!(fit(&[1, 2, 3], 2), [1, 2]);
        assert_eq!(fit(&[1, 2], 2), [1, 2]);
        assert_eq!(fit(&[1, 2], 4), [0, 0, 1, 2]);
    }
}
