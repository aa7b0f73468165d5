//! Verdicts on image signatures and attestations, in both of cosign's forms.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use serde_json::json;
use support::{Key, named};
use touchmark_core::{Curve, Digest, ErrorKind, Explain, HashAlgorithm, Signature};
use touchmark_formats::bundle::{self, Envelope};
use touchmark_formats::dsse::{self, Pae};
use touchmark_formats::layer::{self, Beside};
use touchmark_formats::simple_signing::{self, Payload};
use touchmark_formats::statement::{self, Statement, Subject, Version};
use touchmark_formats::{
    AcceptedAttestation, AcceptedImage, ClaimRefusal, NamedKey, PredicateType, WantedAttestation,
    WantedImage, predicate, verify_attestation_bundle, verify_attestation_envelope,
    verify_image_bundle, verify_image_payload,
};

const SLSA: &str = "https://slsa.dev/provenance/v1";

type Annotations = BTreeMap<String, String>;

fn image() -> Digest {
    Digest::of(HashAlgorithm::Sha256, b"an image manifest")
}

fn annotations(pairs: &[(&str, &str)]) -> Annotations {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn payload(digest: &Digest, annotations: &Annotations) -> Vec<u8> {
    let value = |(name, text): (&String, &String)| (name.clone(), text.as_str().into());
    simple_signing::write(&Payload {
        docker_reference: "registry.example/app:1".into(),
        digest: digest.clone(),
        optional: annotations.iter().map(value).collect(),
    })
}

fn beside(signature: &Signature) -> Beside {
    let mut stored = layer::of_signature(signature);
    stored.insert("org.example/other".into(), "ignored".into());
    layer::read(&stored).unwrap()
}

fn envelope(key: &Key, hash: HashAlgorithm, payload: Vec<u8>) -> Envelope {
    let mut encoded = Vec::new();
    let pae = Pae::of_statement(&payload);
    std::io::Read::read_to_end(
        &mut touchmark_core::Message::open(&pae).unwrap(),
        &mut encoded,
    )
    .unwrap();
    Envelope {
        signature: key.sign(hash, &encoded),
        payload,
        payload_type: dsse::PAYLOAD_TYPE.into(),
        key_id: String::new(),
    }
}

fn signed(key: &Key, statement: &Statement) -> Envelope {
    let payload = statement::write(statement).unwrap();
    envelope(key, HashAlgorithm::Sha256, payload)
}

fn judge_payload(
    keys: &[NamedKey],
    wanted: &Annotations,
    payload: &[u8],
    beside: &Beside,
) -> Result<AcceptedImage, ClaimRefusal> {
    let digest = image();
    let wanted = WantedImage {
        digest: &digest,
        annotations: wanted,
    };
    verify_image_payload(keys, wanted, payload, beside)
}

fn judge_bundle(
    keys: &[NamedKey],
    wanted: &Annotations,
    json: &[u8],
) -> Result<AcceptedImage, ClaimRefusal> {
    let digest = image();
    let wanted = WantedImage {
        digest: &digest,
        annotations: wanted,
    };
    verify_image_bundle(keys, wanted, &bundle::read(json).unwrap())
}

fn judge_attestation(
    keys: &[NamedKey],
    kind: Option<&str>,
    envelope: &Envelope,
) -> Result<AcceptedAttestation, ClaimRefusal> {
    let (digests, annotations) = ([image()], Annotations::new());
    let wanted = WantedAttestation {
        digests: &digests,
        predicate_type: kind,
        annotations: &annotations,
    };
    verify_attestation_envelope(keys, wanted, envelope, &Beside::default())
}

fn provenance(version: Version) -> Statement {
    let file = json!({
        "buildDefinition": {"buildType": "t", "externalParameters": {}},
        "runDetails": {"builder": {"id": "b"}},
    });
    let kind = PredicateType::SlsaProvenance1;
    let now = time::OffsetDateTime::UNIX_EPOCH;
    let predicate = predicate::prepare(&kind, file.to_string().as_bytes(), now).unwrap();
    Statement {
        version,
        subjects: vec![Subject::new("registry.example/app", &image())],
        predicate_type: kind.uri().into(),
        predicate: Some(predicate),
    }
}

fn refused<T: std::fmt::Debug>(verdict: Result<T, ClaimRefusal>, code: &str, reason: &str) {
    let refusal = verdict.unwrap_err();
    assert_eq!(refusal.code(), code, "{refusal}");
    let kind = match code {
        "malformed" => ErrorKind::Malformed,
        _ => ErrorKind::Rejected,
    };
    assert_eq!(refusal.kind(), kind, "{refusal}");
    assert!(refusal.hint().is_some(), "{refusal}");
    assert!(refusal.to_string().contains(reason), "{refusal}");
}

#[test]
fn every_kind_of_key_signs_images_in_both_forms() {
    let wanted = annotations(&[("env", "prod")]);
    let stored = annotations(&[("env", "prod"), ("git", "abc")]);
    let payload = payload(&image(), &stored);
    let statement = statement::image_signature(&image(), &stored);
    let keys = Key::one_of_each();
    let trusted = named(&keys);
    for (index, key) in keys.iter().enumerate() {
        let beside = beside(&key.sign(HashAlgorithm::Sha256, &payload));
        let accepted = judge_payload(&trusted, &wanted, &payload, &beside).unwrap();
        assert_eq!(accepted.signer.index, index);
        assert_eq!(accepted.docker_reference.unwrap(), "registry.example/app:1");
        assert_eq!(accepted.annotations.len(), 2);

        let json = bundle::write_envelope(&key.public, &signed(key, &statement));
        let accepted = judge_bundle(&trusted, &wanted, &json).unwrap();
        assert_eq!(accepted.signer.key_id, key.public.key_id());
        assert_eq!(accepted.digest, image());
        assert_eq!(accepted.annotations["git"], "abc");
    }
}

#[test]
fn a_curves_own_hash_is_accepted_too() {
    for (curve, hash) in [
        (Curve::P384, HashAlgorithm::Sha384),
        (Curve::P521, HashAlgorithm::Sha512),
    ] {
        let keys = [Key::ecdsa(curve)];
        let payload = payload(&image(), &Annotations::new());
        let beside = beside(&keys[0].sign(hash, &payload));
        assert!(judge_payload(&named(&keys), &Annotations::new(), &payload, &beside).is_ok());
        let statement = statement::write(&provenance(Version::V1)).unwrap();
        let envelope = envelope(&keys[0], hash, statement);
        assert!(judge_attestation(&named(&keys), Some(SLSA), &envelope).is_ok());
    }
}

#[test]
fn an_image_signature_says_why_it_is_refused() {
    let keys = [Key::p256()];
    let (trusted, none) = (named(&keys), Annotations::new());
    let payload_of = |digest: &Digest| payload(digest, &annotations(&[("env", "test")]));
    let good = payload_of(&image());
    let sign = |payload: &[u8]| beside(&keys[0].sign(HashAlgorithm::Sha256, payload));

    let other = payload_of(&Digest::of(HashAlgorithm::Sha256, b"another"));
    let moved = judge_payload(&trusted, &none, &other, &sign(&other));
    refused(
        moved,
        "wrong-digest",
        "invalid or missing digest in claim: key 0 signed sha256:",
    );
    let verdict = judge_payload(
        &trusted,
        &annotations(&[("env", "prod")]),
        &good,
        &sign(&good),
    );
    refused(
        verdict,
        "wrong-annotation",
        "missing or incorrect annotation \"env\": wanted \"prod\", found \"test\"",
    );
    let verdict = judge_payload(&trusted, &annotations(&[("git", "1")]), &good, &sign(&good));
    refused(verdict, "wrong-annotation", "found none");
    let verdict = judge_payload(&trusted, &none, b"{}", &sign(b"{}"));
    refused(verdict, "malformed", "the signed payload is malformed");
    let verdict = judge_payload(&trusted, &none, &other, &sign(&good));
    refused(verdict, "invalid-signature", "is not by key");
    let verdict = judge_payload(&named(&[Key::p256()]), &none, &good, &sign(&good));
    refused(verdict, "invalid-signature", "is not by key");
    let verdict = judge_payload(
        &trusted,
        &none,
        &good,
        &beside(&Signature::from_bytes([1, 2, 3])),
    );
    refused(verdict, "malformed", "malformed signature of 3 bytes");
    let verdict = judge_payload(&trusted, &none, &good, &Beside::default());
    refused(verdict, "malformed", "the layer has no signature");
    let verdict = judge_payload(&[], &none, &good, &sign(&good));
    refused(verdict, "invalid-signature", "no key was given");
}

/// cosign 3.1 takes any statement that the key signed for an image signature.
#[test]
fn an_attestation_is_no_image_signature_and_the_other_way_round() {
    let keys = [Key::p256()];
    let (trusted, none) = (named(&keys), Annotations::new());
    let attestation = signed(&keys[0], &provenance(Version::V1));
    let json = bundle::write_envelope(&keys[0].public, &attestation);
    refused(
        judge_bundle(&trusted, &none, &json),
        "wrong-type",
        "it is an attestation of type \"https://slsa.dev/provenance/v1\", not an image signature",
    );

    let signature = signed(&keys[0], &statement::image_signature(&image(), &none));
    let verdict = judge_attestation(&trusted, Some(SLSA), &signature);
    refused(
        verdict,
        "wrong-type",
        "none of the attestations matched the predicate type",
    );
    assert!(judge_attestation(&trusted, None, &signature).is_ok());
}

#[test]
fn an_attestation_says_why_it_is_refused() {
    let keys = [Key::p256()];
    let trusted = named(&keys);
    for version in [Version::V0_1, Version::V1] {
        let good = signed(&keys[0], &provenance(version));
        let stored = dsse::read(&dsse::write(&good)).unwrap();
        let accepted = judge_attestation(&trusted, Some(SLSA), &stored).unwrap();
        assert_eq!(accepted.statement, provenance(version));
    }
    let good = signed(&keys[0], &provenance(Version::V1));
    let verdict = judge_attestation(&trusted, Some("https://slsa.dev/provenance/v0.2"), &good);
    refused(verdict, "wrong-type", SLSA);

    let mut about = provenance(Version::V1);
    about.subjects[0] = Subject::new("app", &Digest::of(HashAlgorithm::Sha256, b"another"));
    let verdict = judge_attestation(&trusted, None, &signed(&keys[0], &about));
    refused(
        verdict,
        "wrong-digest",
        "invalid or missing digest in claim: key 0 signed sha256:",
    );

    let mut typed = envelope(&keys[0], HashAlgorithm::Sha256, good.payload.clone());
    typed.payload_type = "application/json".into();
    refused(
        judge_attestation(&trusted, None, &typed),
        "invalid-signature",
        "is not by key",
    );
    let broken = envelope(&keys[0], HashAlgorithm::Sha256, b"{}".to_vec());
    let verdict = judge_attestation(&trusted, None, &broken);
    refused(verdict, "malformed", "the signed statement is malformed");

    let json = bundle::write_envelope(&Key::p256().public, &good);
    let verdict = judge_bundle(&trusted, &Annotations::new(), &json);
    refused(verdict, "wrong-type", "not an image signature");
    let json = bundle::write_envelope(&Key::p256().public, &signed(&Key::p256(), &about));
    let verdict = judge_bundle(&trusted, &Annotations::new(), &json);
    refused(verdict, "unknown-key", "the signature is by key");
    let digest = image();
    let json = bundle::write(
        &keys[0].public,
        &digest,
        &keys[0].sign(HashAlgorithm::Sha256, b""),
    );
    let verdict = judge_bundle(&trusted, &Annotations::new(), &json);
    refused(
        verdict,
        "wrong-type",
        "bundle does not contain a DSSE envelope",
    );
}

/// One subject must have one of the digests and contradict none: a SHA-256 that agrees does not
/// excuse a SHA-512 that differs.
#[test]
fn no_digest_of_a_subject_may_contradict() {
    let keys = [Key::p256()];
    let digests = [HashAlgorithm::Sha256, HashAlgorithm::Sha512].map(|h| Digest::of(h, b"file"));
    let none = Annotations::new();
    let verdict = |subjects: Vec<Subject>| {
        let mut statement = provenance(Version::V1);
        statement.subjects = subjects;
        let json = bundle::write_envelope(&keys[0].public, &signed(&keys[0], &statement));
        let wanted = WantedAttestation {
            digests: &digests,
            predicate_type: None,
            annotations: &none,
        };
        verify_attestation_bundle(&named(&keys), wanted, &bundle::read(&json).unwrap())
    };
    let mut both = Subject::new("", &digests[0]);
    both.digests
        .insert("sha512".into(), digests[1].to_hex().to_uppercase());
    both.digests.insert("gitCommit".into(), "00".repeat(20));
    assert_eq!(
        verdict(vec![Subject::new("x", &image()), both.clone()])
            .unwrap()
            .subject,
        1
    );
    both.digests.insert("sha512".into(), "00".repeat(64));
    refused(verdict(vec![both]), "wrong-digest", "sha512:");
    let mut unrelated = Subject::default();
    unrelated
        .digests
        .insert("gitCommit".into(), "00".repeat(20));
    refused(verdict(vec![unrelated]), "wrong-digest", "gitCommit:");
    refused(
        verdict(vec![Subject::default()]),
        "wrong-digest",
        "signed nothing",
    );
}

#[test]
fn an_annotation_is_one_subjects() {
    let keys = [Key::p256()];
    let mut statement = statement::image_signature(&image(), &annotations(&[("a", "1")]));
    let other = statement::image_signature(&image(), &annotations(&[("b", "2")]));
    statement.subjects.extend(other.subjects);
    let json = bundle::write_envelope(&keys[0].public, &signed(&keys[0], &statement));
    let verdict =
        |wanted: &[(&str, &str)]| judge_bundle(&named(&keys), &annotations(wanted), &json);
    assert!(verdict(&[("a", "1")]).is_ok());
    assert!(verdict(&[("b", "2")]).is_ok());
    refused(
        verdict(&[("a", "1"), ("b", "2")]),
        "wrong-annotation",
        "found none",
    );
}

#[test]
fn what_stands_beside_and_is_not_looked_at_is_named() {
    let keys = [Key::p256()];
    let payload = payload(&image(), &Annotations::new());
    let mut stored = layer::of_signature(&keys[0].sign(HashAlgorithm::Sha256, &payload));
    stored.insert(layer::BUNDLE.into(), "{}".into());
    stored.insert(layer::TIMESTAMP.into(), "{}".into());
    let beside = layer::read(&stored).unwrap();
    let accepted = judge_payload(&named(&keys), &Annotations::new(), &payload, &beside).unwrap();
    let names: Vec<String> = accepted
        .not_checked
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["rekorBundle", "rfc3161Timestamps[0]"]);
    stored.insert(layer::SIGNATURE.into(), "not base64".into());
    assert!(layer::read(&stored).is_err());
}

