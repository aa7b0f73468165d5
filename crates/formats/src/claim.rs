//! What a blob's evidence claims about its signature.

use touchmark_core::{Digest, KeyId, PublicKey, Signature};

use crate::bundle::{Content, KeyMaterial};
use crate::evidence::Evidence;
use crate::legacy::{LegacyBundle, Signer};
use crate::presented::Presented;
use crate::refusal::Refusal;
use crate::trial::Trial;

/// What the evidence claims about one signature.
pub(crate) struct Claim<'a> {
    pub(crate) trial: Trial<'a>,
    pub(crate) embedded: Option<&'a PublicKey>,
}

impl<'a> Claim<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Result<Self, Refusal> {
        match evidence {
            Evidence::Detached(signature) => Ok(Trial::bare(signature).into()),
            Evidence::LegacyBundle(bundle) => Ok(Self::of_legacy(bundle)),
            Evidence::Bundle(bundle) => match &bundle.content {
                Content::Envelope(envelope) => {
                    Err(Refusal::Attestation(envelope.payload_type.clone()))
                }
                Content::Message(message) => {
                    let mut trial = of_material(&bundle.signer, &message.signature);
                    trial.declared = message.digest.as_ref();
                    Ok(trial.into())
                }
            },
        }
    }

    fn of_legacy(bundle: &'a LegacyBundle) -> Self {
        let mut claim = Self::from(Trial::bare(&bundle.signature));
        match &bundle.signer {
            Some(Signer::Certificate(der)) => claim.trial.presented = Presented::Der(der, &[]),
            Some(Signer::PublicKey(key)) => {
                claim.trial.hint = Some(key.key_id());
                claim.embedded = Some(key);
            }
            None => {}
        }
        claim
    }

    pub(crate) fn declared(&self) -> Option<&'a Digest> {
        self.trial.declared
    }
}

impl<'a> From<Trial<'a>> for Claim<'a> {
    fn from(trial: Trial<'a>) -> Self {
        Self {
            trial,
            embedded: None,
        }
    }
}

/// A signature in a bundle, with what the bundle says about its signer.
pub(crate) fn of_material<'a>(material: &'a KeyMaterial, signature: &'a Signature) -> Trial<'a> {
    let mut trial = Trial::bare(signature);
    match material {
        KeyMaterial::PublicKey { hint } => trial.hint = KeyId::parse(&format!("SHA256:{hint}")),
        KeyMaterial::Certificate(der) => trial.presented = Presented::Der(der, &[]),
        KeyMaterial::CertificateChain(chain) => {
            if let [leaf, chain @ ..] = chain.as_slice() {
                trial.presented = Presented::Der(leaf, chain);
            }
        }
    }
    trial
}
