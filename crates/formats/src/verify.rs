//! The verdict on a blob: does one of these keys' signatures cover this artifact?

use std::fmt;
use std::io;

use touchmark_core::{
    Curve, Digest, HashAlgorithm, KeyAlgorithm, KeyId, Message, PrepareError, PublicKey, Signature,
    SignatureScheme, VerifyError,
};

use crate::bundle::{Content, KeyMaterial, LogEntry};
use crate::error::printable;
use crate::evidence::Evidence;
use crate::legacy::Signer;
use crate::refusal::Refusal;

/// A public key that the caller trusts, and what to call it.
#[derive(Clone, Debug)]
pub struct NamedKey {
    /// What messages call it: a path, a URI, a place in a file.
    pub name: String,
    /// The key.
    pub key: PublicKey,
}

/// A signature that one of the given keys made over the artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The key's place among the given ones.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Its id.
    pub key_id: KeyId,
    /// How it signed.
    pub scheme: SignatureScheme,
    /// The artifact's digest: SHA-256, unless only another is known.
    pub digest: Digest,
    /// What the evidence holds besides, which nothing looked at.
    pub not_checked: Vec<NotChecked>,
}

impl Accepted {
    /// The stable name of the verdict, for scripts: `valid`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "valid"
    }
}

/// A part of the evidence that is not verified here, and so vouches for nothing.
///
/// `Display` is the stable form in output: `tlogEntries[0] (hashedrekord 0.0.1)`,
/// `rfc3161Timestamps[0]`, `rekorBundle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotChecked {
    /// A transparency log entry of a bundle.
    LogEntry {
        /// Its place.
        index: usize,
        /// Its kind as the bundle states it.
        kind: String,
        /// The kind's version as the bundle states it.
        version: String,
    },
    /// An RFC 3161 timestamp of a bundle.
    Timestamp {
        /// Its place.
        index: usize,
    },
    /// The log entry of a legacy bundle.
    RekorBundle,
}

impl fmt::Display for NotChecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogEntry {
                index,
                kind,
                version,
            } => {
                let (kind, version) = (printable(kind, 32), printable(version, 32));
                write!(f, "tlogEntries[{index}] ({kind} {version})")
            }
            Self::Timestamp { index } => write!(f, "rfc3161Timestamps[{index}]"),
            Self::RekorBundle => f.write_str("rekorBundle"),
        }
    }
}

/// Judges a blob's signature.
///
/// Any of the keys may have made it; the answer says which. What the evidence says about its
/// signer (a hint, a certificate, a public key) never adds a key, and only explains a refusal. A
/// declared digest must be the artifact's.
///
/// # Schemes
/// The hash function is not covered by a signature, so those that cosign and sigstore-go know for
/// the key are tried: the declared one, SHA-256, and the curve's own. Ed25519 is tried pure, then
/// as Ed25519ph. RSA is PKCS#1 v1.5 only, as in cosign.
///
/// # Errors
/// The verdict is not "accepted": [`Refusal`] says why.
pub fn verify_blob(
    keys: &[NamedKey],
    artifact: &dyn Message,
    evidence: &Evidence,
) -> Result<Accepted, Refusal> {
    let claim = Claim::of(evidence)?;
    if let Some(embedded) = claim.embedded
        && !keys.iter().any(|given| given.key == *embedded)
    {
        return Err(unknown(embedded.key_id(), keys));
    }
    if let Some(declared) = claim.declared {
        check_digest(keys, artifact, &claim, declared)?;
    }
    match claim.attempt(keys, artifact)? {
        Attempt::Matched(index, given, scheme) => Ok(Accepted {
            index,
            name: given.name.clone(),
            key_id: given.key.key_id(),
            scheme,
            digest: known_digest(artifact)?,
            not_checked: not_checked(evidence),
        }),
        Attempt::NoMatch => Err(claim.explain(keys)),
        Attempt::NeedsFile(error) => Err(Refusal::NeedsFile(error)),
    }
}

/// What the evidence claims about one signature.
struct Claim<'a> {
    signature: &'a Signature,
    declared: Option<&'a Digest>,
    hint: Option<KeyId>,
    embedded: Option<&'a PublicKey>,
}

enum Attempt<'a> {
    Matched(usize, &'a NamedKey, SignatureScheme),
    NoMatch,
    NeedsFile(PrepareError),
}

impl<'a> Claim<'a> {
    fn of(evidence: &'a Evidence) -> Result<Self, Refusal> {
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
    fn attempt<'k>(
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
    fn explain(&self, keys: &[NamedKey]) -> Refusal {
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

fn check_digest(
    keys: &[NamedKey],
    artifact: &dyn Message,
    claim: &Claim<'_>,
    declared: &Digest,
) -> Result<(), Refusal> {
    let found = match artifact.digest(declared.algorithm()) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            let scheme = SignatureScheme::Ecdsa(declared.algorithm());
            return Err(Refusal::NeedsFile(PrepareError::DigestOnly {
                scheme,
                source: error,
            }));
        }
        Err(error) => return Err(Refusal::Unreadable(error)),
    };
    if found == *declared {
        return Ok(());
    }
    // Whose signature for another file it is tells a mix-up from a forgery.
    let signer = match claim.attempt(keys, declared)? {
        Attempt::Matched(_, given, _) => Some(given.name.clone()),
        Attempt::NoMatch | Attempt::NeedsFile(_) => None,
    };
    Err(Refusal::DigestMismatch {
        declared: declared.clone(),
        found,
        signer,
    })
}

/// The artifact's SHA-256, or whichever digest is known.
fn known_digest(artifact: &dyn Message) -> Result<Digest, Refusal> {
    let mut first = None;
    for algorithm in HashAlgorithm::ALL {
        match artifact.digest(algorithm) {
            Ok(digest) => return Ok(digest),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                first = first.or(Some(error));
            }
            Err(error) => return Err(Refusal::Unreadable(error)),
        }
    }
    Err(Refusal::Unreadable(
        first.unwrap_or_else(|| io::Error::other("no digest is known")),
    ))
}

fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    match evidence {
        Evidence::Detached(_) => Vec::new(),
        Evidence::LegacyBundle(bundle) => {
            let entry = bundle.rekor.iter().map(|_| NotChecked::RekorBundle);
            entry.collect()
        }
        Evidence::Bundle(bundle) => {
            let entry = |(index, entry): (usize, &LogEntry)| NotChecked::LogEntry {
                index,
                kind: entry.kind.clone(),
                version: entry.kind_version.clone(),
            };
            let timestamps = 0..bundle.timestamps.len();
            let entries = bundle.log_entries.iter().enumerate().map(entry);
            entries
                .chain(timestamps.map(|index| NotChecked::Timestamp { index }))
                .collect()
        }
    }
}

fn ids(keys: &[NamedKey]) -> Vec<KeyId> {
    keys.iter().map(|given| given.key.key_id()).collect()
}

fn unknown(signer: KeyId, keys: &[NamedKey]) -> Refusal {
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
