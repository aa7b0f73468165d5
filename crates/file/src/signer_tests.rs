//! Unit tests of `signer`: every scheme of every algorithm, verified.

use touchmark_core::{CheckedSigner, HashAlgorithm, KeyAlgorithm, Message};

use super::*;
use crate::vectors;

fn signer(name: &str) -> FileSigner {
    FileSigner::new(vectors::plain(&format!("openssl-{name}.pkcs8.pem")))
}

#[tokio::test]
async fn every_scheme_of_every_algorithm_signs_and_verifies() {
    let message = b"a release file".to_vec();
    for name in vectors::ALGORITHMS {
        let signer = signer(name);
        let algorithm = signer.public_key().algorithm();
        let signer = CheckedSigner::new(Box::new(signer), None).unwrap();
        let schemes: Vec<_> = signer.schemes().collect();
        assert_eq!(schemes, SignatureScheme::all_for(algorithm));
        for scheme in schemes {
            let prepared = scheme.prepare(&message).unwrap();
            let signature = signer.sign(&prepared).await.unwrap();
            signer.public_key().verify(&prepared, &signature).unwrap();
            let other = b"another file".to_vec();
            let other = scheme.prepare(&other).unwrap();
            assert!(signer.public_key().verify(&other, &signature).is_err());
        }
    }
}

#[tokio::test]
async fn a_digest_alone_is_signed_as_the_file_is() {
    let message = b"a release file".to_vec();
    let digest = message.digest(HashAlgorithm::Sha256).unwrap();
    for name in ["p256", "p384", "p521", "rsa2048"] {
        let signer = signer(name);
        let scheme = signer.schemes()[0];
        let signature = signer
            .sign(&scheme.prepare(&digest).unwrap())
            .await
            .unwrap();
        let prepared = scheme.prepare(&message).unwrap();
        signer.public_key().verify(&prepared, &signature).unwrap();
    }
}

#[tokio::test]
async fn the_scheme_of_another_algorithm_is_refused() {
    let message = b"a release file".to_vec();
    let scheme = SignatureScheme::default_for(KeyAlgorithm::Rsa(2048));
    let prepared = scheme.prepare(&message).unwrap();
    for name in ["p256", "ed25519"] {
        let error = signer(name).sign(&prepared).await.unwrap_err();
        assert!(matches!(error, SignError::Scheme(refused) if refused == scheme));
    }
}
