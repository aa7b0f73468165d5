//! What real cosigns stored for an image verifies, and nothing else does: see
//! `tests/vectors/images/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use time::OffsetDateTime;
use touchmark_core::{Digest, HashAlgorithm, PublicKey, SignatureScheme};
use touchmark_formats::certificate::{Authorities, Certificate, IdentityPolicy, Pattern};
use touchmark_formats::layer::{self, Beside};
use touchmark_formats::statement::IMAGE_SIGNATURE;
use touchmark_formats::{
    AcceptedAttestation, AcceptedImage, ClaimRefusal, NamedKey, PredicateType, Trust,
    WantedAttestation, WantedImage, bundle, dsse, predicate, simple_signing, statement,
    verify_attestation_bundle, verify_attestation_envelope, verify_image_bundle,
    verify_image_payload,
};

const VERSIONS: [&str; 2] = ["cosign-3", "cosign-2"];

const KEYS: [&str; 5] = [
    "ecdsa-p256",
    "ecdsa-p384",
    "ecdsa-p521",
    "rsa-2048",
    "ed25519",
];

/// cosign's types, with the files that were attested.
const PREDICATES: [(&str, &str); 10] = [
    ("slsaprovenance", "slsaprovenance.json"),
    ("slsaprovenance1", "slsaprovenance1.json"),
    ("spdxjson", "spdxjson.json"),
    ("cyclonedx", "cyclonedx.json"),
    ("link", "link.json"),
    ("vuln", "vuln.json"),
    ("openvex", "openvex.json"),
    ("spdx", "spdx.txt"),
    ("custom", "custom.txt"),
    ("https://predicate.example/v1", "uri.json"),
];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/images")
}

fn image() -> Digest {
    let manifest = fs::read(vectors().join("manifest.json")).unwrap();
    Digest::of(HashAlgorithm::Sha256, &manifest)
}

fn key(version: &str, name: &str) -> NamedKey {
    let pem = fs::read_to_string(vectors().join(version).join(format!("{name}.pub"))).unwrap();
    NamedKey {
        name: name.into(),
        key: PublicKey::from_pem(&pem).unwrap(),
    }
}

/// The layers of a repository's tag: each blob and what stands beside it.
fn layers(version: &str, repository: &str) -> Vec<(Vec<u8>, Beside)> {
    let folder = vectors().join(version).join(repository);
    let layer = |number: usize| {
        let blob = fs::read(folder.join(format!("tag-{number}.blob"))).ok()?;
        let annotations = fs::read(folder.join(format!("tag-{number}.json"))).unwrap();
        let annotations: BTreeMap<String, String> = serde_json::from_slice(&annotations).unwrap();
        Some((blob, layer::read(&annotations).unwrap()))
    };
    (0..).map_while(layer).collect()
}

fn bundles(version: &str, repository: &str) -> Vec<bundle::Bundle> {
    let folder = vectors().join(version).join(repository);
    (0..)
        .map_while(|number| fs::read(folder.join(format!("bundle-{number}.json"))).ok())
        .map(|json| bundle::read(&json).unwrap())
        .collect()
}

type Verdict = Result<AcceptedImage, ClaimRefusal>;

/// The verdicts on all image signatures of a repository: the tag's, then the bundles'.
fn judge<'t>(
    trust: impl Into<Trust<'t>>,
    (version, repository): (&str, &str),
    digest: &Digest,
    annotations: &BTreeMap<String, String>,
) -> (Vec<Verdict>, Vec<Verdict>) {
    let trust = trust.into();
    let wanted = WantedImage {
        digest,
        annotations,
    };
    let tag = layers(version, repository);
    let bundles = bundles(version, repository);
    (
        tag.iter()
            .map(|(payload, beside)| verify_image_payload(trust, wanted, payload, beside))
            .collect(),
        bundles
            .iter()
            .map(|bundle| verify_image_bundle(trust, wanted, bundle))
            .collect(),
    )
}

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// Both forms, one signature each.
fn both((tag, bundles): (Vec<Verdict>, Vec<Verdict>)) -> [Verdict; 2] {
    assert_eq!((tag.len(), bundles.len()), (1, 1));
    let mut all = tag.into_iter().chain(bundles);
    std::array::from_fn(|_| all.next().unwrap())
}

