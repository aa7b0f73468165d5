//! cosign 3.1.2 and 2.6.4 against ours, both ways: every algorithm, every place a key lives, as
//! bundle and detached, with no algorithm flag; and tampered files, which both must refuse.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::PathBuf;

use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::cosign::Evidence;
use touchmark_testkit::peers::{Cosign, openssl};
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};

const MESSAGE: &str = "what was signed\n";
const PASSWORD: &str = "correct horse";

fn touchmark() -> Touchmark {
    let touchmark =
        Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", PASSWORD);
    touchmark.write("artifact", MESSAGE);
    touchmark.write("tampered", "what was not signed\n");
    touchmark
}

/// Signs `artifact` with ours as bundle and detached; `key.pub` becomes the public key.
fn sign_both_ways(touchmark: &Touchmark, key: &str) -> [Evidence; 2] {
    let signature = touchmark.path("artifact.sig");
    let export = ["public-key", "--key", key, "--outfile", "key.pub"];
    touchmark.command(export).run().success();
    touchmark
        .command(["sign-blob", "--key", key, "artifact"])
        .run()
        .success();
    let detached = [
        "sign-blob",
        "--key",
        key,
        "--output-signature",
        "artifact.sig",
        "artifact",
    ];
    touchmark.command(detached).run().success();
    [
        Evidence::Bundle(touchmark.path("artifact.sigstore.json")),
        Evidence::Detached(signature),
    ]
}

/// What stock cosign must say of evidence for `artifact` and `key.pub`.
fn cosign_accepts_and_refuses(touchmark: &Touchmark, evidence: &[Evidence]) {
    for cosign in Cosign::both() {
        for evidence in evidence {
            let dir = touchmark.dir();
            cosign
                .verify_blob(dir, "key.pub", &touchmark.path("artifact"), evidence)
                .success()
                .stderr_has("Verified OK");
            cosign
                .verify_blob(dir, "key.pub", &touchmark.path("tampered"), evidence)
                .failure();
        }
    }
}

/// What ours must say of the same.
fn ours_accepts_and_refuses(touchmark: &Touchmark, evidence: &[Evidence]) {
    for evidence in evidence {
        let (flag, path) = match evidence {
            Evidence::Bundle(path) => ("--bundle", path),
            Evidence::Detached(path) => ("--signature", path),
        };
        let verify = |file: &str| {
            touchmark
                .command(["verify-blob", "--key", "key.pub", flag])
                .arg(path)
                .arg(file)
                .run()
        };
        verify("artifact").success().stderr_has("Verified OK");
        verify("tampered").code(12);
    }
}

fn file_key(algorithm: &str) {
    let touchmark = touchmark();
    let generate = ["generate-key-pair", "--algorithm", algorithm];
    touchmark.command(generate).run().success();
    let evidence = sign_both_ways(&touchmark, "cosign.key");
    assert_eq!(touchmark.read("key.pub"), touchmark.read("cosign.pub"));
    cosign_accepts_and_refuses(&touchmark, &evidence);
    ours_accepts_and_refuses(&touchmark, &evidence);
    cosign_signs_with(&touchmark, "cosign.key", algorithm);
}

/// A key file of ours opens in cosign, and what cosign signs with it verifies with ours.
fn cosign_signs_with(touchmark: &Touchmark, key: &str, algorithm: &str) {
    for cosign in Cosign::both() {
        // cosign 2.6 panics on an Ed25519 key without a log.
        if cosign.major() == 2 && algorithm == "ed25519" {
            continue;
        }
        let name = format!("by-cosign-{}", cosign.major());
        let bundle = Evidence::Bundle(touchmark.path(format!("{name}.json")));
        let detached = Evidence::Detached(touchmark.path(format!("{name}.sig")));
        let artifact = touchmark.path("artifact");
        for evidence in [&bundle, &detached] {
            cosign
                .sign_blob(touchmark.dir(), key, PASSWORD, &artifact, evidence)
                .success();
        }
        ours_accepts_and_refuses(touchmark, &[bundle, detached]);
    }
}

fn token_key(token: &TestToken, algorithm: &str) {
    let touchmark = touchmark().token(token);
    let uri = token.uri("object=release").to_string();
    let generate = ["key", "generate", &uri, "--algorithm", algorithm];
    touchmark.command(generate).run().success();
    let evidence = sign_both_ways(&touchmark, &uri);
    cosign_accepts_and_refuses(&touchmark, &evidence);
    ours_accepts_and_refuses(&touchmark, &evidence);
}

