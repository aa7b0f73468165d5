//! `key …` on SoftHSM and on kryoptic: a key's whole life, and what must not happen to it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use serde_json::Value;
use touchmark_core::PublicKey;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::program::Output;
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};

const ALGORITHMS: [&str; 5] = [
    "ecdsa-p256",
    "ecdsa-p384",
    "ecdsa-p521",
    "rsa-2048",
    "ed25519",
];

fn touchmark(token: &TestToken) -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).token(token);
    touchmark.write("a", "abc");
    touchmark
}

fn uri(token: &TestToken, object: &str) -> String {
    format!("pkcs11:token={};object={object}", token.label)
}

fn run(touchmark: &Touchmark, arguments: &[&str]) -> Output {
    touchmark
        .command(["key", "--output", "json"])
        .args(arguments)
        .run()
}

fn json(touchmark: &Touchmark, arguments: &[&str]) -> Value {
    run(touchmark, arguments).success().json()
}

fn keys(touchmark: &Touchmark, uri: &str) -> Vec<Value> {
    json(touchmark, &["list", uri]).as_array().unwrap().clone()
}

fn lives_and_dies(token: &TestToken) {
    let touchmark = touchmark(token);
    for algorithm in ALGORITHMS {
        let uri = uri(token, algorithm);
        let made = json(&touchmark, &["generate", &uri, "--algorithm", algorithm]);
        assert_eq!(made["algorithm"], algorithm);
        assert_eq!(made["uri"], *uri);
        let id = made["keyId"].as_str().unwrap();
        let pem = made["pem"].as_str().unwrap();
        assert_eq!(PublicKey::from_pem(pem).unwrap().key_id().to_string(), id);
        let again = run(&touchmark, &["generate", &uri, "--algorithm", algorithm]).code(3);
        assert_eq!(again.json()["error"]["kind"], "key");
        assert_eq!(keys(&touchmark, &uri).len(), 1);
        exported(&touchmark, &uri, pem);
        requested(&touchmark, &uri);
        switched(&touchmark, &uri);
    }
    listed(&touchmark, token);
    for algorithm in ALGORITHMS {
        destroyed(&touchmark, &uri(token, algorithm));
    }
    assert_eq!(
        keys(&touchmark, &format!("pkcs11:token={}", token.label)).len(),
        0
    );
}

fn exported(touchmark: &Touchmark, uri: &str, pem: &str) {
    let export = touchmark.command(["key", "export", uri]).run().success();
    let public = touchmark
        .command(["public-key", "--key", uri])
        .run()
        .success();
    assert_eq!(
        (export.stdout_text(), public.stdout_text()),
        (pem.to_owned(), pem.to_owned())
    );
    json(touchmark, &["export", uri, "--outfile", "exported.pub"]);
    assert_eq!(touchmark.read("exported.pub"), pem.as_bytes());
}

fn requested(touchmark: &Touchmark, uri: &str) {
    let csr = ["key", "csr", uri, "--subject", "CN=release,O=Example"];
    let csr = touchmark.command(csr).run().success().stdout;
    let verify = ["req", "-verify", "-noout", "-subject", "-pubkey"];
    let verified = openssl::command(&verify).stdin(csr.clone()).run().success();
    assert!(verified.stdout_text().contains("release"), "{verified}");
    assert!(verified.stdout_text().contains("Example"), "{verified}");
    let text = verified.stdout_text();
    let key = &text[text.find("-----BEGIN PUBLIC KEY").unwrap()..];
    let end = key.find("-----END PUBLIC KEY-----\n").unwrap() + 25;
    assert_eq!(&key.as_bytes()[..end], touchmark.read("exported.pub"));
    // The signature is over this request: one changed byte breaks it.
    let text = String::from_utf8(csr).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let body = lines[2].replace(
        &lines[2][8..9],
        if &lines[2][8..9] == "A" { "B" } else { "A" },
    );
    let changed = text.replace(lines[2], &body);
    let verify = openssl::command(&["req", "-verify", "-noout"])
        .stdin(changed)
        .run();
    assert!(!verify.stderr_text().contains("verify OK"), "{verify}");
}

fn switched(touchmark: &Touchmark, uri: &str) {
    let sign = ["sign-blob", "--key", uri, "a"];
    let disabled = json(touchmark, &["disable", uri]);
    assert_eq!(disabled["enabled"], false);
    let refused = touchmark.command(sign).run().code(3);
    refused.stderr_has("`touchmark key enable` allows it to sign again");
    assert_eq!(keys(touchmark, uri)[0]["protection"]["sign"], false);
    let enabled = json(touchmark, &["enable", uri]);
    assert_eq!(enabled["keyId"], disabled["keyId"]);
    touchmark.command(sign).run().success();
    let verify = ["verify-blob", "--key", uri, "a"];
    touchmark.command(verify).run().success();
}

