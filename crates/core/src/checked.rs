//! The wrapper that verifies every signature before it is returned.

use std::sync::OnceLock;

use crate::prepared::Prepared;
use crate::public_key::PublicKey;
use crate::scheme::SignatureScheme;
use crate::signature::Signature;
use crate::signer::{OpenError, SignError, Signer};
use crate::verifier::Verifier;

/// A signer that does not trust its backend: what it returns verifies with the pinned public key.
///
/// Tokens sign malformed input without complaint, and a mislabelled public key would make every
/// signature worthless; both are caught here, before the signature leaves.
#[derive(Debug)]
pub struct CheckedSigner {
    signer: Box<dyn Signer>,
    /// One per scheme of the signer, made when the scheme is first used.
    verifiers: Vec<OnceLock<Verifier>>,
}

impl CheckedSigner {
    /// Wraps a signer. With `pinned`, its public key must be that one.
    ///
    /// # Errors
    /// [`OpenError::NotPinned`] where the signer's key is another.
    pub fn new(signer: Box<dyn Signer>, pinned: Option<&PublicKey>) -> Result<Self, OpenError> {
        if let Some(pinned) = pinned
            && pinned != signer.public_key()
        {
            return Err(OpenError::NotPinned {
                found: signer.public_key().key_id(),
                pinned: pinned.key_id(),
            });
        }
        let verifiers = signer.schemes().iter().map(|_| OnceLock::new()).collect();
        Ok(Self { signer, verifiers })
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    /// The schemes that the key signs with, the preferred one first.
    pub fn schemes(&self) -> impl Iterator<Item = SignatureScheme> + '_ {
        self.signer.schemes().iter().copied()
    }

    /// Signs, verifies, and only then returns the signature.
    ///
    /// # Errors
    /// The scheme is not the key's, the backend failed, or what it returned does not verify.
    pub async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError> {
        let verifier = self.verifier(input.scheme())?;
        let signature = self.signer.sign(input).await?;
        verifier
            .verify(input, &signature)
            .map_err(SignError::SelfCheck)?;
        Ok(signature)
    }

    /// What cannot be checked is not signed.
    fn verifier(&self, scheme: SignatureScheme) -> Result<&Verifier, SignError> {
        let mut schemes = self.schemes().zip(&self.verifiers);
        let Some((_, place)) = schemes.find(|(known, _)| *known == scheme) else {
            return Err(SignError::Scheme(scheme));
        };
        if let Some(verifier) = place.get() {
            return Ok(verifier);
        }
        let verifier = Verifier::new(self.public_key(), scheme).map_err(SignError::SelfCheck)?;
        Ok(place.get_or_init(|| verifier))
    }
}
