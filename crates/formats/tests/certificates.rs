//! Signers whom the caller's own authorities certify.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/authority.rs"]
mod authority;
mod support;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use authority::Ca;
use authority::{
    CA_END, LEAF_END, MAIL, START, ca_params, intermediate_of, leaf, leaf_params, read, root,
    root_by,
};
use rcgen::{
    CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, PKCS_RSA_SHA256, SanType,
};
use support::{Key, named};
use time::OffsetDateTime;
use time::macros::datetime;
use touchmark_core::{Digest, ErrorKind, Explain, HashAlgorithm};
use touchmark_formats::bundle::{self, SignedBy};
use touchmark_formats::certificate::{
    Authorities, Certificate, CertificateError, IdentityPolicy, Pattern, check_for_signing,
};
use touchmark_formats::layer::{self, Beside};
use touchmark_formats::simple_signing::{self, Payload};
use touchmark_formats::{
    ClaimRefusal, Refusal, WantedImage, evidence, verify_blob, verify_image_payload,
};

const DURING: OffsetDateTime = datetime!(2026-01-15 00:00:00 UTC);

fn at(time: OffsetDateTime) -> SystemTime {
    let seconds = u64::try_from(time.unix_timestamp()).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn policy(subject: &str) -> IdentityPolicy {
    IdentityPolicy {
        subject: Pattern::Exact(subject.into()),
        issuer: Pattern::regexp(".*").unwrap(),
    }
}

fn trusting(roots: &[&Ca], now: OffsetDateTime) -> Authorities {
    let roots = roots.iter().copied().map(read).collect();
    Authorities::new(roots, Vec::new(), policy(MAIL), at(now))
}

/// The verdict on a good image signature beside a certificate.
fn judge(
    authorities: &Authorities,
    key: &Key,
    leaf: &Certificate,
    chain: &[&Ca],
) -> Result<String, ClaimRefusal> {
    let digest = Digest::of(HashAlgorithm::Sha256, b"image");
    let payload = simple_signing::write(&Payload {
        docker_reference: "registry.example/app".into(),
        digest: digest.clone(),
        optional: BTreeMap::new(),
    });
    let mut stored = layer::of_signature(&key.sign(HashAlgorithm::Sha256, &payload));
    let chain: String = chain.iter().map(|ca| ca.pem.as_str()).collect();
    let chain = Some(chain.as_str()).filter(|chain| !chain.is_empty());
    layer::add_certificate(&mut stored, &leaf.to_pem(), chain);
    let wanted = WantedImage {
        digest: &digest,
        annotations: &BTreeMap::new(),
    };
    let beside = layer::read(&stored).unwrap();
    verify_image_payload(authorities, wanted, &payload, &beside).map(|accepted| {
        assert_eq!(accepted.signer.certificate.unwrap(), leaf.identity());
        accepted.signer.name
    })
}

fn refused(verdict: Result<String, ClaimRefusal>, code: &str, reason: &str) {
    let refusal = verdict.unwrap_err();
    assert!(refusal.to_string().contains(reason), "{refusal}");
    assert_eq!(refusal.code(), code, "{refusal}");
    assert_eq!(refusal.kind(), ErrorKind::Rejected);
    assert!(refusal.hint().is_some());
}

#[test]
fn every_kind_of_key_can_be_certified_by_every_kind_of_authority() {
    for algorithm in [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ECDSA_P521_SHA512,
        &PKCS_ED25519,
        &PKCS_RSA_SHA256,
    ] {
        let root = root_by(ca_params("root"), algorithm);
        for key in Key::one_of_each() {
            let leaf = leaf(&key, &leaf_params(), &root);
            assert_eq!(leaf.public_key().unwrap(), key.public);
            assert_eq!(
                judge(&trusting(&[&root], DURING), &key, &leaf, &[]).unwrap(),
                MAIL
            );
        }
    }
}

#[test]
fn intermediates_come_from_beside_the_signature_or_from_the_caller() {
    let (root, key) = (root(), Key::p256());
    let middle = intermediate_of(&root, ca_params("middle"));
    let leaf = leaf(&key, &leaf_params(), &middle);
    let trusted = trusting(&[&root], DURING);
    assert!(judge(&trusted, &key, &leaf, &[&middle, &root]).is_ok());
    refused(
        judge(&trusted, &key, &leaf, &[]),
        "unknown-key",
        "is not certified",
    );
    let chain = vec![read(&middle), read(&root)];
    let given = Authorities::of_chain(chain, policy(MAIL), at(DURING)).unwrap();
    assert!(judge(&given, &key, &leaf, &[]).is_ok());
    assert_eq!(given.key_of(&leaf).unwrap().key, key.public);
    // What stands beside a signature is never a root.
    let stranger = self::root();
    refused(
        judge(
            &trusting(&[&stranger], DURING),
            &key,
            &leaf,
            &[&middle, &root],
        ),
        "unknown-key",
        "is not certified",
    );
    refused(
        judge(&trusting(&[], DURING), &key, &leaf, &[&middle, &root]),
        "unknown-key",
        "is not certified",
    );
}

#[test]
fn the_path_is_built_for_the_leafs_first_moment_and_must_hold_now() {
    let (root, key) = (root(), Key::p256());
    let good = leaf(&key, &leaf_params(), &root);
    for now in [START, DURING, LEAF_END] {
        assert!(
            judge(&trusting(&[&root], now), &key, &good, &[]).is_ok(),
            "{now}"
        );
    }
    let expired = "expected a signed timestamp to verify an expired certificate: release@example.com is valid from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z";
    for now in [
        START - Duration::from_secs(1),
        LEAF_END + Duration::from_secs(1),
        CA_END,
    ] {
        refused(
            judge(&trusting(&[&root], now), &key, &good, &[]),
            "outdated-certificate",
            expired,
        );
    }
    // The authority, not the leaf, has expired.
    let mut long = leaf_params();
    long.not_after = CA_END + Duration::from_secs(1000);
    let long = leaf(&key, &long, &root);
    let late = CA_END + Duration::from_secs(1);
    refused(
        judge(&trusting(&[&root], late), &key, &long, &[]),
        "outdated-certificate",
        "certificate: CN=root is valid",
    );
    // The leaf was issued before its authority was valid.
    let mut early = leaf_params();
    early.not_before = START - Duration::from_secs(1);
    let early = leaf(&key, &early, &root);
    refused(
        judge(&trusting(&[&root], DURING), &key, &early, &[]),
        "unknown-key",
        "is not certified",
    );
}

#[test]
fn the_path_is_for_signing_code() {
    use ExtendedKeyUsagePurpose::{Any, CodeSigning, ServerAuth};
    let (root, key) = (root(), Key::p256());
    let trusted = trusting(&[&root], DURING);
    let verdict = |usages: Vec<ExtendedKeyUsagePurpose>| {
        let mut params = leaf_params();
        params.extended_key_usages = usages;
        judge(&trusted, &key, &leaf(&key, &params, &root), &[])
    };
    for usages in [vec![], vec![Any], vec![ServerAuth, CodeSigning]] {
        assert!(verdict(usages).is_ok());
    }
    refused(
        verdict(vec![ServerAuth]),
        "unknown-key",
        "is not certified for signing code",
    );

    let mut servers = ca_params("servers");
    servers.extended_key_usages = vec![ServerAuth];
    let servers = intermediate_of(&root, servers);
    let under = leaf(&key, &leaf_params(), &servers);
    refused(
        judge(&trusted, &key, &under, &[&servers]),
        "unknown-key",
        "is not certified",
    );

    let mut no_ca = ca_params("no authority");
    no_ca.is_ca = IsCa::ExplicitNoCa;
    let no_ca = intermediate_of(&root, no_ca);
    let under = leaf(&key, &leaf_params(), &no_ca);
    refused(
        judge(&trusted, &key, &under, &[&no_ca]),
        "unknown-key",
        "is not certified",
    );

    let mut no_usage = ca_params("signs no certificates");
    no_usage.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let no_usage = intermediate_of(&root, no_usage);
    let under = leaf(&key, &leaf_params(), &no_usage);
    refused(
        judge(&trusted, &key, &under, &[&no_usage]),
        "unknown-key",
        "is not certified",
    );
}

#[test]
fn the_certificate_names_whom_the_caller_accepts() {
    let (root, key) = (root(), Key::p256());
    let mut params = leaf_params();
    params
        .subject_alt_names
        .push(SanType::URI("https://ci.example/job".try_into().unwrap()));
    params
        .subject_alt_names
        .push(SanType::IpAddress([10, 0, 0, 1].into()));
    let issuer = b"\x0c\x13https://idp.example";
    let oid = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
    let extension = CustomExtension::from_oid_content(&oid, issuer.to_vec());
    params.custom_extensions.push(extension);
    let leaf = leaf(&key, &params, &root);
    assert_eq!(
        leaf.identity().subjects,
        [MAIL, "https://ci.example/job", "10.0.0.1"]
    );
    let verdict = |subject: Pattern, issuer: Pattern| {
        let roots = vec![read(&root)];
        let identity = IdentityPolicy { subject, issuer };
        let authorities = Authorities::new(roots, Vec::new(), identity, at(DURING));
        judge(&authorities, &key, &leaf, &[])
    };
    let exact = |text: &str| Pattern::Exact(text.into());
    let regexp = |text: &str| Pattern::regexp(text).unwrap();
    assert!(verdict(exact("10.0.0.1"), exact("https://idp.example")).is_ok());
    assert!(verdict(regexp("@example\\.com$"), regexp("idp")).is_ok());
    let found = "got subjects [release@example.com, https://ci.example/job, 10.0.0.1] with issuer \"https://idp.example\"";
    refused(
        verdict(exact("release@example.co"), regexp("")),
        "unknown-key",
        found,
    );
    refused(
        verdict(regexp("^example"), regexp("")),
        "unknown-key",
        found,
    );
    refused(verdict(exact(MAIL), exact("")), "unknown-key", found);
    assert!(matches!(
        Pattern::regexp("("),
        Err(CertificateError::Pattern(_))
    ));
}

#[test]
fn without_a_certificate_authorities_accept_nobody() {
    let (root, key) = (root(), Key::p256());
    let wanted = WantedImage {
        digest: &Digest::of(HashAlgorithm::Sha256, b"image"),
        annotations: &BTreeMap::new(),
    };
    let mut beside = Beside {
        signature: Some(key.sign(HashAlgorithm::Sha256, b"x")),
        ..Beside::default()
    };
    let verdict = verify_image_payload(&trusting(&[&root], DURING), wanted, b"x", &beside);
    refused(
        verdict.map(|_| String::new()),
        "unknown-key",
        "no certificate found on signature",
    );
    beside.certificate = Some("no PEM".into());
    let verdict = verify_image_payload(&trusting(&[&root], DURING), wanted, b"x", &beside);
    assert_eq!(verdict.unwrap_err().code(), "malformed");
}

#[test]
fn a_files_bundles_carry_certificates_too() {
    let (root, key, other) = (root(), Key::p256(), Key::p256());
    let leaf = leaf(&key, &leaf_params(), &root);
    let digest = Digest::of(HashAlgorithm::Sha256, b"file");
    let signature = key.sign(HashAlgorithm::Sha256, b"file");
    let trusted = trusting(&[&root], DURING);
    let bundle = bundle::write(SignedBy::Certificate(leaf.der()), &digest, &signature);
    let chain = String::from_utf8(bundle.clone()).unwrap();
    let chain = chain
        .replace("bundle.v0.3+json", "bundle+json;version=0.1")
        .replace(
            "\"certificate\":{",
            "\"x509CertificateChain\":{\"certificates\":[{",
        )
        .replace("\"}},\"messageSignature", "\"}]}},\"messageSignature");
    let pem = pem_base64(&leaf);
    let legacy = format!(
        r#"{{"base64Signature":"{}","cert":"{pem}"}}"#,
        signature.to_base64()
    );
    for json in [bundle, chain.into_bytes(), legacy.into_bytes()] {
        let evidence = evidence::read_bundle(&json).unwrap();
        let accepted = verify_blob(&trusted, &&b"file"[..], &evidence).unwrap();
        assert_eq!(accepted.certificate.unwrap().subjects, [MAIL]);
        assert!(verify_blob(&trusted, &&b"fil"[..], &evidence).is_err());
        assert!(verify_blob(&named(std::slice::from_ref(&key)), &&b"file"[..], &evidence).is_ok());
        let stranger = verify_blob(
            &named(std::slice::from_ref(&other)),
            &&b"file"[..],
            &evidence,
        );
        assert!(matches!(
            stranger,
            Err(Refusal::Certificate(CertificateError::NoAuthority))
        ));
    }
    let bare = bundle::write(&key.public, &digest, &signature);
    let refusal = verify_blob(&trusted, &&b"file"[..], &evidence::detect(&bare).unwrap());
    assert!(matches!(
        refusal,
        Err(Refusal::Certificate(CertificateError::Absent))
    ));
}

fn pem_base64(certificate: &Certificate) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(certificate.to_pem())
}

