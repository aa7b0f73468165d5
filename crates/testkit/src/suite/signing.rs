//! Signing: every scheme, and nothing that is not one of them.

use std::sync::Arc;

use touchmark_core::{Digest, Message, SignError, Signature, SignatureScheme, Signer, Verifier};

use super::encoding;
use super::inputs::{BreaksOff, all_schemes, messages};
use crate::peers::openssl;

/// More than any pool has workers.
const AT_ONCE: usize = 64;

/// The schemes are the key's own, each once, and there is one.
pub(super) fn offers_schemes_that_fit(signer: &dyn Signer) {
    let algorithm = signer.public_key().algorithm();
    let schemes = signer.schemes();
    assert!(!schemes.is_empty(), "{algorithm} offers no scheme");
    for (index, scheme) in schemes.iter().enumerate() {
        assert!(scheme.fits(algorithm), "{scheme} does not fit {algorithm}");
        assert!(!schemes[..index].contains(scheme), "{scheme} twice");
    }
    // Every backend has the scheme that an unmodified cosign verifies without a flag, in front.
    assert_eq!(schemes[0], SignatureScheme::default_for(algorithm));
}

/// Each scheme signs each message; the core and OpenSSL accept the signature for that message,
/// and the core for no other.
pub(super) async fn every_scheme_signs(signer: &dyn Signer) {
    for scheme in signer.schemes() {
        for message in messages() {
            let signature = sign(signer, *scheme, &message).await;
            encoding::check(signer.public_key(), &signature);
            accept(signer, *scheme, &message, &signature);
        }
    }
}

/// The preferred scheme signs one message, and is verified like the rest.
pub(super) async fn the_preferred_scheme_signs(signer: &dyn Signer) {
    let message = b"preferred".to_vec();
    let signature = sign(signer, signer.schemes()[0], &message).await;
    encoding::check(signer.public_key(), &signature);
    accept(signer, signer.schemes()[0], &message, &signature);
}

fn accept(signer: &dyn Signer, scheme: SignatureScheme, message: &Vec<u8>, signature: &Signature) {
    let key = signer.public_key();
    let what = format!("{scheme} over {} bytes by {key:?}", message.len());
    let verifier = Verifier::new(key, scheme).expect("a verifier");
    let verify = |message: &dyn Message| {
        let prepared = scheme.prepare(message).expect("a message");
        verifier.verify(&prepared, signature)
    };
    verify(message).unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut changed = message.clone();
    changed.push(0);
    assert!(verify(&changed).is_err(), "{what} fits another message");
    // OpenSSL 3.0 has no Ed25519ph, and its command line no empty Ed25519 message.
    if scheme != SignatureScheme::Ed25519ph && !message.is_empty() {
        openssl::verify(key, scheme, message, signature).success();
    }
}

/// A digest that was made elsewhere signs like the message itself.
pub(super) async fn a_digest_alone_is_enough_where_the_scheme_signs_one(signer: &dyn Signer) {
    let message = b"hashed elsewhere".to_vec();
    for scheme in signer.schemes() {
        let Some(hash) = scheme.hash() else { continue };
        let digest = Digest::of(hash, &message);
        let prepared = scheme.prepare(&digest).expect("a digest");
        let signature = signer.sign(&prepared).await.expect("a signature");
        accept(signer, *scheme, &message, &signature);
    }
}

/// An input that was prepared for a scheme which is not offered is refused by that name.
pub(super) async fn other_schemes_are_refused(signer: &dyn Signer) {
    let message = b"message".to_vec();
    for scheme in all_schemes() {
        if signer.schemes().contains(&scheme) {
            continue;
        }
        let prepared = scheme.prepare(&message).expect("a message");
        match signer.sign(&prepared).await {
            Err(SignError::Scheme(refused)) => assert_eq!(refused, scheme),
            other => panic!("{scheme}, which is not offered, gave {other:?}"),
        }
    }
}

/// A message that cannot be read to its end gives no signature.
pub(super) async fn a_message_that_breaks_off_is_an_error(signer: &dyn Signer) {
    for scheme in signer.schemes() {
        if let Ok(prepared) = scheme.prepare(&BreaksOff) {
            let result = signer.sign(&prepared).await;
            assert!(result.is_err(), "{scheme} signed half a message");
        }
    }
    // And the signer is none the worse for it.
    sign(signer, signer.schemes()[0], &b"after".to_vec()).await;
}

/// Signatures under way at the same time do not get mixed up.
pub(super) async fn many_at_once_keep_to_their_messages(signer: Box<dyn Signer>) {
    let signer: Arc<dyn Signer> = signer.into();
    let scheme = signer.schemes()[0];
    let start = |number: usize| {
        let signer = Arc::clone(&signer);
        tokio::spawn(async move {
            let message = format!("message {number}").into_bytes();
            let prepared = scheme.prepare(&message).expect("a message");
            let signature = signer.sign(&prepared).await.map_err(|e| format!("{e:?}"))?;
            let verified = signer.public_key().verify(&prepared, &signature);
            verified.map_err(|error| format!("signature {number}: {error}"))
        })
    };
    let running: Vec<_> = (0..AT_ONCE).map(start).collect();
    for task in running {
        let result = task.await.expect("a signature");
        result.unwrap_or_else(|error| panic!("one of {AT_ONCE} at once: {error}"));
    }
}

async fn sign(signer: &dyn Signer, scheme: SignatureScheme, message: &Vec<u8>) -> Signature {
    let prepared = scheme.prepare(message).expect("a message");
    let result = signer.sign(&prepared).await;
    result.unwrap_or_else(|error| panic!("{scheme} over {} bytes: {error:?}", message.len()))
}
