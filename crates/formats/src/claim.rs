//! What a blob's evidence claims about its signature.

use touchmark_core::{Digest, KeyId, PublicKey};

use crate::bundle::{Content, KeyMaterial};
use crate::evidence::Evidence;
use crate::legacy::Signer;
use crate::refusal::Refusal;
use crate::trial::Trial;

/// What the evidence claims about one signature.
pub(crate) struct Claim<'a> {
    pub(crate) trial: Trial<'a>,
    pub(crate) embedded: Option<&'a PublicKey>,
}

impl<'a> Claim<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Result<Self, Refusal> {
        let (trial, embedded) = match evidence {
            Evidence::Detached(signature) => (Trial::bare(signature), None),
            Evidence::LegacyBundle(bundle) => match &bundle.signer {
                Some(Signer::Certificate(_)) => return Err(Refusal::Certificate),
                Some(Signer::PublicKey(key)) => {
                    let trial = Trial {
                        hint: Some(key.key_id()),
                        ..Trial::bare(&bundle.signature)
                    };
                    (trial, Some(key))
                }
                None => (Trial::bare(&bundle.signature), None),
            },
            Evidence::Bundle(bundle) => match (&bundle.content, &bundle.signer) {
                (Content::Envelope(envelope), _) => {
                    return Err(Refusal::Attestation(envelope.payload_type.clone()));
                }
                (Content::Message(message), KeyMaterial::PublicKey { hint }) => {
                    let trial = Trial {
                        declared: message.digest.as_ref(),
                        hint: hinted(hint),
                        ..Trial::bare(&message.signature)
                    };
                    (trial, None)
                }
                (Content::Message(_), _) => return Err(Refusal::Certificate),
            },
        };
        Ok(Self { trial, embedded })
    }

    pub(crate) fn declared(&self) -> Option<&'a Digest> {
        self.trial.declared
    }
}

/// The key id in a bundle's hint, where it is one.
pub(crate) fn hinted(hint: &str) -> Option<KeyId> {
    KeyId::parse(&format!("SHA256:{hint}"))
}