/// Nothing but the stored bytes verifies: one flipped bit or lost byte anywhere is refused.
#[test]
fn no_changed_byte_is_accepted() {
    let keys = [Key::ed25519()];
    let (trusted, none) = (named(&keys), Annotations::new());
    let payload = payload(&image(), &none);
    let signature = keys[0].sign(HashAlgorithm::Sha256, &payload);
    let beside = beside(&signature);
    for index in 0..payload.len() {
        let mut changed = payload.clone();
        changed[index] ^= 1;
        assert!(
            judge_payload(&trusted, &none, &changed, &beside).is_err(),
            "{index}"
        );
        assert!(
            judge_payload(&trusted, &none, &payload[..index], &beside).is_err(),
            "{index}"
        );
    }
    let statement = statement::image_signature(&image(), &none);
    let json = bundle::write_envelope(&keys[0].public, &signed(&keys[0], &statement));
    let digest = image();
    let wanted = WantedImage {
        digest: &digest,
        annotations: &none,
    };
    let hint = keys[0].public.key_id().to_hint();
    let hinted = json
        .windows(hint.len())
        .position(|w| w == hint.as_bytes())
        .unwrap();
    for index in 0..json.len() {
        assert!(bundle::read(&json[..index]).is_err(), "{index}");
        // The hint selects nobody, and version 0.2 is a version too.
        if json[..index].ends_with(b"bundle.v0.") || (hinted..hinted + hint.len()).contains(&index)
        {
            continue;
        }
        let mut changed = json.clone();
        changed[index] ^= 1;
        if let Ok(bundle) = bundle::read(&changed) {
            assert!(
                verify_image_bundle(&trusted, wanted, &bundle).is_err(),
                "{index}"
            );
        }
    }
}
