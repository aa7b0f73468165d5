//! An unmodified cosign drives keys of ours: the same binary, called as `sigstore-kms-touchmark`.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::os::unix::fs::symlink;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Evidence;
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};

/// A folder with the plugin in it, on the PATH of `cosign`.
fn with_plugin(touchmark: &Touchmark, cosign: Cosign, token: &TestToken) -> Cosign {
    let folder = touchmark.path("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let plugin = folder.join("sigstore-kms-touchmark");
    if !plugin.exists() {
        symlink(env!("CARGO_BIN_EXE_touchmark"), plugin).unwrap();
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let cosign = cosign
        .env("PATH", path)
        .env("TOUCHMARK_PIN", &token.user_pin)
        .env("TOUCHMARK_PKCS11_MODULE", &token.module);
    let cosign = token
        .env()
        .into_iter()
        .fold(cosign, |cosign, (name, value)| cosign.env(name, value));
    std::env::var_os("XDG_RUNTIME_DIR")
        .into_iter()
        .fold(cosign, |cosign, folder| {
            cosign.env("XDG_RUNTIME_DIR", folder)
        })
}

fn touchmark(token: &TestToken) -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).token(token);
    touchmark.write("artifact", "what was signed\n");
    touchmark.write("tampered", "what was not signed\n");
    touchmark
}

/// cosign makes the key, signs with it and verifies; ours verifies what cosign wrote.
fn cosign_uses_a_token(token: &TestToken, cosign: Cosign) {
    let touchmark = touchmark(token);
    let major = cosign.major();
    let cosign = with_plugin(&touchmark, cosign, token);
    let uri = format!("touchmark://{}", token.uri("object=by-cosign"));
    let dir = touchmark.dir();
    cosign
        .command(dir, &["generate-key-pair", "--kms", &uri])
        .run()
        .success();
    let public = cosign
        .command(dir, &["public-key", "--key", &uri])
        .run()
        .success();
    assert_eq!(
        public.stdout_text().into_bytes(),
        touchmark.read("cosign.pub"),
        "cosign {major}"
    );

    let artifact = touchmark.path("artifact");
    let bundle = Evidence::Bundle(touchmark.path("bundle.json"));
    let detached = Evidence::Detached(touchmark.path("signature"));
    for evidence in [&bundle, &detached] {
        cosign
            .sign_blob(dir, &uri, "", &artifact, evidence)
            .success();
        for key in ["cosign.pub", uri.as_str()] {
            cosign
                .verify_blob(dir, key, &artifact, evidence)
                .success()
                .stderr_has("Verified OK");
            cosign
                .verify_blob(dir, key, &touchmark.path("tampered"), evidence)
                .failure();
        }
    }
    for (flag, file) in [("--bundle", "bundle.json"), ("--signature", "signature")] {
        let verify = |name: &str| {
            touchmark
                .command(["verify-blob", "--key", "cosign.pub", flag, file, name])
                .run()
        };
        verify("artifact").success();
        verify("tampered").code(12);
    }
}

#[test]
fn cosign_3_signs_with_a_softhsm_key() {
    cosign_uses_a_token(&softhsm::token("plugin"), Cosign::v3());
}

#[test]
fn cosign_2_signs_with_a_softhsm_key() {
    cosign_uses_a_token(&softhsm::token("plugin"), Cosign::v2());
}

#[test]
fn cosign_3_signs_with_a_kryoptic_key() {
    cosign_uses_a_token(&kryoptic::token("plugin"), Cosign::v3());
}

#[test]
fn a_configured_name_serves_cosign_too() {
    let token = softhsm::token("plugin");
    let touchmark = touchmark(&token);
    let uri = token.uri("object=named").to_string();
    touchmark.command(["key", "generate", &uri]).run().success();
    let config = touchmark.write(
        "touchmark.toml",
        format!("[keys.release]\nuri = \"{uri}\"\n"),
    );
    let cosign = with_plugin(&touchmark, Cosign::v3(), &token).env("TOUCHMARK_CONFIG", config);
    let bundle = Evidence::Bundle(touchmark.path("bundle.json"));
    let artifact = touchmark.path("artifact");
    cosign
        .sign_blob(
            touchmark.dir(),
            "touchmark://release",
            "",
            &artifact,
            &bundle,
        )
        .success();
    let verify = [
        "verify-blob",
        "--key",
        &uri,
        "--bundle",
        "bundle.json",
        "artifact",
    ];
    touchmark.command(verify).run().success();
}

#[test]
fn every_algorithm_of_a_token_serves_cosign() {
    let token = softhsm::token("plugin");
    let touchmark = touchmark(&token);
    let cosign = with_plugin(&touchmark, Cosign::v3(), &token);
    let artifact = touchmark.path("artifact");
    for algorithm in [
        "ecdsa-p256",
        "ecdsa-p384",
        "ecdsa-p521",
        "rsa-2048",
        "ed25519",
    ] {
        let uri = token.uri(&format!("object={algorithm}")).to_string();
        let generate = [
            "generate-key-pair",
            "--yes",
            "--algorithm",
            algorithm,
            "--kms",
            &uri,
        ];
        touchmark.command(generate).run().success();
        let bundle = Evidence::Bundle(touchmark.path(format!("{algorithm}.json")));
        let key = format!("touchmark://{uri}");
        cosign
            .sign_blob(touchmark.dir(), &key, "", &artifact, &bundle)
            .success();
        let name = format!("{algorithm}.json");
        let verify = [
            "verify-blob",
            "--key",
            "cosign.pub",
            "--bundle",
            &name,
            "artifact",
        ];
        touchmark.command(verify).run().success();
    }
}

#[test]
fn cosign_shows_our_error_and_hint() {
    let token = softhsm::token("plugin");
    let touchmark = touchmark(&token);
    let cosign = with_plugin(&touchmark, Cosign::v3(), &token);
    let uri = format!("touchmark://{}", token.uri("object=absent"));
    let bundle = Evidence::Bundle(touchmark.path("bundle.json"));
    let artifact = touchmark.path("artifact");
    let output = cosign
        .sign_blob(touchmark.dir(), &uri, "", &artifact, &bundle)
        .failure();
    output
        .stderr_has("no key matches")
        .stderr_has("`touchmark key list` shows keys");
    assert!(!touchmark.path("bundle.json").exists());
}
