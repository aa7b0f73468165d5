//! What a signer is given: made by [`SignatureScheme::prepare`] alone.

use std::io;

use crate::digest::{Digest, Message};
use crate::error::{ErrorKind, Explain};
use crate::scheme::SignatureScheme;

/// The input of one signature: the scheme, and the digest or message that it signs.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    scheme: SignatureScheme,
    content: Content<'a>,
}

/// The bytes that a scheme signs.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// A digest of the scheme's hash function.
    Digest(Digest),
    /// The message itself: pure Ed25519 only.
    Message(&'a dyn Message),
}

/// A message that a scheme cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Only a digest is known, and not one that the scheme signs.
    #[error("{scheme} cannot sign it: {source}")]
    DigestOnly {
        /// The scheme that was asked for.
        scheme: SignatureScheme,
        /// What the message said.
        source: io::Error,
    },
    /// The message cannot be read.
    #[error("the message cannot be read")]
    Read(#[source] io::Error),
}

impl Explain for PrepareError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::DigestOnly { .. } => ErrorKind::Usage,
            Self::Read(_) => ErrorKind::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::DigestOnly {
                scheme: SignatureScheme::Ed25519,
                ..
            } => Some("pure Ed25519 needs the whole message: name the file instead".into()),
            Self::DigestOnly { .. } => Some("name the file itself instead of its digest".into()),
            Self::Read(_) => None,
        }
    }
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(
        scheme: SignatureScheme,
        message: &'a dyn Message,
    ) -> Result<Self, PrepareError> {
        let content = match scheme.hash() {
            Some(hash) => message.digest(hash).map(Content::Digest),
            // Opening tells a digest from a message now rather than half-way through signing.
            None => message.open().map(|_| Content::Message(message)),
        };
        let content = content.map_err(|source| match source.kind() {
            io::ErrorKind::Unsupported => PrepareError::DigestOnly { scheme, source },
            _ => PrepareError::Read(source),
        })?;
        Ok(Self { scheme, content })
    }

    /// The scheme it was prepared for.
    #[must_use]
    pub fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// The digest, or the message of pure Ed25519.
    #[must_use]
    pub fn content(&self) -> &Content<'a> {
        &self.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::HashAlgorithm;

    #[test]
    fn a_digest_scheme_gets_the_digest_and_pure_ed25519_the_message() {
        let message = b"abc".to_vec();
        let scheme = SignatureScheme::Ecdsa(HashAlgorithm::Sha384);
        let prepared = scheme.prepare(&message).unwrap();
        let expected = Digest::of(HashAlgorithm::Sha384, &message);
        assert!(matches!(prepared.content(), Content::Digest(digest) if *digest == expected));
        let prepared = SignatureScheme::Ed25519.prepare(&message).unwrap();
        assert!(matches!(prepared.content(), Content::Message(_)));
    }

    #[test]
    fn a_digest_alone_does_not_serve_pure_ed25519_or_another_hash() {
        let digest = Digest::of(HashAlgorithm::Sha256, b"abc");
        assert!(
            SignatureScheme::Ecdsa(HashAlgorithm::Sha256)
                .prepare(&digest)
                .is_ok()
        );
        for scheme in [SignatureScheme::Ed25519, SignatureScheme::Ed25519ph] {
            let error = scheme.prepare(&digest).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.hint().unwrap().contains("name the file"));
        }
    }
}
