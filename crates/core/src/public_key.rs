//! Public keys and their ids.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc8410};
use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::algorithm::{Curve, KeyAlgorithm};
use crate::digest::{Digest, HashAlgorithm};
use crate::error::{ErrorKind, Explain};
use crate::prepared::Prepared;
use crate::signature::Signature;
use crate::verifier::{Verifier, VerifyError};

const SPKI_LABEL: &str = "PUBLIC KEY";
const PKCS1_LABEL: &str = "RSA PUBLIC KEY";

/// A public key: its X.509 `SubjectPublicKeyInfo` in DER, checked to be one that is used here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    spki: Vec<u8>,
    algorithm: KeyAlgorithm,
    raw: Vec<u8>,
}

/// Bytes that are no public key of a supported kind.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// Not PEM, or PEM of another label.
    #[error("no PEM block \"PUBLIC KEY\" or \"RSA PUBLIC KEY\" found")]
    NoPem,
    /// PEM that does not decode.
    #[error("malformed PEM")]
    Pem(#[source] pem::PemError),
    /// Not a DER `SubjectPublicKeyInfo`, or trailing bytes after it.
    #[error("malformed public key")]
    Der(#[source] der::Error),
    /// An algorithm or curve that is not used here.
    #[error("public key algorithm {0} is not supported")]
    Algorithm(String),
    /// An RSA modulus or exponent out of range.
    #[error("RSA key of {bits} bits and exponent {exponent} is not supported")]
    RsaSize {
        /// The modulus's length in bits.
        bits: usize,
        /// The public exponent, in hex.
        exponent: String,
    },
    /// A point that is not on its curve.
    #[error("the public key is not a valid {0} key")]
    Invalid(KeyAlgorithm),
    /// More than one key where one is wanted.
    #[error("{0} public keys found where one is wanted")]
    Several(usize),
}

impl Explain for PublicKeyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoPem => Some(
                "give an SPKI public key in PEM, as `touchmark public-key --key REF` prints it"
                    .into(),
            ),
            Self::Algorithm(_) | Self::RsaSize { .. } => Some(
                "supported are ECDSA P-256, P-384 and P-521, RSA of 2048 to 4096 bits with \
                 exponent 65537, and Ed25519"
                    .into(),
            ),
            Self::Several(_) => Some("give a file with one key".into()),
            Self::Pem(_) | Self::Der(_) | Self::Invalid(_) => None,
        }
    }
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7) and checks the key itself.
    ///
    /// # Errors
    /// It is malformed, of an unsupported algorithm or size, or mathematically invalid.
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, PublicKeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(spki).map_err(PublicKeyError::Der)?;
        let algorithm = algorithm_of(&info)?;
        let raw = bits(&info)?;
        let key = Self {
            spki: spki.to_vec(),
            algorithm,
            raw: raw.to_vec(),
        };
        Verifier::new(&key, crate::SignatureScheme::default_for(algorithm))
            .map_err(|_| PublicKeyError::Invalid(algorithm))?;
        Ok(key)
    }

    /// Builds a key from an uncompressed curve point, `04 ‖ X ‖ Y` (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// The point is malformed or not on the curve.
    pub fn from_ec_point(curve: Curve, point: &[u8]) -> Result<Self, PublicKeyError> {
        let oid = curve_oid(curve);
        Self::assemble(rfc5912::ID_EC_PUBLIC_KEY, Some(AnyRef::from(&oid)), point)
    }

    /// Builds a key from an RSA modulus and public exponent, big-endian.
    ///
    /// # Errors
    /// The numbers are malformed or out of range.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, PublicKeyError> {
        let modulus = der::asn1::UintRef::new(modulus).map_err(PublicKeyError::Der)?;
        let public_exponent = der::asn1::UintRef::new(exponent).map_err(PublicKeyError::Der)?;
        let key = pkcs1::RsaPublicKeyRef {
            modulus,
            public_exponent,
        };
        Self::from_pkcs1_der(&key.to_der().map_err(PublicKeyError::Der)?)
    }

    /// Builds a key from a DER `RSAPublicKey` (RFC 8017 A.1.1).
    ///
    /// # Errors
    /// As for [`PublicKey::from_spki_der`].
    pub fn from_pkcs1_der(pkcs1: &[u8]) -> Result<Self, PublicKeyError> {
        Self::assemble(rfc5912::RSA_ENCRYPTION, Some(AnyRef::NULL), pkcs1)
    }

    /// Builds a key from the 32 bytes of an Ed25519 public key (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// They are no point of the curve.
    pub fn from_ed25519(point: &[u8]) -> Result<Self, PublicKeyError> {
        Self::assemble(rfc8410::ID_ED_25519, None, point)
    }

    fn assemble(
        oid: ObjectIdentifier,
        parameters: Option<AnyRef<'_>>,
        raw: &[u8],
    ) -> Result<Self, PublicKeyError> {
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef { oid, parameters },
            subject_public_key: BitStringRef::from_bytes(raw).map_err(PublicKeyError::Der)?,
        };
        Self::from_spki_der(&info.to_der().map_err(PublicKeyError::Der)?)
    }

    /// Reads one PEM key: `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// # Errors
    /// There is none, more than one, or it is malformed.
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let mut keys = Self::all_from_pem(text)?;
        match keys.len() {
            1 => Ok(keys.remove(0)),
            several => Err(PublicKeyError::Several(several)),
        }
    }

    /// Reads every key of a PEM file, in order. A block of another label is an error: what a
    /// verifier was told to trust is never skipped silently.
    ///
    /// # Errors
    /// There is no key, or any block is malformed.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, PublicKeyError> {
        let blocks = pem::parse_many(text).map_err(PublicKeyError::Pem)?;
        if blocks.is_empty() || text.matches("-----BEGIN ").count() != blocks.len() {
            return Err(PublicKeyError::NoPem);
        }
        blocks
            .iter()
            .map(|block| match block.tag() {
                SPKI_LABEL => Self::from_spki_der(block.contents()),
                PKCS1_LABEL => Self::from_pkcs1_der(block.contents()),
                _ => Err(PublicKeyError::NoPem),
            })
            .collect()
    }

    /// The `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The key as a PEM block `PUBLIC KEY`, with a final newline, 64 characters a line.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new(SPKI_LABEL, self.spki.clone()), config)
    }

    /// The algorithm and size.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The bits of the SPKI: a curve point, a DER `RSAPublicKey`, or 32 bytes of Ed25519.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The key's id: SHA-256 of the SPKI DER.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId(Digest::of(HashAlgorithm::Sha256, &self.spki))
    }

    /// Verifies one signature. For many, make a [`Verifier`] once.
    ///
    /// # Errors
    /// As for [`Verifier::new`] and [`Verifier::verify`].
    pub fn verify(&self, input: &Prepared<'_>, signature: &Signature) -> Result<(), VerifyError> {
        Verifier::new(self, input.scheme())?.verify(input, signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.algorithm, self.key_id())
    }
}

