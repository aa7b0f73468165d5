//! The suite that every backend passes, on recorded key files; and a real cosign that signs with
//! the key files made here.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use touchmark_core::interaction::{InteractionError, PasswordRequest, PinRequest};
use touchmark_core::{
    Curve, HashAlgorithm, Interaction, KeyAlgorithm, KeyUri, SecretString, Signature,
    SignatureScheme,
};
use touchmark_file::{FileProvider, generate};
use touchmark_testkit::peers::cosign::{Cosign, Evidence};
use touchmark_testkit::suite;

/// The password of the recorded keys.
const PASSWORD: &str = "correct horse battery staple";

/// Knows that one password.
#[derive(Debug)]
struct Answer;

impl Interaction for Answer {
    fn pin(&self, _: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn password(&self, _: &PasswordRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(Some(PASSWORD.to_owned().into()))
    }

    fn notify(&self, _: &str) {}
}

fn vector(name: &str) -> KeyUri {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/keys");
    KeyUri::from_path(&folder.join(name).to_string_lossy())
}

#[test]
fn the_suite_passes_with_keys_of_every_algorithm() {
    let names = ["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096"];
    let mut keys: Vec<KeyUri> = names
        .iter()
        .map(|name| vector(&format!("openssl-{name}.pkcs8.pem")))
        .collect();
    keys.push(vector("cosign-3-imported-ed25519.key"));
    suite::run(&suite::Subject {
        provider: &FileProvider::new(Arc::new(Answer)),
        keys: &keys,
        missing: vector("nobody.key"),
        secrets: &[PASSWORD],
    });
}

/// What cosign 3 signs with: the curve's own hash, which its `verify-blob --key` then does not
/// take without a flag. So the signature is verified here.
fn cosigns_scheme(algorithm: KeyAlgorithm) -> SignatureScheme {
    match algorithm {
        KeyAlgorithm::Ecdsa(Curve::P384) => SignatureScheme::Ecdsa(HashAlgorithm::Sha384),
        KeyAlgorithm::Ecdsa(Curve::P521) => SignatureScheme::Ecdsa(HashAlgorithm::Sha512),
        other => SignatureScheme::default_for(other),
    }
}

#[test]
fn cosign_signs_with_keys_made_here() {
    let cosign = Cosign::v3();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let file = dir.join("file");
    let message = b"message".to_vec();
    fs::write(&file, &message).unwrap();
    for algorithm in KeyAlgorithm::GENERATED {
        let key = generate(algorithm).unwrap();
        let password = PASSWORD.to_owned().into();
        fs::write(dir.join("our.key"), key.encrypt(&password).unwrap()).unwrap();
        let evidence = Evidence::Detached(dir.join("file.sig"));
        cosign
            .sign_blob(dir, "our.key", PASSWORD, &file, &evidence)
            .success();
        let signature = STANDARD.decode(fs::read(dir.join("file.sig")).unwrap());
        let signature = Signature::from_bytes(signature.unwrap());
        let prepared = cosigns_scheme(algorithm).prepare(&message).unwrap();
        key.public_key().verify(&prepared, &signature).unwrap();
        cosign
            .sign_blob(dir, "our.key", "wrong", &file, &evidence)
            .failure();
    }
}
