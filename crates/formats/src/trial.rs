//! Whether any key made a signature, and why none did.

use std::io;

use touchmark_core::{
    Curve, Digest, HashAlgorithm, KeyAlgorithm, KeyId, Message, PrepareError, PublicKey, Signature,
    SignatureError, SignatureScheme, VerifyError,
};

use crate::certificate::CertificateError;
use crate::presented::Presented;
use crate::verify::NamedKey;

/// One signature, and what stands beside it about how it was made.
#[derive(Clone, Debug)]
pub(crate) struct Trial<'a> {
    pub(crate) signature: &'a Signature,
    /// The artifact's digest as the signer declared it.
    pub(crate) declared: Option<&'a Digest>,
    /// The key that is said to have made it.
    pub(crate) hint: Option<KeyId>,
    /// The certificate of the key that is said to have made it.
    pub(crate) presented: Presented<'a>,
}

/// What trying the given keys came to.
pub(crate) enum Attempt<'a> {
    Matched(usize, &'a NamedKey, SignatureScheme),
    NoMatch,
    NeedsFile(PrepareError),
}

/// Why no key matched.
pub(crate) enum Mismatch {
    Unknown {
        signer: KeyId,
        given: Vec<KeyId>,
    },
    Malformed {
        length: usize,
        key: String,
        source: Option<SignatureError>,
    },
    Invalid {
        name: String,
        key_id: KeyId,
    },
    NoMatch {
        given: Vec<KeyId>,
    },
    Certificate(CertificateError),
}

impl<'a> Trial<'a> {
    /// A signature with nothing beside it.
    pub(crate) fn bare(signature: &'a Signature) -> Self {
        Self {
            signature,
            declared: None,
            hint: None,
            presented: Presented::Nothing,
        }
    }

    /// Tries every key with every scheme that it may have used. Fails where the artifact cannot
    /// be read.
    pub(crate) fn attempt<'k>(
        &self,
        keys: &'k [NamedKey],
        artifact: &dyn Message,
    ) -> io::Result<Attempt<'k>> {
        let (mut tried, mut untried) = (false, None);
        for (index, given) in keys.iter().enumerate() {
            if !fits(&given.key, self.signature) {
                tried = true;
                continue;
            }
            for scheme in schemes(given.key.algorithm(), self.declared) {
                let prepared = match scheme.prepare(artifact) {
                    Ok(prepared) => prepared,
                    Err(PrepareError::Read(error)) => return Err(error),
                    Err(error) => {
                        untried = untried.or(Some(error));
                        continue;
                    }
                };
                tried = true;
                match given.key.verify(&prepared, self.signature) {
                    Ok(()) => return Ok(Attempt::Matched(index, given, scheme)),
                    Err(VerifyError::Read(error)) => return Err(error),
                    Err(_) => {}
                }
            }
        }
        Ok(match untried {
            Some(error) if !tried => Attempt::NeedsFile(error),
            _ => Attempt::NoMatch,
        })
    }

    /// Says why no key matched.
    pub(crate) fn explain(&self, keys: &[NamedKey]) -> Mismatch {
        let signer = self.hint.clone().or_else(|| self.presented.key_id());
        let stranger = |signer: &KeyId| !keys.iter().any(|given| given.key.key_id() == *signer);
        if self.presented.is_certificate() && signer.as_ref().is_none_or(stranger) {
            return Mismatch::Certificate(CertificateError::NoAuthority);
        }
        if let Some(signer) = signer {
            return match keys.iter().find(|given| given.key.key_id() == signer) {
                None => unknown(signer, keys),
                Some(given) if !fits(&given.key, self.signature) => {
                    malformed(self.signature, given.name.clone(), &given.key)
                }
                Some(given) => Mismatch::Invalid {
                    name: given.name.clone(),
                    key_id: signer,
                },
            };
        }
        match keys {
            [given] if !plausible(self.signature) && !fits(&given.key, self.signature) => {
                let key = format!("{} ({})", given.name, given.key.algorithm());
                malformed(self.signature, key, &given.key)
            }
            _ => Mismatch::NoMatch { given: ids(keys) },
        }
    }
}

/// The schemes to try, each once: see [`verify_blob`](crate::verify_blob).
fn schemes(algorithm: KeyAlgorithm, declared: Option<&Digest>) -> Vec<SignatureScheme> {
    let scheme: fn(HashAlgorithm) -> SignatureScheme = match algorithm {
        KeyAlgorithm::Ed25519 => return SignatureScheme::all_for(algorithm),
        KeyAlgorithm::Ecdsa(_) => SignatureScheme::Ecdsa,
        KeyAlgorithm::Rsa(_) => SignatureScheme::RsaPkcs1v15,
    };
    let own = match algorithm {
        KeyAlgorithm::Ecdsa(Curve::P384) => HashAlgorithm::Sha384,
        KeyAlgorithm::Ecdsa(Curve::P521) => HashAlgorithm::Sha512,
        _ => HashAlgorithm::Sha256,
    };
    let mut hashes: Vec<HashAlgorithm> = Vec::new();
    for hash in declared
        .map(Digest::algorithm)
        .into_iter()
        .chain([HashAlgorithm::Sha256, own])
    {
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes.into_iter().map(scheme).collect()
}

/// Whether bytes have the form of a key's signatures. Only strict DER passes for ECDSA: a lax
/// verifier would accept several encodings of one signature.
fn fits(key: &PublicKey, signature: &Signature) -> bool {
    match key.algorithm() {
        KeyAlgorithm::Ecdsa(_) => signature.check_der().is_ok(),
        KeyAlgorithm::Rsa(bits) => signature.as_bytes().len() == usize::from(bits).div_ceil(8),
        KeyAlgorithm::Ed25519 => signature.as_bytes().len() == 64,
    }
}

/// Whether bytes have the form of some key's signatures.
fn plausible(signature: &Signature) -> bool {
    signature.check_der().is_ok() || matches!(signature.as_bytes().len(), 64 | 256..=512)
}

fn ids(keys: &[NamedKey]) -> Vec<KeyId> {
    keys.iter().map(|given| given.key.key_id()).collect()
}

/// A signer that was not given.
pub(crate) fn unknown(signer: KeyId, keys: &[NamedKey]) -> Mismatch {
    Mismatch::Unknown {
        signer,
        given: ids(keys),
    }
}

fn malformed(signature: &Signature, key: String, by: &PublicKey) -> Mismatch {
    let source = match by.algorithm() {
        KeyAlgorithm::Ecdsa(_) => signature.check_der().err(),
        KeyAlgorithm::Rsa(_) | KeyAlgorithm::Ed25519 => None,
    };
    Mismatch::Malformed {
        length: signature.as_bytes().len(),
        key,
        source,
    }
}
