//! Key files, passwords, bundles and signatures.

use touchmark_testkit::peers::openssl;

use super::Transcript;
use crate::touchmark;

#[test]
fn keys_that_are_not_there_or_not_fit_are_code_3() {
    let touchmark = touchmark();
    touchmark.write("touchmark.toml", "[keys.key]\nuri = \"./key.pem\"\n");
    touchmark.write("both", "");
    touchmark.write("key.pub.copy", touchmark.read("key.pub"));
    let plain = String::from_utf8(touchmark.read("key.pem")).unwrap();
    let certificate = openssl::certificate_for(&openssl::public_key(&plain), "a");
    let body = pem(&certificate);
    touchmark.write("key.crt", body);
    let encrypt = [
        "pkcs8",
        "-topk8",
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:x",
    ];
    let encrypted = openssl::command(&encrypt).stdin(plain.as_str()).run();
    touchmark.write("pkcs8.pem", encrypted.success().stdout);
    let mut transcript = Transcript::new("keys", &touchmark);
    for arguments in [
        &["sign-blob", "--key", "release", "a"][..],
        &["sign-blob", "--key", "./release.key", "a"],
        &["sign-blob", "--key", "env://NOT_SET", "a"],
        &["sign-blob", "--key", "./key.pub", "a"],
        &["sign-blob", "--key", "./key.crt", "a"],
        &["sign-blob", "--key", "./pkcs8.pem", "a"],
        &["verify-blob", "--key", "release", "a"],
        &["verify-blob", "--key", "./release.pub", "a"],
        &["public-key", "--key", "./release.key"],
        &["key", "show", "./release.key"],
    ] {
        transcript.run(arguments);
    }
    touchmark.write("touchmark.toml", "[keys.both]\nuri = \"./key.pem\"\n");
    transcript.run(&["sign-blob", "--key", "both", "a"]);
    touchmark.write("cosign.key", "mine");
    transcript.run(&["generate-key-pair"]);
    assert_eq!(touchmark.read("cosign.key"), b"mine");
    transcript.check();
}

fn pem(der: &[u8]) -> String {
    let command = openssl::command(&["x509", "-inform", "DER"]);
    command.stdin(der).run().success().stdout_text()
}

#[test]
fn passwords_that_are_missing_or_wrong_are_code_4() {
    let touchmark = touchmark();
    let generate = touchmark.command(["generate-key-pair"]);
    generate.env("COSIGN_PASSWORD", "right").run().success();
    let mut transcript = Transcript::new("passwords", &touchmark);
    let sign = ["sign-blob", "--key", "cosign.key", "a"];
    transcript.run(&sign);
    transcript.run_with("COSIGN_PASSWORD=wrong", &sign, |run| {
        run.env("COSIGN_PASSWORD", "wrong")
    });
    transcript.run_with("printf wrong |", &sign, |run| run.stdin("wrong\n"));
    transcript.run(&["generate-key-pair", "--output-key-prefix", "other"]);
    assert!(!touchmark.path("other.key").exists());
    transcript.check();
}

#[test]
fn malformed_files_are_code_6() {
    let touchmark = touchmark();
    let whole = String::from_utf8(touchmark.read("key.pem")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    touchmark.write("cut.pem", lines[..2].join("\n"));
    touchmark.write("empty.pem", "");
    touchmark.write("noise.pem", [0x00, 0xff, 0x13]);
    touchmark.write(
        "rsa-1024.pem",
        openssl::generate("-algorithm RSA -pkeyopt rsa_keygen_bits:1024"),
    );
    touchmark.write("ed448.pem", openssl::generate("-algorithm ED448"));
    let huge = std::fs::File::create(touchmark.path("huge")).unwrap();
    huge.set_len(17 * 1024 * 1024).unwrap();
    touchmark.write(
        "broken.pub",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    );
    let bundle = String::from_utf8(touchmark.read("a.sigstore.json")).unwrap();
    touchmark.write("broken.json", &bundle[..40]);
    touchmark.write("media.json", bundle.replace("v0.3+json", "v0.4+json"));
    touchmark.write("unknown.json", bundle.replacen('{', "{\"extra\":1,", 1));
    touchmark.write("trailing.json", format!("{bundle}x"));
    touchmark.write("touchmark.toml", "[keys.a]\nurl = \"x\"\n");
    let mut transcript = Transcript::new("malformed", &touchmark);
    for key in ["cut", "empty", "noise", "rsa-1024", "ed448"] {
        transcript.run(&["sign-blob", "--key", &format!("./{key}.pem"), "a"]);
    }
    for key in ["./huge", "./broken.pub"] {
        transcript.run(&["verify-blob", "--key", key, "a"]);
    }
    for bundle in ["broken", "media", "unknown", "trailing"] {
        let bundle = format!("{bundle}.json");
        transcript.run(&[
            "verify-blob",
            "--key",
            "./key.pub",
            "--bundle",
            &bundle,
            "a",
        ]);
    }
    for arguments in [
        &["verify-blob", "--key", "./key.pub", "--bundle", "huge", "a"][..],
        &[
            "verify-blob",
            "--key",
            "./key.pub",
            "--signature",
            "no/base64!",
            "a",
        ],
        &[
            "verify-blob",
            "--key",
            "./key.pub",
            "--signature",
            "AAAA",
            "a",
        ],
        &["sign-blob", "--key", "release", "a"],
        &["import-key-pair", "--key", "cut.pem"],
        &["import-key-pair", "--key", "rsa-1024.pem"],
        &["import-key-pair", "--key", "key.pub"],
    ] {
        transcript.run(arguments);
    }
    transcript.check();
}

#[test]
fn a_blob_without_a_valid_signature_is_code_10_11_or_12() {
    let touchmark = touchmark();
    touchmark.write("unsigned", "");
    touchmark.write("other", "abd");
    let pem = openssl::generate("-algorithm ED25519");
    touchmark.write("other.pub", openssl::public_key(&pem).to_pem());
    let sign = [
        "sign-blob",
        "--key",
        "key.pem",
        "--output-signature",
        "a.sig",
        "a",
    ];
    touchmark.command(sign).run().success();
    let mut transcript = Transcript::new("verdicts", &touchmark);
    for arguments in [
        &["verify-blob", "--key", "key.pub", "unsigned"][..],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "--bundle",
            "absent.json",
            "a",
        ],
        &["verify-blob", "--key", "key.pub", "absent"],
        &["sign-blob", "--key", "key.pem", "absent"],
        &["sign-blob", "--key", "key.pem", "home"],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "--bundle",
            "a.sigstore.json",
            "other",
        ],
        &["verify-blob", "--key", "other.pub", "a"],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "--signature",
            "a.sig",
            "other",
        ],
        &[
            "verify-blob",
            "--key",
            "other.pub",
            "--signature",
            "a.sig",
            "a",
        ],
        &["verify-blob", "--key", "key.pub", "a", "unsigned", "home"],
    ] {
        transcript.run(arguments);
    }
    transcript.check();
}
