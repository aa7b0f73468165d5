//! What is written reads back, verifies, and is read by other implementations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::io::Read;

use sigstore_bundle::{
    BundleV03, Error as OtherError, ValidationOptions, VerificationMaterialV03,
    validate_bundle_with_options,
};
use sigstore_types::bundle::{
    Bundle as OtherBundle, MessageSignature as OtherMessage, SignatureContent,
};
use support::{Key, named};
use touchmark_core::{Digest, HashAlgorithm, Message};
use touchmark_formats::bundle::{Content, Envelope, SignedBy};
use touchmark_formats::dsse::{self, Pae};
use touchmark_formats::evidence::{Evidence, detect};
use touchmark_formats::{bundle, statement, verify_blob};

const ARTIFACT: &[u8] = b"the artifact\n";

#[test]
fn a_bundle_is_byte_for_byte_what_protojson_would_write() {
    let key = Key::p256();
    let signature = key.sign(HashAlgorithm::Sha256, ARTIFACT);
    let digest = Digest::of(HashAlgorithm::Sha256, ARTIFACT);
    let written = bundle::write(&key.public, &digest, &signature);
    let expected = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{}"}}}},"messageSignature":{{"messageDigest":{{"algorithm":"SHA2_256","digest":"vH2VlRE/3hzITiSJ9SPaYYTI8UF6Yu5djy8vmPbdOFQ="}},"signature":"{}"}}}}"#,
        key.public.key_id().to_hint(),
        signature.to_base64(),
    );
    assert_eq!(String::from_utf8(written).unwrap(), expected);
}

#[test]
fn what_is_written_verifies_for_every_algorithm_and_names_the_key() {
    let keys = Key::one_of_each();
    let named = named(&keys);
    for (index, key) in keys.iter().enumerate() {
        let signature = key.sign(HashAlgorithm::Sha256, ARTIFACT);
        let digest = Digest::of(HashAlgorithm::Sha256, ARTIFACT);
        let evidence = detect(&bundle::write(&key.public, &digest, &signature)).unwrap();
        let accepted = verify_blob(&named, &ARTIFACT, &evidence).unwrap();
        assert_eq!(
            (accepted.index, &accepted.digest),
            (index, &digest),
            "{}",
            key.public.algorithm()
        );
        assert_eq!(accepted.key_id, key.public.key_id());
        assert_eq!(accepted.code(), "valid");
        let detached = detect(signature.to_base64().as_bytes()).unwrap();
        assert_eq!(detached, Evidence::Detached(signature));
        assert_eq!(
            verify_blob(&named, &ARTIFACT, &detached).unwrap().index,
            index
        );
    }
}

#[test]
fn another_implementation_reads_what_is_written_and_the_reverse() {
    for key in Key::one_of_each() {
        let signature = key.sign(HashAlgorithm::Sha256, ARTIFACT);
        let digest = Digest::of(HashAlgorithm::Sha256, ARTIFACT);
        let written = bundle::write(&key.public, &digest, &signature);
        let theirs = OtherBundle::from_json(std::str::from_utf8(&written).unwrap()).unwrap();
        // All it misses is a log entry or a timestamp, which it asks for last.
        let options = ValidationOptions::new().with_require_inclusion_proof(false);
        let missing = validate_bundle_with_options(&theirs, &options).unwrap_err();
        assert!(
            matches!(missing, OtherError::MissingSigningTimeEvidence),
            "{missing}"
        );
        let SignatureContent::MessageSignature(message) = &theirs.content else {
            panic!("not a message signature: {theirs:?}");
        };
        assert_eq!(message.signature.as_bytes(), signature.as_bytes());
        let again = bundle::read(theirs.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(again, bundle::read(&written).unwrap());
    }
}

#[test]
fn what_another_implementation_builds_is_read() {
    let key = Key::p256();
    let signature = key.sign(HashAlgorithm::Sha256, ARTIFACT);
    let message = OtherMessage::new(signature.as_bytes().to_vec().into());
    let hint = "release key 2026".to_owned();
    let theirs = BundleV03::new(
        VerificationMaterialV03::PublicKey { hint },
        SignatureContent::MessageSignature(message),
    )
    .into_bundle();
    let evidence = detect(theirs.to_json_pretty().unwrap().as_bytes()).unwrap();
    let keys = named(&[key]);
    assert_eq!(verify_blob(&keys, &ARTIFACT, &evidence).unwrap().index, 0);
}

#[test]
fn another_implementation_reads_the_envelopes_that_are_written() {
    let payload = statement::image_signature(
        &Digest::of(HashAlgorithm::Sha256, ARTIFACT),
        &BTreeMap::new(),
    );
    let payload = statement::write(&payload).unwrap();
    let certificate = [0x30, 0];
    for key in Key::one_of_each() {
        let envelope = Envelope {
            payload: payload.clone(),
            payload_type: dsse::PAYLOAD_TYPE.into(),
            key_id: String::new(),
            signature: key.sign(HashAlgorithm::Sha256, b"of any form"),
        };
        for signer in [
            SignedBy::Key(&key.public),
            SignedBy::Certificate(&certificate),
        ] {
            let written = bundle::write_envelope(signer, &envelope);
            let theirs = OtherBundle::from_json(std::str::from_utf8(&written).unwrap()).unwrap();
            let SignatureContent::DsseEnvelope(read) = &theirs.content else {
                panic!("not an envelope: {theirs:?}");
            };
            let pae = Pae::of_statement(&payload);
            let mut encoded = Vec::new();
            pae.open().unwrap().read_to_end(&mut encoded).unwrap();
            assert_eq!(read.pae(), encoded);
            let again = bundle::read(theirs.to_json().unwrap().as_bytes()).unwrap();
            assert_eq!(again, bundle::read(&written).unwrap());
            assert_eq!(again.content, Content::Envelope(envelope.clone()));
        }
    }
}
