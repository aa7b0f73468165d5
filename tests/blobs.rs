//! `sign-blob` and `verify-blob`: one file, many, standard input, digests, and their JSON.

use touchmark_core::{Digest, HashAlgorithm};
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::program::Program;

const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A folder with a key pair, of P-256 unless said otherwise.
fn touchmark() -> Touchmark {
    with_key("ecdsa-p256")
}

fn with_key(algorithm: &str) -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
    touchmark
        .command(["generate-key-pair", "--algorithm", algorithm])
        .run()
        .success();
    touchmark
}

fn sign(touchmark: &Touchmark, arguments: &[&str]) -> Program {
    touchmark
        .command(["sign-blob", "--key", "cosign.key"])
        .args(arguments)
}

fn verify(touchmark: &Touchmark, arguments: &[&str]) -> Program {
    touchmark
        .command(["verify-blob", "--key", "cosign.pub"])
        .args(arguments)
}

#[test]
fn each_of_many_files_gets_its_own_bundle_and_bundles_are_not_signed() {
    let touchmark = touchmark();
    let names: Vec<String> = (0..40).map(|number| format!("file-{number}")).collect();
    for name in &names {
        touchmark.write(name, name);
    }
    let mut arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    sign(&touchmark, &arguments).run().success();
    arguments.push("file-0.sigstore.json");
    let again = sign(&touchmark, &arguments).run().success();
    again.stderr_has("file-0.sigstore.json is a bundle and was not signed");
    assert!(
        !touchmark
            .path("file-0.sigstore.json.sigstore.json")
            .exists()
    );

    let output = verify(&touchmark, &arguments)
        .args(["--output", "json"])
        .run()
        .success();
    let elements = output.json();
    let elements = elements.as_array().unwrap();
    let order: Vec<_> = elements
        .iter()
        .map(|element| element["path"].as_str().unwrap())
        .collect();
    assert_eq!(order, names);
    assert!(elements.iter().all(|element| element["verified"] == true));
}

#[test]
fn the_json_of_both_verbs_is_the_contracts() {
    let touchmark = touchmark();
    touchmark.write("abc", "abc");
    let signed = sign(&touchmark, &["--output", "json", "abc"])
        .run()
        .success()
        .json();
    let key_id = signed[0]["keyId"].as_str().unwrap();
    assert!(key_id.starts_with("SHA256:"));
    assert_eq!(
        signed,
        serde_json::json!([{
            "path": "abc", "digest": ABC, "keyId": key_id, "algorithm": "ecdsa-sha256",
            "bundle": "abc.sigstore.json",
        }])
    );
    let verified = verify(&touchmark, &["--output", "json", "abc"])
        .run()
        .success()
        .json();
    assert_eq!(
        verified,
        serde_json::json!([{
            "path": "abc", "digest": ABC, "verified": true, "code": "valid", "keyId": key_id,
            "key": "cosign.pub",
        }])
    );
    touchmark.write("abc", "abd");
    let refused = verify(&touchmark, &["--output", "json", "abc"])
        .run()
        .code(12)
        .json();
    assert_eq!(refused[0]["verified"], false);
    assert_eq!(refused[0]["code"], "invalid-signature");
    let reason = refused[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("the bundle is for sha256:ba7816bf"),
        "{reason}"
    );
    assert_eq!(refused[0]["error"]["kind"], "rejected");
}

#[test]
fn one_unreadable_file_stops_no_other_and_gives_the_highest_code() {
    let touchmark = touchmark();
    touchmark.write("a", "a");
    touchmark.write("c", "c");
    std::fs::create_dir(touchmark.path("folder")).unwrap();
    let output = sign(
        &touchmark,
        &["--output", "json", "a", "absent", "folder", "c"],
    )
    .run();
    let elements = output.code(11).stderr_has("name the files in it").json();
    assert_eq!(elements[0]["bundle"], "a.sigstore.json");
    assert_eq!(elements[1]["error"]["kind"], "failed");
    assert_eq!(elements[1]["path"], "absent");
    assert_eq!(elements[3]["bundle"], "c.sigstore.json");
    assert!(!touchmark.path("absent.sigstore.json").exists());

    touchmark.write("unsigned", "");
    let output = verify(&touchmark, &["a", "unsigned", "absent", "c"])
        .run()
        .code(11);
    let output = output
        .stderr_has("a: Verified OK")
        .stderr_has("c: Verified OK");
    output.stderr_has("unsigned.sigstore.json is not there");
    verify(&touchmark, &["unsigned"]).run().code(10);
}

#[test]
fn standard_input_is_signed_and_verified_by_every_kind_of_key() {
    for algorithm in ["ecdsa-p384", "rsa-2048", "ed25519"] {
        let touchmark = with_key(algorithm);
        sign(&touchmark, &["--bundle", "b", "-"])
            .stdin("abc")
            .run()
            .success();
        verify(&touchmark, &["--bundle", "b", "-"])
            .stdin("abc")
            .run()
            .success();
        verify(&touchmark, &["--bundle", "b", "-"])
            .stdin("abd")
            .run()
            .code(12);
        touchmark.write("abc", "abc");
        verify(&touchmark, &["--bundle", "b", "abc"])
            .run()
            .success();
    }
}