/// SHA-256 of a key's SPKI DER. `Display` is `SHA256:` and standard base64 with padding.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyId(Digest);

impl KeyId {
    /// Reads the form that `Display` writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("SHA256:")?).ok()?;
        Digest::from_bytes(HashAlgorithm::Sha256, &bytes).map(Self)
    }

    /// The form of a Sigstore bundle's `publicKey.hint`: base64 without a prefix.
    #[must_use]
    pub fn to_hint(&self) -> String {
        STANDARD.encode(self.0.as_bytes())
    }

    /// The form in file names: lower-case hex.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.to_hex()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", self.to_hint())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn algorithm_of(info: &SubjectPublicKeyInfoRef<'_>) -> Result<KeyAlgorithm, PublicKeyError> {
    let oid = info.algorithm.oid;
    if oid == rfc8410::ID_ED_25519 {
        return match info.algorithm.parameters {
            None => Ok(KeyAlgorithm::Ed25519),
            Some(_) => Err(PublicKeyError::Algorithm("Ed25519 with parameters".into())),
        };
    }
    if oid == rfc5912::RSA_ENCRYPTION {
        // RFC 3279 §2.3.1: NULL, never absent; otherwise one key would have two ids.
        if info.algorithm.parameters != Some(AnyRef::NULL) {
            return Err(PublicKeyError::Algorithm("RSA without NULL".into()));
        }
        return rsa_algorithm(bits(info)?);
    }
    if oid == rfc5912::ID_EC_PUBLIC_KEY {
        let curve = info.algorithm.parameters_oid().map_err(|_| {
            PublicKeyError::Algorithm("EC with parameters that name no curve".into())
        })?;
        let known = [Curve::P256, Curve::P384, Curve::P521]
            .into_iter()
            .find(|known| curve_oid(*known) == curve)
            .ok_or_else(|| PublicKeyError::Algorithm(format!("EC on curve {curve}")))?;
        return ec_algorithm(known, bits(info)?);
    }
    Err(PublicKeyError::Algorithm(oid.to_string()))
}

/// Uncompressed points only, as cosign has it: a compressed one would give the key a second id.
fn ec_algorithm(curve: Curve, point: &[u8]) -> Result<KeyAlgorithm, PublicKeyError> {
    let algorithm = KeyAlgorithm::Ecdsa(curve);
    match point {
        [4, xy @ ..] if xy.len() == 2 * curve.field_len() => Ok(algorithm),
        _ => Err(PublicKeyError::Invalid(algorithm)),
    }
}

fn rsa_algorithm(pkcs1: &[u8]) -> Result<KeyAlgorithm, PublicKeyError> {
    let key = pkcs1::RsaPublicKeyRef::from_der(pkcs1).map_err(PublicKeyError::Der)?;
    let modulus = key.modulus.as_bytes();
    let leading = modulus
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = (modulus.len() * 8).saturating_sub(leading);
    let exponent = key.public_exponent.as_bytes();
    match u16::try_from(bits) {
        Ok(size @ 2048..=4096) if exponent == [1, 0, 1] => Ok(KeyAlgorithm::Rsa(size)),
        _ => Err(PublicKeyError::RsaSize {
            bits,
            exponent: hex::encode(exponent),
        }),
    }
}

fn bits<'a>(info: &SubjectPublicKeyInfoRef<'a>) -> Result<&'a [u8], PublicKeyError> {
    info.subject_public_key
        .as_bytes()
        .ok_or_else(|| PublicKeyError::Der(der::ErrorKind::Failed.into()))
}

fn curve_oid(curve: Curve) -> ObjectIdentifier {
    match curve {
        Curve::P256 => rfc5912::SECP_256_R_1,
        Curve::P384 => rfc5912::SECP_384_R_1,
        Curve::P521 => rfc5912::SECP_521_R_1,
    }
}

#[cfg(test)]
#[path = "public_key_tests.rs"]
mod tests;
