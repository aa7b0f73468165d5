//! Signs claims about artifacts: image payloads and statements.

use std::collections::BTreeMap;
use touchmark_core::{CheckedSigner, Message, PublicKey, Signature, SignatureScheme, Verifier};
use touchmark_formats::bundle::{self, Envelope, SignedBy};
use touchmark_formats::dsse::{self, Pae};
use touchmark_formats::layer;
use touchmark_oci::attached::Repeats;

use crate::error::CliError;
use crate::runtime::busy;

/// The signer's own certificate, and its issuers, where the signature carries them.
#[derive(Debug)]
pub(crate) struct SigningCertificate {
    /// DER.
    pub(crate) der: Vec<u8>,
    /// The same in PEM.
    pub(crate) pem: String,
    /// The issuers, the root last, in PEM.
    pub(crate) chain: Option<String>,
}

/// A key that signs claims. One serves a whole run, and one session of its token.
#[derive(Debug)]
pub(crate) struct ClaimSigner {
    signer: CheckedSigner,
    certificate: Option<SigningCertificate>,
}

/// A signed payload, as a layer of the `.sig` tag holds it.
#[derive(Clone, Debug)]
pub(crate) struct SignedPayload {
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Signature,
    pub(crate) annotations: BTreeMap<String, String>,
    /// Tells an earlier signature of the same payload by the same key.
    pub(crate) repeats: Option<Repeats>,
}

/// Whether the key made the signature over the payload.
fn made(key: &PublicKey, scheme: SignatureScheme, payload: &Vec<u8>, made: &Signature) -> bool {
    let Ok(verifier) = Verifier::new(key, scheme) else {
        return false;
    };
    scheme
        .prepare(payload)
        .is_ok_and(|prepared| verifier.verify(&prepared, made).is_ok())
}

impl ClaimSigner {
    pub(crate) fn new(signer: CheckedSigner, certificate: Option<SigningCertificate>) -> Self {
        Self {
            signer,
            certificate,
        }
    }

    pub(crate) fn key_id(&self) -> String {
        self.signer.public_key().key_id().to_string()
    }

    pub(crate) fn certificate(&self) -> Option<&SigningCertificate> {
        self.certificate.as_ref()
    }

    pub(crate) fn public_key_pem(&self) -> String {
        self.signer.public_key().to_pem()
    }

    /// The scheme that cosign verifies without a flag, which is the first that every backend
    /// offers.
    pub(crate) fn scheme(&self) -> SignatureScheme {
        SignatureScheme::default_for(self.signer.public_key().algorithm())
    }

    async fn sign(&self, message: &dyn Message) -> Result<Signature, CliError> {
        let prepared = busy(|| self.scheme().prepare(message))?;
        Ok(self.signer.sign(&prepared).await?)
    }

    /// Signs a payload as it is.
    pub(crate) async fn payload(&self, payload: Vec<u8>) -> Result<SignedPayload, CliError> {
        let signature = self.sign(&payload).await?;
        let mut annotations = layer::of_signature(&signature);
        self.add_certificate(&mut annotations);
        Ok(SignedPayload {
            repeats: Some(self.repeats(&payload, &annotations)),
            payload,
            signature,
            annotations,
        })
    }

    /// An ECDSA signature is another each time. As in cosign, one by this key that stands beside
    /// the same payload is enough: signing again adds nothing.
    fn repeats(&self, payload: &[u8], own: &BTreeMap<String, String>) -> Repeats {
        let (key, scheme) = (self.signer.public_key().clone(), self.scheme());
        let (payload, own) = (payload.to_vec(), own.clone());
        Repeats::new(move |there: &BTreeMap<String, String>| {
            let beside = |name: &str| there.get(name) == own.get(name);
            let signature = layer::read(there).ok().and_then(|beside| beside.signature);
            beside(layer::CERTIFICATE)
                && beside(layer::CHAIN)
                && signature.is_some_and(|signature| made(&key, scheme, &payload, &signature))
        })
    }

    /// Signs an in-toto statement.
    pub(crate) async fn statement(&self, payload: Vec<u8>) -> Result<Envelope, CliError> {
        let signature = self.sign(&Pae::of_statement(&payload)).await?;
        Ok(Envelope {
            payload,
            payload_type: dsse::PAYLOAD_TYPE.into(),
            key_id: String::new(),
            signature,
        })
    }

    /// What stands beside an attestation in a layer of the `.att` tag.
    pub(crate) fn attestation_annotations(&self, kind: &str) -> BTreeMap<String, String> {
        let mut annotations = layer::of_attestation(kind);
        self.add_certificate(&mut annotations);
        annotations
    }

    fn add_certificate(&self, annotations: &mut BTreeMap<String, String>) {
        if let Some(own) = &self.certificate {
            layer::add_certificate(annotations, &own.pem, own.chain.as_deref());
        }
    }

    /// The Sigstore bundle of an envelope that this signed.
    pub(crate) fn bundle(&self, envelope: &Envelope) -> Vec<u8> {
        bundle::write_envelope(self.signed_by(), envelope)
    }

    /// Who a bundle says signed it.
    pub(crate) fn signed_by(&self) -> SignedBy<'_> {
        match &self.certificate {
            Some(own) => SignedBy::Certificate(&own.der),
            None => SignedBy::Key(self.signer.public_key()),
        }
    }
}
