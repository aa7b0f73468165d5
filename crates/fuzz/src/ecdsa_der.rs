//! ECDSA signatures: exactly strict DER is accepted, and nothing else verifies.

use touchmark_core::{Curve, PublicKey, Signature, SignatureScheme};

const KEY: &str = include_str!("../../../tests/vectors/keys/openssl-p256.pub");
/// What the signatures in the corpus are over, with SHA-256.
const MESSAGE: &[u8] = b"touchmark\n";

/// Reads a signature in DER and as `r ‖ s`, and verifies it.
pub fn check(data: &[u8]) -> bool {
    let signature = Signature::from_bytes(data);
    let strict = is_strict(data);
    assert_eq!(signature.check_der().is_ok(), strict);
    let message = MESSAGE.to_vec();
    let scheme = SignatureScheme::Ecdsa(touchmark_core::HashAlgorithm::Sha256);
    if let (Ok(key), Ok(prepared)) = (PublicKey::from_pem(KEY), scheme.prepare(&message)) {
        assert!(key.verify(&prepared, &signature).is_err() || strict);
    }
    for curve in [Curve::P256, Curve::P384, Curve::P521] {
        let Ok(converted) = Signature::from_p1363(curve, data) else {
            continue;
        };
        assert_eq!(data.len(), 2 * curve.field_len());
        assert!(converted.check_der().is_ok());
        assert_eq!(numbers(converted.as_bytes()), Some(halves(data)));
    }
    strict
}

/// A second reader of `SEQUENCE { INTEGER, INTEGER }` (X.690 §8, §10), for non-negative integers.
fn is_strict(der: &[u8]) -> bool {
    numbers(der).is_some()
}

/// The two integers without leading zeros.
fn numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, rest) = element(der, 0x30)?;
    let (r, after_r) = element(sequence, 0x02)?;
    let (s, after_s) = element(after_r, 0x02)?;
    (rest.is_empty() && after_s.is_empty()).then_some(())?;
    Some((unsigned(r)?, unsigned(s)?))
}

/// The content of the first element, which has the given tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let width = match length {
        0..=0x7f => 0,
        0x81..=0x84 => usize::from(length & 0x7f),
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(width)?;
    let long = digits
        .iter()
        .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
    let length = if width == 0 {
        usize::from(*length)
    } else {
        long
    };
    // The shortest form of a length is the only one.
    let minimal = match width {
        0 => true,
        1 => length >= 0x80,
        _ => digits[0] != 0,
    };
    (*found == tag && minimal).then(|| rest.split_at_checked(length))?
}

fn unsigned(integer: &[u8]) -> Option<Vec<u8>> {
    match integer {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => None,
        [0, digits @ ..] | digits => Some(digits.to_vec()),
    }
}

fn halves(raw: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (r, s) = raw.split_at(raw.len() / 2);
    let trimmed = |half: &[u8]| {
        let digits = half.iter().skip_while(|digit| **digit == 0);
        digits.copied().collect()
    };
    (trimmed(r), trimmed(s))
}