#[test]
fn a_certificate_is_checked_before_it_signs() {
    let (root, key) = (root(), Key::p256());
    let middle = intermediate_of(&root, ca_params("middle"));
    let good = leaf(&key, &leaf_params(), &middle);
    assert!(check_for_signing(&key.public, &good, &[]).is_ok());
    assert!(check_for_signing(&key.public, &good, &[read(&middle), read(&root)]).is_ok());
    let mismatch = check_for_signing(&Key::p256().public, &good, &[]);
    assert!(matches!(mismatch, Err(CertificateError::KeyMismatch)));
    for chain in [
        vec![read(&root)],
        vec![read(&root), read(&middle)],
        vec![read(&middle), read(&self::root())],
    ] {
        let error = check_for_signing(&key.public, &good, &chain);
        // A chain that ends early ends at what the caller vouches for.
        if chain.last() == Some(&read(&middle)) {
            assert!(error.is_ok());
            continue;
        }
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    }
}

#[test]
fn files_of_certificates_are_read_whole_or_not_at_all() {
    let root = root();
    let der = read(&root).der().to_vec();
    assert_eq!(
        Certificate::read(&der).unwrap().to_pem(),
        root.pem.replace("\r\n", "\n")
    );
    let two = root.pem.clone() + "text between\n" + &root.pem;
    assert_eq!(Certificate::read_chain(two.as_bytes()).unwrap().len(), 2);
    assert!(Certificate::read(two.as_bytes()).is_err());
    for bad in [
        &b""[..],
        b"text",
        root.pem.replace("CERTIFICATE", "PUBLIC KEY").as_bytes(),
        root.pem.repeat(65).as_bytes(),
        &vec![b' '; 2 * 1024 * 1024],
    ] {
        assert!(Certificate::read_chain(bad).is_err());
    }
    for length in 0..der.len() {
        assert!(Certificate::from_der(&der[..length]).is_err(), "{length}");
    }
}

/// No changed certificate is accepted: all of it is signed by its issuer.
#[test]
fn no_changed_byte_of_a_certificate_is_accepted() {
    let (root, key) = (root(), Key::p256());
    let good = leaf(&key, &leaf_params(), &root);
    let trusted = trusting(&[&root], DURING);
    assert!(trusted.key_of(&good).is_ok());
    for index in 0..good.der().len() {
        for bit in [1, 0x80] {
            let mut changed = good.der().to_vec();
            changed[index] ^= bit;
            if let Ok(changed) = Certificate::from_der(&changed) {
                assert!(trusted.key_of(&changed).is_err(), "{index}");
            }
        }
    }
}