#[test]
fn both_forms_by_every_kind_of_key_are_accepted_and_nothing_else_is() {
    let other = Digest::of(HashAlgorithm::Sha256, b"another image");
    for version in VERSIONS {
        let keys: Vec<NamedKey> = KEYS.map(|name| key(version, name)).into();
        for (index, name) in KEYS.into_iter().enumerate() {
            let repository = format!("sign-{name}");
            let place = (version, repository.as_str());
            for verdict in both(judge(&keys, place, &image(), &none())) {
                let accepted = verdict.unwrap();
                assert_eq!(accepted.signer.index, index);
                assert_eq!(accepted.signer.scheme, scheme(name), "{version} {name}");
            }
            for verdict in both(judge(&keys, place, &other, &none())) {
                assert_eq!(verdict.unwrap_err().code(), "wrong-digest");
            }
            let mut strangers = keys.clone();
            strangers.remove(index);
            for verdict in both(judge(&strangers, place, &image(), &none())) {
                let code = verdict.unwrap_err().code();
                assert!(
                    ["unknown-key", "invalid-signature"].contains(&code),
                    "{code}"
                );
            }
        }
    }
}

/// How cosign signs images: the curve's own hash, and Ed25519ph.
fn scheme(name: &str) -> SignatureScheme {
    match name {
        "ecdsa-p256" => SignatureScheme::Ecdsa(HashAlgorithm::Sha256),
        "ecdsa-p384" => SignatureScheme::Ecdsa(HashAlgorithm::Sha384),
        "ecdsa-p521" => SignatureScheme::Ecdsa(HashAlgorithm::Sha512),
        "ed25519" => SignatureScheme::Ed25519ph,
        _ => SignatureScheme::RsaPkcs1v15(HashAlgorithm::Sha256),
    }
}

#[test]
fn payloads_are_written_again_byte_for_byte() {
    for version in VERSIONS {
        for repository in ["sign-ecdsa-p256", "sign-annotated", "sign-identity"] {
            let (payload, _) = layers(version, repository).remove(0);
            let read = simple_signing::read(&payload).unwrap();
            assert_eq!(read.digest, image());
            assert_eq!(
                simple_signing::write(&read),
                payload,
                "{version} {repository}"
            );
        }
        let (payload, _) = layers(version, "sign-identity").remove(0);
        let name = simple_signing::read(&payload).unwrap().docker_reference;
        assert_eq!(name, "registry.example/app:1.0");
    }
}

#[test]
fn annotations_are_found_in_both_forms() {
    let wanted = |text: &str| {
        BTreeMap::from([
            ("env".to_owned(), text.to_owned()),
            ("note".to_owned(), "<a&b> é".to_owned()),
        ])
    };
    for version in VERSIONS {
        let (keys, place) = ([key(version, "ecdsa-p256")], (version, "sign-annotated"));
        let [tag, bundle] = both(judge(&keys, place, &image(), &wanted("prod")));
        assert_eq!(tag.unwrap().annotations["a"], "b");
        // cosign 2.6 leaves them out of its bundles.
        match version {
            "cosign-3" => assert_eq!(bundle.unwrap().annotations["a"], "b"),
            _ => assert_eq!(bundle.unwrap_err().code(), "wrong-annotation"),
        }
        for verdict in both(judge(&keys, place, &image(), &wanted("test"))) {
            assert_eq!(verdict.unwrap_err().code(), "wrong-annotation");
        }
    }
}

#[test]
fn each_of_two_signers_is_found_beside_the_other() {
    for version in VERSIONS {
        for name in ["ecdsa-p256", "rsa-2048"] {
            let place = (version, "sign-twice");
            let (tag, bundles) = judge(&[key(version, name)], place, &image(), &none());
            for verdicts in [tag, bundles] {
                assert_eq!(verdicts.len(), 2);
                assert_eq!(verdicts.iter().filter(|verdict| verdict.is_ok()).count(), 1);
            }
        }
    }
}

