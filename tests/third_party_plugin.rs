//! Any program `sigstore-kms-NAME` on PATH is a backend: one that is written on upstream's own
//! package, and ones that lie.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::os::unix::fs::{PermissionsExt, symlink};

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::cosign::Evidence;
use touchmark_testkit::peers::{Cosign, openssl, product};

/// A folder with upstream's plugin on PATH and its keys beside it; and that PATH.
fn touchmark() -> (Touchmark, String) {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    for folder in ["bin", "keys"] {
        std::fs::create_dir(touchmark.path(folder)).unwrap();
    }
    let plugin = product("kms-upstream", "sigstore-kms-upstream");
    symlink(plugin, touchmark.path("bin/sigstore-kms-upstream")).unwrap();
    touchmark.write("a", "abc");
    touchmark.write("other", "abd");
    let machine = std::env::var("PATH").unwrap();
    let path = format!("{}:{machine}", touchmark.path("bin").display());
    let keys = touchmark.path("keys").display().to_string();
    let touchmark = touchmark.env("PATH", &path).env("UPSTREAM_KMS_DIR", &keys);
    (touchmark, path)
}

#[test]
fn a_key_behind_somebody_elses_plugin_serves_us_and_cosign() {
    let (touchmark, path) = touchmark();
    let line = |line: &str| touchmark.command(line.split_whitespace()).run();
    for algorithm in ["ecdsa-p256", "ecdsa-p384", "ed25519"] {
        let key = format!("upstream://{algorithm}");
        let generate = format!("generate-key-pair --kms {key} --algorithm {algorithm} --yes");
        line(&generate).success();
        assert!(!touchmark.path("cosign.key").exists());
        // The public key's file is in the way: no key is made.
        line("generate-key-pair --kms upstream://late").code(3);
        assert!(!touchmark.path("keys/late").exists());
        line(&generate).code(3).stderr_has("has such a key already");
        line(&format!("sign-blob --key {key} a")).success();
        line(&format!("sign-blob --key {key} --output-signature s a")).success();
        for given in [key.as_str(), "cosign.pub"] {
            line(&format!("verify-blob --key {given} a")).success();
            line(&format!("verify-blob --key {given} --signature s a")).success();
            line(&format!("verify-blob --key {given} --signature s other")).code(12);
        }
        let public = line(&format!("public-key --key {key}")).success();
        assert_eq!(public.stdout, touchmark.read("cosign.pub"));

        let bundle = Evidence::Bundle(touchmark.path("a.sigstore.json"));
        let (file, dir) = (touchmark.path("a"), touchmark.dir());
        for cosign in Cosign::both() {
            cosign
                .verify_blob(dir, "cosign.pub", &file, &bundle)
                .success();
        }
        if algorithm != "ed25519" {
            let cosign = Cosign::v3()
                .env("PATH", &path)
                .env("UPSTREAM_KMS_DIR", touchmark.path("keys"));
            cosign.verify_blob(dir, &key, &file, &bundle).success();
            let theirs = Evidence::Bundle(touchmark.path("theirs.json"));
            cosign.sign_blob(dir, &key, "", &file, &theirs).success();
            line(&format!("verify-blob --key {key} --bundle theirs.json a")).success();
        }
    }
    line("sign-blob --key upstream://absent a")
        .failure()
        .stderr_has("sigstore-kms-upstream");
    let generate = "generate-key-pair --kms upstream://rsa --algorithm rsa-2048 --yes";
    line(generate)
        .code(2)
        .stderr_has("sigstore-kms-upstream makes no rsa-2048 key");
    line("key list upstream://a")
        .code(2)
        .stderr_has("keys cannot be listed");
}

/// A plugin that hands over another key, another signature, or its mind.
#[test]
fn a_plugin_that_lies_is_found_out() {
    let (touchmark, _) = touchmark();
    let line = |line: &str| touchmark.command(line.split_whitespace()).run();
    line("generate-key-pair --kms upstream://good --yes").success();
    line("generate-key-pair --kms upstream://evil --yes --output-key-prefix evil").success();
    let upstream = product("kms-upstream", "sigstore-kms-upstream");
    let plugin = |name: &str, body: &str| {
        let path = touchmark.write(
            format!("bin/sigstore-kms-{name}"),
            format!("#!/bin/sh\n{body}"),
        );
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    };
    // It signs with the evil key what was asked of the good one.
    let swap = format!(
        "a=$(printf '%s' \"$*\" | sed 's#swap://#upstream://#')\n\
         case \"$a\" in *signMessage*) a=$(printf '%s' \"$a\" | sed 's/good/evil/');; esac\n\
         exec {} v1 \"${{a#v1 }}\"\n",
        upstream.display()
    );
    plugin("swap", &swap);
    let refused = line("sign-blob --key swap://good a").failure();
    refused
        .stderr_has("touchmark: error: a: ")
        .stderr_has("touchmark: hint: ");
    assert!(!touchmark.path("a.sigstore.json").exists());
    // The same with the right key is accepted, so the refusal was for the signature.
    line("sign-blob --key swap://evil a").success();
    std::fs::remove_file(touchmark.path("a.sigstore.json")).unwrap();

    plugin("noise", "cat /dev/urandom | head -c 2000000");
    line("sign-blob --key noise://k a")
        .failure()
        .stderr_has("sigstore-kms-noise");
    plugin("silent", "exit 0");
    line("sign-blob --key silent://k a")
        .failure()
        .stderr_has("sigstore-kms-silent");
    plugin("slow", "sleep 40");
    let slow = line("sign-blob --timeout 2s --key slow://k a").code(5);
    slow.stderr_has("not finished within 2s");
    plugin("crash", "kill -SEGV $$");
    line("sign-blob --key crash://k a")
        .failure()
        .stderr_has("signal 11");
    assert!(!touchmark.path("a.sigstore.json").exists());
}

/// The pinned key protects from a plugin that answers with another key throughout.
#[test]
fn a_pinned_key_is_not_swapped_by_a_plugin() {
    let (touchmark, _) = touchmark();
    let line = |line: &str| touchmark.command(line.split_whitespace()).run();
    line("generate-key-pair --kms upstream://k --yes").success();
    let pinned = "[keys.release]\nuri = \"upstream://k\"\npublic-key = \"cosign.pub\"\n";
    touchmark.write("touchmark.toml", pinned);
    line("sign-blob --key release a").success();
    touchmark.write(
        "keys/k",
        openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    );
    line("sign-blob --key release a")
        .code(3)
        .stderr_has("pinned");
}
