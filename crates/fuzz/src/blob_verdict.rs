//! The verdict over a blob: accepted only where the named key, alone, verifies just this blob.

use touchmark_core::PublicKey;
use touchmark_formats::bundle::Content;
use touchmark_formats::evidence::{self, Evidence};
use touchmark_formats::legacy::Signer;
use touchmark_formats::{Accepted, NamedKey, verify_blob};

const KEYS: [(&str, &str); 4] = [
    (
        "p256",
        include_str!("../../../tests/vectors/keys/openssl-p256.pub"),
    ),
    (
        "p384",
        include_str!("../../../tests/vectors/keys/openssl-p384.pub"),
    ),
    (
        "rsa",
        include_str!("../../../tests/vectors/keys/openssl-rsa2048.pub"),
    ),
    (
        "ed25519",
        include_str!("../../../tests/vectors/keys/openssl-ed25519.pub"),
    ),
];
/// What the signatures in the corpus are over.
const ARTIFACT: &[u8] = b"touchmark\n";

/// Judges the artifact by any evidence, and doubts every "accepted".
pub fn check(data: &[u8]) -> bool {
    let Ok(evidence) = evidence::detect(data) else {
        return false;
    };
    let keys = keys();
    let artifact = ARTIFACT.to_vec();
    let other = b"touchmark".to_vec();
    assert!(verify_blob(&keys, &other, &evidence).is_err());
    assert!(verify_blob(&[], &artifact, &evidence).is_err());
    let Ok(accepted) = verify_blob(&keys, &artifact, &evidence) else {
        return false;
    };
    check_accepted(&keys, &artifact, &evidence, &accepted);
    true
}

fn keys() -> Vec<NamedKey> {
    let keys = KEYS.iter().filter_map(|(name, pem)| {
        Some(NamedKey {
            name: (*name).to_owned(),
            key: PublicKey::from_pem(pem).ok()?,
        })
    });
    keys.collect()
}

fn check_accepted(keys: &[NamedKey], artifact: &Vec<u8>, evidence: &Evidence, accepted: &Accepted) {
    assert_eq!(keys.len(), KEYS.len());
    let given = &keys[accepted.index];
    assert_eq!(
        (&given.name, given.key.key_id()),
        (&accepted.name, accepted.key_id.clone())
    );
    let signature = match evidence {
        Evidence::Detached(signature) => signature,
        Evidence::LegacyBundle(bundle) => {
            if let Some(Signer::PublicKey(key)) = &bundle.signer {
                assert_eq!(*key, given.key);
            }
            &bundle.signature
        }
        Evidence::Bundle(bundle) => {
            let Content::Message(message) = &bundle.content else {
                unreachable!("an attestation was accepted for a blob");
            };
            let declared = message.digest.as_ref();
            let known = accepted.digest.algorithm();
            assert!(declared.is_none_or(|d| d.algorithm() != known || *d == accepted.digest));
            &message.signature
        }
    };
    let verified = accepted
        .scheme
        .prepare(artifact)
        .map(|prepared| given.key.verify(&prepared, signature).is_ok());
    assert_eq!(verified.ok(), Some(true));
    let alone = verify_blob(std::slice::from_ref(given), artifact, evidence);
    assert_eq!(
        alone.map(|verdict| verdict.scheme).ok(),
        Some(accepted.scheme)
    );
    let mut others = keys.to_vec();
    others.remove(accepted.index);
    assert!(verify_blob(&others, artifact, evidence).is_err());
}
