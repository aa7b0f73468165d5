//! Who made a signature, once a trusted key is known to have made it.

use touchmark_core::{KeyId, Message, Signature, SignatureScheme};

use crate::bundle::{Bundle, Content, Envelope};
use crate::certificate::Identity;
use crate::claim::of_material;
use crate::claim_refusal::ClaimRefusal;
use crate::layer::Beside;
use crate::presented::Presented;
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
    /// Whom the signer's certificate names, where authorities were trusted.
    pub certificate: Option<Identity>,
}

/// Finds the key that made a signature over a message in memory.
pub(crate) fn accept(
    trust: Trust<'_>,
    trial: &Trial<'_>,
    message: &dyn Message,
) -> Result<AcceptedSigner, ClaimRefusal> {
    let candidates = trust
        .candidates(&trial.presented)
        .map_err(ClaimRefusal::Certificate)?;
    let attempt = trial
        .attempt(&candidates.keys, message)
        .map_err(ClaimRefusal::Unreadable)?;
    match attempt {
        Attempt::Matched(index, given, scheme) => Ok(AcceptedSigner {
            index,
            name: given.name.clone(),
            key_id: given.key.key_id(),
            scheme,
            certificate: candidates.certificate.clone(),
        }),
        Attempt::NoMatch | Attempt::NeedsFile(_) => Err(trial.explain(&candidates.keys).into()),
    }
}

/// The envelope of a bundle, and what it says about its signer.
pub(crate) fn in_bundle(bundle: &Bundle) -> Result<(&Envelope, Trial<'_>), ClaimRefusal> {
    match &bundle.content {
        Content::Envelope(envelope) => {
            let trial = of_material(&bundle.signer, &envelope.signature);
            Ok((envelope, trial))
        }
        Content::Message(_) => Err(ClaimRefusal::NoEnvelope),
    }
}

/// A signature whose certificate, if any, is in a layer's annotations.
pub(crate) fn in_layer<'a>(signature: &'a Signature, beside: &'a Beside) -> Trial<'a> {
    let mut trial = Trial::bare(signature);
    if let Some(certificate) = &beside.certificate {
        trial.presented = Presented::Pem(certificate, beside.chain.as_deref());
    }
    trial
}