/// The URI of each listed key names that key, and the attributes are those of a key that was made
/// in the token and cannot leave it.
fn listed(touchmark: &Touchmark, token: &TestToken) {
    let all = keys(touchmark, &format!("pkcs11:token={}", token.label));
    assert_eq!(all.len(), ALGORITHMS.len());
    for key in &all {
        let text = |field: &str| key[field].as_str().unwrap();
        assert_eq!(text("label"), text("algorithm"));
        assert_eq!(text("token"), token.label);
        assert_eq!(key["proven"], false);
        assert!(text("keyId").starts_with("SHA256:"));
        let id = text("id");
        assert!(
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "{key}"
        );
        for (attribute, value) in [
            ("sensitive", true),
            ("extractable", false),
            ("alwaysSensitive", true),
            ("neverExtractable", true),
            ("local", true),
            ("sign", true),
        ] {
            assert_eq!(key["protection"][attribute], value, "{attribute} of {key}");
        }
        let shown = json(touchmark, &["show", text("uri")]);
        assert_eq!(shown.as_array().unwrap().len(), 1);
        assert_eq!(
            (&shown[0]["keyId"], &shown[0]["protection"]),
            (&key["keyId"], &key["protection"])
        );
    }
    let shown = touchmark
        .command(["key", "show", all[0]["uri"].as_str().unwrap()])
        .run();
    let text = shown.success().stdout_text();
    assert!(text.contains("\nneverExtractable    yes\n"), "{text}");
    assert!(
        text.contains("\nproven              no: the token's own claim\n"),
        "{text}"
    );
    let lines = touchmark
        .command(["key", "list"])
        .run()
        .success()
        .stdout_text();
    assert_eq!(lines.lines().count(), ALGORITHMS.len());
}

/// A wrong confirmation destroys nothing; the right one destroys one key and no other.
fn destroyed(touchmark: &Touchmark, uri: &str) {
    let key = keys(touchmark, uri).remove(0);
    let id = key["keyId"].as_str().unwrap();
    let other = format!("SHA256:{}=", "A".repeat(43));
    run(touchmark, &["destroy", uri]).code(2);
    run(touchmark, &["destroy", uri, "--confirm", "yes"]).code(2);
    run(touchmark, &["destroy", uri, "--confirm", &other]).code(3);
    let sign = ["sign-blob", "--key", uri, "a"];
    touchmark.command(sign).run().success();
    assert_eq!(keys(touchmark, uri), std::slice::from_ref(&key));
    let destroyed = json(touchmark, &["destroy", uri, "--confirm", id]);
    assert_eq!(destroyed["keyId"], id);
    assert!(!destroyed["destroyed"].as_array().unwrap().is_empty());
    touchmark.command(sign).run().code(3);
    run(touchmark, &["show", uri]).code(3);
}

#[test]
fn keys_live_and_die_on_softhsm() {
    lives_and_dies(&softhsm::token("release"));
}

#[test]
fn keys_live_and_die_on_kryoptic() {
    lives_and_dies(&kryoptic::token("release"));
}

/// OpenSSL certifies the key; the certificate is stored, found again, and serves for a key whose
/// public object is gone.
fn is_certified(token: &TestToken) {
    let touchmark = touchmark(token);
    let (key, other) = (uri(token, "key"), uri(token, "other"));
    let public = |uri: &str| {
        let made = json(&touchmark, &["generate", uri]);
        PublicKey::from_pem(made["pem"].as_str().unwrap()).unwrap()
    };
    let (public, others) = (public(&key), public(&other));
    let certificate = openssl::certificate_for(&public, "release");
    touchmark.write("release.der", &certificate);
    let pem = openssl::command(&["x509", "-inform", "DER"])
        .stdin(certificate)
        .run();
    let pem = pem.success().stdout;
    touchmark.write("release.pem", &pem);
    touchmark.write("other.der", openssl::certificate_for(&others, "other"));
    touchmark.write("two.pem", [pem.as_slice(), &pem].concat());

    run(&touchmark, &["certificate", &key]).code(3);
    let import = |file: &str| run(&touchmark, &["import", &key, "--certificate", file]);
    import("absent.pem").code(1);
    import("a").code(6);
    import("two.pem").code(6);
    import("other.der")
        .code(3)
        .stderr_has("the certificate is for SHA256:");
    run(&touchmark, &["certificate", &key]).code(3);
    let imported = import("release.der").success().json();
    assert_eq!(imported["keyId"], public.key_id().to_string());
    let found = json(&touchmark, &["certificate", &key]);
    assert_eq!(found["pem"].as_str().unwrap().as_bytes(), pem);
    json(&touchmark, &["certificate", &key, "--outfile", "found.pem"]);
    assert_eq!(touchmark.read("found.pem"), pem);
    run(&touchmark, &["certificate", &other]).code(3);

    let listed = keys(&touchmark, &format!("{key};type=private"));
    let id = listed[0]["id"].as_str().unwrap();
    token.delete_public_object(id);
    let exported = touchmark.command(["key", "export", &key]).run().success();
    assert_eq!(exported.stdout_text(), public.to_pem());
    let id = public.key_id().to_string();
    let destroyed = json(&touchmark, &["destroy", &key, "--confirm", &id]);
    assert!(destroyed.to_string().contains("certificate"), "{destroyed}");
    assert!(!token.list_objects().contains("Certificate Object"));
    assert_eq!(keys(&touchmark, &other).len(), 1);
}

#[test]
fn a_key_is_certified_on_softhsm() {
    is_certified(&softhsm::token("release"));
}

#[test]
fn a_key_is_certified_on_kryoptic() {
    is_certified(&kryoptic::token("release"));
}
