//! `generate-key-pair` and `import-key-pair`: what is written, how, and what is never overwritten.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::os::unix::fs::PermissionsExt;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::cosign::Evidence;
use touchmark_testkit::peers::{Cosign, openssl};
use touchmark_testkit::program::Program;

fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    touchmark.write("a", "abc");
    touchmark
}

fn with_password(touchmark: &Touchmark, line: &str, password: &str) -> Program {
    touchmark
        .command(line.split_whitespace())
        .env("COSIGN_PASSWORD", password)
}

fn mode(touchmark: &Touchmark, name: &str) -> u32 {
    let metadata = std::fs::metadata(touchmark.path(name)).unwrap();
    metadata.permissions().mode() & 0o7777
}

fn files(touchmark: &Touchmark) -> Vec<String> {
    let entries = std::fs::read_dir(touchmark.dir()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "home")
        .collect();
    names.sort();
    names
}

#[test]
fn a_pair_is_written_with_cosigns_names_and_modes() {
    let touchmark = touchmark();
    let made = with_password(&touchmark, "generate-key-pair", "secret")
        .run()
        .success();
    made.stderr_has("Private key written to cosign.key")
        .stderr_has("Public key written to cosign.pub")
        .never_says("secret");
    assert_eq!(
        (
            mode(&touchmark, "cosign.key"),
            mode(&touchmark, "cosign.pub")
        ),
        (0o600, 0o644)
    );
    assert_eq!(files(&touchmark), ["a", "cosign.key", "cosign.pub"]);
    let key = String::from_utf8(touchmark.read("cosign.key")).unwrap();
    assert!(key.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));

    // A narrower umask narrows the public file; nothing widens the private one.
    let script = "umask 077; exec \"$0\" generate-key-pair --output-key-prefix deep/narrow";
    std::fs::create_dir(touchmark.path("deep")).unwrap();
    let by_shell = Program::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_touchmark")])
        .current_dir(touchmark.dir())
        .env("COSIGN_PASSWORD", "");
    by_shell.run().success();
    let modes = (
        mode(&touchmark, "deep/narrow.key"),
        mode(&touchmark, "deep/narrow.pub"),
    );
    assert_eq!(modes, (0o600, 0o600));
}

#[test]
fn neither_file_of_a_pair_is_overwritten_without_leave() {
    let touchmark = touchmark();
    touchmark.write("plain.pem", openssl::generate("-algorithm ED25519"));
    for verb in [
        "generate-key-pair",
        "import-key-pair --key plain.pem -o cosign",
    ] {
        for there in ["cosign.key", "cosign.pub"] {
            touchmark.write(there, "mine");
            let before = files(&touchmark);
            let refused = with_password(&touchmark, verb, "").run().code(3);
            refused.stderr_has(&format!("{there} already exists"));
            assert_eq!(
                (files(&touchmark), touchmark.read(there)),
                (before, b"mine".to_vec())
            );
            with_password(&touchmark, &format!("{verb} --yes"), "")
                .run()
                .success();
            assert_ne!(touchmark.read(there), b"mine");
            assert_eq!(mode(&touchmark, "cosign.key"), 0o600);
            for name in ["cosign.key", "cosign.pub"] {
                std::fs::remove_file(touchmark.path(name)).unwrap();
            }
        }
    }
    // A link to nowhere is something that is there.
    std::os::unix::fs::symlink("nowhere", touchmark.path("cosign.pub")).unwrap();
    with_password(&touchmark, "generate-key-pair", "")
        .run()
        .code(3);
    assert_eq!(files(&touchmark), ["a", "cosign.pub", "plain.pem"]);
}