#[test]
fn certified_signers_are_accepted_by_their_root() {
    for version in VERSIONS {
        let read = |name: &str| {
            let pem = fs::read(vectors().join(version).join(name)).unwrap();
            Certificate::read(&pem).unwrap()
        };
        let (root, intermediate) = (read("root.crt"), read("intermediate.crt"));
        let now = SystemTime::UNIX_EPOCH + root.not_before() + Duration::from_hours(24);
        let trusting = |root: &Certificate, subject: &str| {
            let identity = IdentityPolicy {
                subject: Pattern::Exact(subject.into()),
                issuer: Pattern::regexp(".*").unwrap(),
            };
            Authorities::new(
                vec![root.clone()],
                vec![intermediate.clone()],
                identity,
                now,
            )
        };
        let place = (version, "sign-certificate");
        let good = trusting(&root, "release@example.com");
        for verdict in both(judge(&good, place, &image(), &none())) {
            assert_eq!(verdict.unwrap().signer.name, "release@example.com");
        }
        let other = if version == "cosign-2" {
            "cosign-3"
        } else {
            "cosign-2"
        };
        let stranger =
            Certificate::read(&fs::read(vectors().join(other).join("root.crt")).unwrap());
        for bad in [
            trusting(&root, "someone@example.com"),
            trusting(&stranger.unwrap(), "release@example.com"),
        ] {
            for verdict in both(judge(&bad, place, &image(), &none())) {
                assert_eq!(verdict.unwrap_err().code(), "unknown-key");
            }
        }
        // The bare key is in the certificate: whoever trusts it needs no authority.
        for verdict in both(judge(
            &[key(version, "ecdsa-p256")],
            place,
            &image(),
            &none(),
        )) {
            assert!(verdict.is_ok());
        }
        for verdict in both(judge(&[key(version, "rsa-2048")], place, &image(), &none())) {
            assert!(verdict.is_err());
        }
    }
}

/// The verdicts on a repository's attestations: the tag's and the bundle's.
fn attested(
    version: &str,
    repository: &str,
    digest: &Digest,
    kind: &str,
) -> [Result<AcceptedAttestation, ClaimRefusal>; 2] {
    let keys = [key(version, "ecdsa-p256")];
    let wanted = WantedAttestation {
        digests: std::slice::from_ref(digest),
        predicate_type: Some(kind),
        annotations: &none(),
    };
    let (blob, beside) = layers(version, repository).remove(0);
    let envelope = dsse::read(&blob).unwrap();
    [
        verify_attestation_envelope(&keys, wanted, &envelope, &beside),
        verify_attestation_bundle(&keys, wanted, &bundles(version, repository)[0]),
    ]
}

#[test]
fn attestations_of_every_type_are_accepted_in_both_forms() {
    let other = Digest::of(HashAlgorithm::Sha256, b"another image");
    for version in VERSIONS {
        for (name, file) in PREDICATES {
            let kind = PredicateType::parse(name).unwrap();
            let repository = match &kind {
                PredicateType::Other(_) => "attest-uri".to_owned(),
                _ => format!("attest-{name}"),
            };
            for verdict in attested(version, &repository, &image(), kind.uri()) {
                let accepted = verdict.unwrap_or_else(|e| panic!("{version} {name}: {e}"));
                let signed = accepted.statement.predicate.clone().unwrap();
                let file = fs::read(vectors().join("predicates").join(file)).unwrap();
                // cosign 2.6 renames this member of SLSA provenance 1.
                same(
                    &kind,
                    &file,
                    &signed.as_json().replace("invocationID", "invocationId"),
                );
                assert!(statement::write(&accepted.statement).is_ok());
            }
            for verdict in attested(version, &repository, &other, kind.uri()) {
                assert_eq!(verdict.unwrap_err().code(), "wrong-digest");
            }
            for verdict in attested(version, &repository, &image(), IMAGE_SIGNATURE) {
                assert_eq!(verdict.unwrap_err().code(), "wrong-type");
            }
        }
    }
}

/// What we would sign for the file says the same as what cosign signed.
fn same(kind: &PredicateType, file: &[u8], signed: &str) {
    let ours = predicate::prepare(kind, file, OffsetDateTime::UNIX_EPOCH).unwrap();
    let mut ours: Value = serde_json::from_str(ours.as_json()).unwrap();
    let signed: Value = serde_json::from_str(signed).unwrap();
    if *kind == PredicateType::Custom {
        // Both say when.
        assert!(signed["Timestamp"].as_str().unwrap().ends_with('Z'));
        ours["Timestamp"] = signed["Timestamp"].clone();
    }
    assert_eq!(ours, signed, "{kind}");
}

/// cosign 3.1 accepts these as image signatures.
#[test]
fn no_attestation_is_an_image_signature() {
    for version in VERSIONS {
        let keys = [key(version, "ecdsa-p256")];
        for repository in ["attest-slsaprovenance", "attest-custom", "attest-uri"] {
            let (tag, bundles) = judge(&keys, (version, repository), &image(), &none());
            assert_eq!(tag[0].as_ref().unwrap_err().code(), "malformed");
            assert_eq!(bundles[0].as_ref().unwrap_err().code(), "wrong-type");
        }
    }
}
