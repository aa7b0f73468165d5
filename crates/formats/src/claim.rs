//! What evidence claims, and whether any key made its signature.

use touchmark_core::{
    Curve, Digest, HashAlgorithm, KeyAlgorithm, KeyId, Message, PrepareError, PublicKey, Signature,
    SignatureScheme, VerifyError,
};

use crate::bundle::{Content, KeyMaterial};
use crate::evidence::Evidence;
use crate::legacy::Signer;
use crate::refusal::Refusal;
use crate::verify::NamedKey;

/// What the evidence claims about one signature.
pub(crate) struct Claim<'a> {
    signature: &'a Signature,
    pub(crate) declared: Option<&'a Digest>,
    hint: Option<KeyId>,
    pub(crate) embedded: Option<&'a PublicKey>,
}

/// What trying the given keys came to.
pub(crate) enum Attempt<'a> {
    Matched(usize, &'a NamedKey, SignatureScheme),
    NoMatch,
    NeedsFile(PrepareError),
}

impl<'a> Claim<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Result<Self, Refusal> {
        let (signature, declared, hint, embedded) = match evidence {
            Evidence::Detached(signature) => (signature, None, None, None),
            Evidence::LegacyBundle(bundle) => match &bundle.signer {
                Some(Signer::Certificate(_)) => return Err(Refusal::Certificate),
                Some(Signer::PublicKey(key)) => (&bundle.signature, None, None, Some(key)),
                None => (&bundle.signature, None, None, None),
            },
            Evidence::Bundle(bundle) => match (&bundle.content, &bundle.signer) {
                (Content::Envelope(envelope), _) => {
                    return Err(Refusal::Attestation(envelope.payload_type.clone()));
                }
                (Content::Message(message), KeyMaterial::PublicKey { hint }) => {
                    let hint = KeyId::parse(&format!("SHA256:{hint}"));
                    (&message.signature, message.digest.as_ref(), hint, None)
                }
                (Content::Message(_), _) => return Err(Refusal::Certificate),
            },
        };
        Ok(Self {
            signature,
            declared,
            hint: hint.or_else(|| embedded.map(PublicKey::key_id)),
            embedded,
        })
    }

    /// Tries every key with every scheme that it may have used.
    pub(crate) fn attempt<'k>(
        &self,
        keys: &'k [NamedKey],
        artifact: &dyn Message,
    ) -> Result<Attempt<'k>, Refusal> {
        let (mut tried, mut untried) = (false, None);
        for (index, given) in keys.iter().enumerate() {
            if !fits(&given.key, self.signature) {
                tried = true;
                continue;
            }
            for scheme in schemes(given.key.algorithm(), self.declared) {
                let prepared = match scheme.prepare(artifact) {
                    Ok(prepared) => prepared,
                    Err(PrepareError::Read(error)) => return Err(Refusal::Unreadable(error)),
                    Err(error) => {
                        untried = untried.or(Some(error));
                        continue;
                    }
                };
                tried = true;
                match given.key.verify(&prepared, self.signature) {
                    Ok(()) => return Ok(Attempt::Matched(index, given, scheme)),
                    Err(VerifyError::Read(error)) => return Err(Refusal::Unreadable(error)),
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
    pub(crate) fn explain(&self, keys: &[NamedKey]) -> Refusal {
        if let Some(signer) = &self.hint {
            return match keys.iter().find(|given| given.key.key_id() == *signer) {
                None => unknown(signer.clone(), keys),
                Some(given) if !fits(&given.key, self.signature) => {
                    malformed(self.signature, given.name.clone(), &given.key)
                }
                Some(given) => Refusal::InvalidSignature {
                    name: given.name.clone(),
                    key_id: signer.clone(),
                },
            };
        }
        match keys {
            [given] if !plausible(self.signature) && !fits(&given.key, self.signature) => {
                let key = format!("{} ({})", given.name, given.key.algorithm());
                malformed(self.signature, key, &given.key)
            }
            _ => Refusal::NoMatch { given: ids(keys) },
        }
    }
}

/// The schemes to try, each once: see [`verify_blob`].
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

/// The refusal of a signer that was not given.
pub(crate) fn unknown(signer: KeyId, keys: &[NamedKey]) -> Refusal {
    Refusal::UnknownKey {
        signer,
        given: ids(keys),
    }
}

fn malformed(signature: &Signature, key: String, by: &PublicKey) -> Refusal {
    let source = match by.algorithm() {
        KeyAlgorithm::Ecdsa(_) => signature.check_der().err(),
        KeyAlgorithm::Rsa(_) | KeyAlgorithm::Ed25519 => None,
    };
    Refusal::Malformed {
        length: signature.as_bytes().len(),
        key,
        source,
    }
}
