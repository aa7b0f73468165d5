//! The verdict on a blob: does one of these keys' signatures cover this artifact?

use std::io;

use touchmark_core::{
    Digest, HashAlgorithm, KeyId, Message, PrepareError, PublicKey, SignatureScheme,
};

use crate::certificate::Identity;
use crate::claim::Claim;
use crate::evidence::Evidence;
use crate::not_checked::{NotChecked, not_checked};
use crate::refusal::Refusal;
use crate::trial::{Attempt, unknown};
use crate::trust::Trust;

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
    /// Whom the signer's certificate names, where authorities were trusted.
    pub certificate: Option<Identity>,
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

/// Judges a blob's signature.
///
/// Any of the keys may have made it; the answer says which. What the evidence says about its
/// signer (a hint, a certificate, a public key) never adds a key, and only explains a refusal;
/// where authorities are trusted, its certificate must be one of theirs. A declared digest must
/// be the artifact's.
///
/// # Schemes
/// The hash function is not covered by a signature, so those that cosign and sigstore-go know for
/// the key are tried: the declared one, SHA-256, and the curve's own. Ed25519 is tried pure, then
/// as Ed25519ph. RSA is PKCS#1 v1.5 only, as in cosign.
///
/// # Errors
/// The verdict is not "accepted": [`Refusal`] says why.
pub fn verify_blob<'t>(
    trust: impl Into<Trust<'t>>,
    artifact: &dyn Message,
    evidence: &Evidence,
) -> Result<Accepted, Refusal> {
    let claim = Claim::of(evidence)?;
    let candidates = trust
        .into()
        .candidates(&claim.trial.presented)
        .map_err(Refusal::Certificate)?;
    let keys = &*candidates.keys;
    if let Some(embedded) = claim.embedded
        && !keys.iter().any(|given| given.key == *embedded)
    {
        return Err(unknown(embedded.key_id(), keys).into());
    }
    if let Some(declared) = claim.declared() {
        check_digest(keys, artifact, &claim, declared)?;
    }
    match claim
        .trial
        .attempt(keys, artifact)
        .map_err(Refusal::Unreadable)?
    {
        Attempt::Matched(index, given, scheme) => Ok(Accepted {
            index,
            name: given.name.clone(),
            key_id: given.key.key_id(),
            scheme,
            certificate: candidates.certificate.clone(),
            digest: known_digest(artifact)?,
            not_checked: not_checked(evidence),
        }),
        Attempt::NoMatch => Err(claim.trial.explain(keys).into()),
        Attempt::NeedsFile(error) => Err(Refusal::NeedsFile(error)),
    }
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
    let signer = match claim
        .trial
        .attempt(keys, declared)
        .map_err(Refusal::Unreadable)?
    {
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
