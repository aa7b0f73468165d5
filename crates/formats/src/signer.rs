//! Who made a signature, once a trusted key is known to have made it.

use touchmark_core::{KeyId, Message, Signature, SignatureScheme};

use crate::bundle::{Bundle, Content, Envelope, KeyMaterial};
use crate::claim::hinted;
use crate::claim_refusal::ClaimRefusal;
use crate::trial::{Attempt, Trial};
use crate::trust::Trust;

/// Who made an accepted signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedSigner {
    /// The key's place among the given ones.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Its id.
    pub key_id: KeyId,
    /// How it signed.
    pub scheme: SignatureScheme,
}

/// Finds the key that made a signature over a message in memory.
pub(crate) fn accept(
    trust: Trust<'_>,
    trial: &Trial<'_>,
    message: &dyn Message,
) -> Result<AcceptedSigner, ClaimRefusal> {
    let Trust::Keys(keys) = trust;
    match trial
        .attempt(keys, message)
        .map_err(ClaimRefusal::Unreadable)?
    {
        Attempt::Matched(index, given, scheme) => Ok(AcceptedSigner {
            index,
            name: given.name.clone(),
            key_id: given.key.key_id(),
            scheme,
        }),
        Attempt::NoMatch | Attempt::NeedsFile(_) => Err(trial.explain(keys).into()),
    }
}

/// The envelope of a bundle, and what it says about its signer.
pub(crate) fn envelope(bundle: &Bundle) -> Result<(&Envelope, Trial<'_>), ClaimRefusal> {
    let Content::Envelope(envelope) = &bundle.content else {
        return Err(ClaimRefusal::NoEnvelope);
    };
    let KeyMaterial::PublicKey { hint } = &bundle.signer else {
        return Err(ClaimRefusal::Certificate);
    };
    let trial = Trial {
        hint: hinted(hint),
        ..Trial::bare(&envelope.signature)
    };
    Ok((envelope, trial))
}

/// A signature that must be there.
pub(crate) fn present(signature: Option<&Signature>) -> Result<&Signature, ClaimRefusal> {
    signature.ok_or(ClaimRefusal::Malformed {
        what: "the layer has no signature",
        source: crate::error::FormatError::Missing(crate::layer::SIGNATURE),
    })
}
