//! RSA keys, on AWS-LC: constant-time and blinded, which the pure Rust `rsa` crate is not.

use aws_lc_rs::digest::{Algorithm, Digest as LcDigest, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use der::Decode;
use touchmark_core::{Digest, HashAlgorithm, PublicKey, Signature};
use zeroize::Zeroizing;

use crate::error::FileError;

/// An RSA private key of two primes.
pub(crate) struct RsaKey(RsaKeyPair);

/// How the digest is padded (RFC 8017 §8).
#[derive(Clone, Copy)]
pub(crate) enum Padding {
    Pkcs1v15,
    Pss,
}

impl RsaKey {
    /// Makes a key of 2048, 3072 or 4096 bits with the exponent 65537.
    pub(crate) fn generate(bits: u16) -> Result<Self, FileError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return Err(FileError::Unsupported(format!("an RSA key of {bits} bits"))),
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| FileError::Failed("key generation"))?;
        Ok(Self(pair))
    }

    /// Reads an `RSAPrivateKey`. AWS-LC checks that its numbers belong together.
    pub(crate) fn from_pkcs1_der(der: &[u8]) -> Result<Self, FileError> {
        let key = pkcs1::RsaPrivateKeyRef::from_der(der)
            .map_err(|e| FileError::malformed_by("not an RSA private key", e))?;
        // The size is judged from the public half, whose error names it.
        let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
        PublicKey::from_rsa(modulus, exponent)?;
        let pair = RsaKeyPair::from_der(der)
            .map_err(|e| FileError::malformed_by("not a consistent RSA private key", e))?;
        Ok(Self(pair))
    }

    pub(crate) fn public_key(&self) -> Result<PublicKey, FileError> {
        Ok(PublicKey::from_pkcs1_der(self.0.public_key().as_ref())?)
    }

    pub(crate) fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let der: Pkcs8V1Der<'_> = self
            .0
            .as_der()
            .map_err(|_| FileError::Failed("encoding the key"))?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    pub(crate) fn sign(&self, padding: Padding, digest: &Digest) -> Result<Signature, FileError> {
        let (encoding, algorithm) = encoding(padding, digest.algorithm());
        let failed = |_| FileError::Failed("RSA");
        let digest = LcDigest::import_less_safe(digest.as_bytes(), algorithm).map_err(failed)?;
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign_digest(encoding, &digest, &mut signature)
            .map_err(failed)?;
        Ok(Signature::from_bytes(signature))
    }
}

fn encoding(
    padding: Padding,
    hash: HashAlgorithm,
) -> (&'static dyn RsaEncoding, &'static Algorithm) {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    match (padding, hash) {
        (Padding::Pkcs1v15, Sha256) => (&RSA_PKCS1_SHA256, &SHA256),
        (Padding::Pkcs1v15, Sha384) => (&RSA_PKCS1_SHA384, &SHA384),
        (Padding::Pkcs1v15, Sha512) => (&RSA_PKCS1_SHA512, &SHA512),
        (Padding::Pss, Sha256) => (&RSA_PSS_SHA256, &SHA256),
        (Padding::Pss, Sha384) => (&RSA_PSS_SHA384, &SHA384),
        (Padding::Pss, Sha512) => (&RSA_PSS_SHA512, &SHA512),
    }
}