/// cosign imports a key that OpenSSL made and signs; ours verifies, and signs with the same file.
fn cosign_key(kind: &str, algorithm: KeyAlgorithm) {
    let touchmark = touchmark();
    let openssl_key: PathBuf = touchmark.write("openssl.pem", openssl::generate(kind));
    for cosign in Cosign::both() {
        cosign
            .import_key_pair(touchmark.dir(), &openssl_key, "theirs", PASSWORD)
            .success();
        std::fs::copy(touchmark.path("theirs.pub"), touchmark.path("key.pub")).unwrap();
        cosign_signs_with(&touchmark, "theirs.key", &algorithm.name());
        let evidence = sign_both_ways(&touchmark, "theirs.key");
        cosign_accepts_and_refuses(&touchmark, &evidence);
    }
}

macro_rules! algorithms {
    ($($name:ident: $text:literal, $algorithm:expr, $openssl:literal;)*) => {
        mod file {
            $(#[test] fn $name() { super::file_key($text); })*
        }
        mod softhsm_token {
            $(#[test] fn $name() { super::token_key(&super::softhsm::token("interop"), $text); })*
        }
        mod kryoptic_token {
            $(#[test] fn $name() { super::token_key(&super::kryoptic::token("interop"), $text); })*
        }
        mod cosigns_key {
            use super::*;
            $(#[test] fn $name() { super::cosign_key($openssl, $algorithm); })*
        }
    };
}

algorithms! {
    p256: "ecdsa-p256", KeyAlgorithm::Ecdsa(Curve::P256), "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    p384: "ecdsa-p384", KeyAlgorithm::Ecdsa(Curve::P384), "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
    p521: "ecdsa-p521", KeyAlgorithm::Ecdsa(Curve::P521), "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
    rsa_2048: "rsa-2048", KeyAlgorithm::Rsa(2048), "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    rsa_3072: "rsa-3072", KeyAlgorithm::Rsa(3072), "-algorithm RSA -pkeyopt rsa_keygen_bits:3072";
    rsa_4096: "rsa-4096", KeyAlgorithm::Rsa(4096), "-algorithm RSA -pkeyopt rsa_keygen_bits:4096";
    ed25519: "ed25519", KeyAlgorithm::Ed25519, "-algorithm ED25519";
}

#[test]
fn keys_open_on_the_other_side_and_a_wrong_password_opens_them_on_neither() {
    let touchmark = touchmark();
    touchmark.command(["generate-key-pair"]).run().success();
    for cosign in Cosign::both() {
        let dir = touchmark.dir();
        let public = cosign
            .command(dir, &["public-key", "--key", "cosign.key"])
            .env("COSIGN_PASSWORD", PASSWORD)
            .run()
            .success();
        assert_eq!(
            public.stdout_text().into_bytes(),
            touchmark.read("cosign.pub")
        );
        let wrong = cosign
            .command(dir, &["public-key", "--key", "cosign.key"])
            .env("COSIGN_PASSWORD", "wrong");
        wrong.run().failure();

        cosign.generate_key_pair(dir, "theirs", "another").success();
        let ours = |password| {
            touchmark
                .command(["public-key", "--key", "theirs.key"])
                .env("COSIGN_PASSWORD", password)
                .run()
        };
        assert_eq!(
            ours("another").success().stdout_text().into_bytes(),
            touchmark.read("theirs.pub")
        );
        ours("wrong").code(4).never_says("wrong\"");
        for name in ["theirs.key", "theirs.pub"] {
            std::fs::remove_file(touchmark.path(name)).unwrap();
        }
    }
}

#[test]
fn cosign_2s_legacy_bundle_is_read() {
    let touchmark = touchmark();
    touchmark.command(["generate-key-pair"]).run().success();
    let cosign = Cosign::v2();
    cosign
        .command(
            touchmark.dir(),
            &["sign-blob", "--yes", "--key", "cosign.key"],
        )
        .args(["--tlog-upload=false", "--bundle", "legacy.json", "artifact"])
        .env("COSIGN_PASSWORD", PASSWORD)
        .run()
        .success();
    assert!(
        String::from_utf8(touchmark.read("legacy.json"))
            .unwrap()
            .contains("base64Signature")
    );
    let verify = |file: &str| {
        let arguments = [
            "verify-blob",
            "--key",
            "cosign.pub",
            "--bundle",
            "legacy.json",
            file,
        ];
        touchmark.command(arguments).run()
    };
    verify("artifact").success().stderr_has("Verified OK");
    verify("tampered").code(12);
}

#[test]
fn another_key_is_refused_by_both() {
    let touchmark = touchmark();
    touchmark.command(["generate-key-pair"]).run().success();
    let other = ["generate-key-pair", "--output-key-prefix", "other"];
    touchmark.command(other).run().success();
    let evidence = sign_both_ways(&touchmark, "cosign.key");
    for evidence in &evidence {
        for cosign in Cosign::both() {
            let artifact = touchmark.path("artifact");
            cosign
                .verify_blob(touchmark.dir(), "other.pub", &artifact, evidence)
                .failure();
        }
    }
    let verify = touchmark
        .command(["verify-blob", "--key", "other.pub", "artifact"])
        .run();
    verify
        .code(12)
        .stderr_has("the signature is by key SHA256:");
}