#[test]
fn a_digest_stands_for_its_file_unless_the_scheme_signs_the_file() {
    let touchmark = touchmark();
    sign(&touchmark, &["--bundle", "b", ABC]).run().success();
    touchmark.write("abc", "abc");
    verify(&touchmark, &["--bundle", "b", "abc"])
        .run()
        .success();
    verify(&touchmark, &["--bundle", "b", ABC]).run().success();
    let other = Digest::of(HashAlgorithm::Sha256, b"abd").to_string();
    verify(&touchmark, &["--bundle", "b", &other])
        .run()
        .code(12);
    for bad in ["sha256:00", "sha512:00", "sha256:zz"] {
        sign(&touchmark, &["--bundle", "c", bad])
            .run()
            .code(2)
            .stderr_has("64 hex digits");
    }
    let touchmark = with_key("ed25519");
    let refused = sign(&touchmark, &["--bundle", "b", ABC]).run().code(2);
    refused.stderr_has("pure Ed25519 needs the whole message");
    assert!(!touchmark.path("b").exists());
}

#[test]
fn a_detached_signature_is_read_from_a_file_or_as_text() {
    let touchmark = touchmark();
    touchmark.write("abc", "abc");
    let signed = sign(
        &touchmark,
        &["--output-signature", "abc.sig", "--output", "json", "abc"],
    );
    let signature = signed.run().success().json()[0]["signature"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(touchmark.read("abc.sig"), signature.as_bytes());
    assert!(!touchmark.path("abc.sigstore.json").exists());
    verify(&touchmark, &["--signature", "abc.sig", "abc"])
        .run()
        .success();
    verify(&touchmark, &["--signature", &signature, "abc"])
        .run()
        .success();
    touchmark.write("abc.sig", format!("{signature}\n"));
    verify(&touchmark, &["--signature", "abc.sig", "abc"])
        .run()
        .success();
    verify(&touchmark, &["--signature", "no such file", "abc"])
        .run()
        .code(6);
    let both = sign(
        &touchmark,
        &["--output-signature", "s", "--bundle", "b", "abc"],
    );
    both.run().success();
    verify(&touchmark, &["--signature", "s", "abc"])
        .run()
        .success();
    verify(&touchmark, &["--bundle", "b", "abc"])
        .run()
        .success();
}

#[test]
fn any_key_of_a_file_may_match_and_the_result_names_it() {
    let touchmark = touchmark();
    touchmark.write("abc", "abc");
    sign(&touchmark, &["abc"]).run().success();
    let other = [
        "generate-key-pair",
        "--output-key-prefix",
        "other",
        "--algorithm",
        "ed25519",
    ];
    touchmark.command(other).run().success();
    let pem = [touchmark.read("other.pub"), touchmark.read("cosign.pub")].concat();
    touchmark.write("both.pub", pem);
    let verify = [
        "verify-blob",
        "--key",
        "both.pub",
        "--output",
        "json",
        "abc",
    ];
    let verified = touchmark.command(verify).run().success().json();
    assert_eq!(verified[0]["key"], "both.pub (key 2)");
    let only = ["verify-blob", "--key", "other.pub", "abc"];
    touchmark
        .command(only)
        .run()
        .code(12)
        .stderr_has("get the signer's public key");
    touchmark.write(
        "broken.pub",
        [touchmark.read("cosign.pub"), b"-----BEGIN X".to_vec()].concat(),
    );
    touchmark
        .command(["verify-blob", "--key", "broken.pub", "abc"])
        .run()
        .code(6);
}

#[test]
fn outputs_that_are_streams_are_written_to_and_links_are_followed() {
    let touchmark = touchmark();
    touchmark.write("abc", "abc");
    let output = sign(
        &touchmark,
        &["--bundle", "/dev/stdout", "--output", "json", "abc"],
    )
    .run();
    assert!(output.success().stdout_text().starts_with("{\"mediaType\""));
    touchmark.write("real.json", "old");
    std::os::unix::fs::symlink("real.json", touchmark.path("link.json")).unwrap();
    sign(&touchmark, &["--bundle", "link.json", "abc"])
        .run()
        .success();
    assert!(touchmark.path("link.json").is_symlink());
    verify(&touchmark, &["--bundle", "real.json", "abc"])
        .run()
        .success();
}

#[test]
fn log_entries_are_reported_as_not_checked() {
    let touchmark = touchmark();
    touchmark.write("abc", "abc");
    sign(&touchmark, &["abc"]).run().success();
    let mut bundle: serde_json::Value =
        serde_json::from_slice(&touchmark.read("abc.sigstore.json")).unwrap();
    bundle["verificationMaterial"]["timestampVerificationData"] =
        serde_json::json!({"rfc3161Timestamps": [{"signedTimestamp": "MAA="}]});
    touchmark.write("abc.sigstore.json", bundle.to_string());
    let verified = verify(&touchmark, &["--output", "json", "abc"])
        .run()
        .success()
        .json();
    assert_eq!(
        verified[0]["notChecked"],
        serde_json::json!(["rfc3161Timestamps[0]"])
    );
    verify(&touchmark, &["abc"])
        .run()
        .success()
        .stderr_has("not checked: rfc3161Timestamps[0]");
    let claimed = verify(&touchmark, &["--trusted-root", "r.json", "abc"])
        .run()
        .code(2);
    claimed.stderr_has("--trusted-root is not supported");
}