#[test]
fn the_password_comes_by_variable_or_pipe_or_not_at_all() {
    let touchmark = touchmark();
    let piped = touchmark.command(["generate-key-pair", "--output-key-prefix", "piped"]);
    piped.stdin("from a pipe\n").run().success();
    let sign = "sign-blob --key piped.key a";
    with_password(&touchmark, sign, "from a pipe")
        .run()
        .success();
    with_password(&touchmark, sign, "from a pipe\n")
        .run()
        .code(4);
    with_password(&touchmark, sign, "").run().code(4);
    let none = touchmark.command(["generate-key-pair", "--output-key-prefix", "none"]);
    none.run().code(4);
    assert!(!touchmark.path("none.key").exists() && !touchmark.path("none.pub").exists());
    // What is signed on standard input is no password.
    let taken = ["sign-blob", "--key", "piped.key", "--bundle", "b", "-"];
    touchmark
        .command(taken)
        .stdin("from a pipe\n")
        .run()
        .code(4);
}

/// The algorithm, how OpenSSL makes such a key, and whether `openssl pkey -traditional` writes
/// SEC1 or PKCS#1 of it.
const IMPORTED: [(&str, &str, bool); 7] = [
    (
        "ecdsa-p256",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        true,
    ),
    (
        "ecdsa-p384",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        true,
    ),
    (
        "ecdsa-p521",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        true,
    ),
    (
        "rsa-2048",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        true,
    ),
    (
        "rsa-3072",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:3072",
        true,
    ),
    (
        "rsa-4096",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:4096",
        true,
    ),
    ("ed25519", "-algorithm ED25519", false),
];

#[test]
fn every_algorithm_and_encoding_of_openssl_is_imported() {
    let touchmark = touchmark();
    for (algorithm, kind, has_traditional) in IMPORTED {
        let pem = openssl::generate(kind);
        let mut encodings = vec![pem.clone()];
        if has_traditional {
            let convert = openssl::command(&["pkey", "-traditional"]).stdin(pem.as_str());
            encodings.push(convert.run().success().stdout_text());
            assert_ne!(encodings[0], encodings[1]);
        }
        for encoding in encodings {
            touchmark.write("plain.pem", &encoding);
            let import = "import-key-pair --key plain.pem --yes --output json";
            let imported = with_password(&touchmark, import, "p")
                .run()
                .success()
                .json();
            assert_eq!(imported["algorithm"], algorithm);
            assert_eq!(imported["privateKey"], "import-cosign.key");
            assert_eq!(imported["publicKey"], "import-cosign.pub");
            let public = openssl::public_key(&pem);
            assert_eq!(
                touchmark.read("import-cosign.pub"),
                public.to_pem().as_bytes()
            );
            assert_eq!(imported["keyId"], public.key_id().to_string());
        }
        // The exchange of each algorithm with cosign is tested with the signatures.
        if !["ecdsa-p256", "ed25519"].contains(&algorithm) {
            continue;
        }
        let cosign = Cosign::v3();
        let bundle = Evidence::Bundle(touchmark.path("b"));
        let file = touchmark.path("a");
        let sign = "sign-blob --key import-cosign.key --bundle b a";
        with_password(&touchmark, sign, "p").run().success();
        let verified = cosign.verify_blob(touchmark.dir(), "import-cosign.pub", &file, &bundle);
        verified.success();
        let detached = Evidence::Detached(touchmark.path("s"));
        let signed = cosign.sign_blob(touchmark.dir(), "import-cosign.key", "p", &file, &detached);
        signed.success();
        let verify = [
            "verify-blob",
            "--key",
            "import-cosign.pub",
            "--signature",
            "s",
            "a",
        ];
        touchmark.command(verify).run().success();
    }
}

#[test]
fn keys_that_cosign_would_not_take_are_refused() {
    let touchmark = touchmark();
    for kind in [
        "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2056",
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-algorithm ED448",
    ] {
        touchmark.write("plain.pem", openssl::generate(kind));
        let import = "import-key-pair --key plain.pem";
        let refused = with_password(&touchmark, import, "p").run().code(6);
        refused
            .stderr_has("plain.pem: ")
            .stderr_has("touchmark: hint: supported are");
        assert!(!touchmark.path("import-cosign.key").exists(), "{kind}");
    }
}
