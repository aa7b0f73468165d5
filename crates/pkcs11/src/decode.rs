//! Public keys as tokens write them. Pure: bytes in, keys out.

use der::Decode;
use der::asn1::OctetStringRef;
use touchmark_core::{Curve, PublicKey, PublicKeyError};

use crate::error::MalformedSource;

/// `CKA_EC_PARAMS` of each curve: its object identifier in DER.
const CURVES: [(Curve, &[u8]); 3] = [
    (Curve::P256, b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
    (Curve::P384, b"\x06\x05\x2b\x81\x04\x00\x22"),
    (Curve::P521, b"\x06\x05\x2b\x81\x04\x00\x23"),
];
/// RFC 8410's identifier of Ed25519.
const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";
/// The other ways to write it: PKCS#11 3.0 §2.3.10 has the curve's name as a `PrintableString`, and
/// older modules an identifier of GNU's.
const ED25519_ALSO: [&[u8]; 2] = [
    b"\x13\x0cedwards25519",
    b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01",
];

/// The object identifier, in DER, that a new key's `CKA_EC_PARAMS` is set to.
pub(crate) fn ec_params(curve: Option<Curve>) -> &'static [u8] {
    CURVES
        .iter()
        .find(|(known, _)| Some(*known) == curve)
        .map_or(ED25519, |(_, oid)| oid)
}

/// Reads `CKA_EC_PARAMS` and `CKA_EC_POINT` of a NIST curve or Ed25519. The point may be bare or
/// in a DER `OCTET STRING`: modules do both.
///
/// # Errors
/// The curve is not one that is used here, or the point is malformed or not on it.
pub fn ec_public_key(params: &[u8], point: &[u8]) -> Result<PublicKey, MalformedSource> {
    if params == ED25519 || ED25519_ALSO.contains(&params) {
        return Ok(PublicKey::from_ed25519(unwrapped(point, 32)?)?);
    }
    let (curve, _) = CURVES
        .iter()
        .find(|(_, oid)| *oid == params)
        .ok_or_else(|| {
            MalformedSource::Unknown(format!("CKA_EC_PARAMS {}", hex::encode(params)))
        })?;
    let length = 1 + 2 * curve.field_len();
    Ok(PublicKey::from_ec_point(*curve, unwrapped(point, length)?)?)
}

/// Reads `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT`, big-endian, with or without leading zeros.
///
/// # Errors
/// The numbers are out of range.
pub fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, PublicKeyError> {
    PublicKey::from_rsa(modulus, exponent)
}

/// A bare point starts with `04` as an `OCTET STRING` does; only the length tells them apart.
fn unwrapped(point: &[u8], length: usize) -> Result<&[u8], der::Error> {
    if point.len() == length {
        return Ok(point);
    }
    <&OctetStringRef>::from_der(point).map(OctetStringRef::as_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P-256's generator (SEC 2 §2.4.2): a point that is on the curve.
    const GENERATOR: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                             4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    fn wrapped(point: &[u8]) -> Vec<u8> {
        let length = u8::try_from(point.len()).unwrap();
        [&[4, length], point].concat()
    }

    #[test]
    fn a_point_reads_bare_and_wrapped() {
        let point = hex::decode(GENERATOR).unwrap();
        let params = ec_params(Some(Curve::P256));
        let bare = ec_public_key(params, &point).unwrap();
        assert_eq!(bare.raw(), point);
        assert_eq!(ec_public_key(params, &wrapped(&point)).unwrap(), bare);
    }

    #[test]
    fn ed25519_reads_under_each_of_its_names() {
        let point = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
            .unwrap();
        let key = ec_public_key(ED25519, &point).unwrap();
        for params in ED25519_ALSO {
            assert_eq!(ec_public_key(params, &wrapped(&point)).unwrap(), key);
        }
    }

    #[test]
    fn malformed_points_and_other_curves_are_refused() {
        let point = hex::decode(GENERATOR).unwrap();
        let params = ec_params(Some(Curve::P256));
        let mut trailing = wrapped(&point);
        trailing.push(0);
        let mut off_curve = point.clone();
        off_curve[64] ^= 1;
        for bad in [&[][..], &[4], &point[..64], &trailing, &off_curve] {
            assert!(ec_public_key(params, bad).is_err());
        }
        let secp256k1 = b"\x06\x05\x2b\x81\x04\x00\x0a";
        let error = ec_public_key(secp256k1, &point).unwrap_err();
        assert!(error.to_string().contains("06052b8104000a"));
    }
}
