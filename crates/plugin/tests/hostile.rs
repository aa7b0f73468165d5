//! Our host side against plugins that hang, flood, crash and lie.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use common::{Script, block_on, explained, sign_fault, uri};
use touchmark_core::{
    Curve, ErrorKind, HashAlgorithm, KeyAlgorithm, KeyGenerator, Provider, SignatureScheme,
};
use touchmark_plugin::PluginError;

/// A P-256 public key in PEM.
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEs153bjgCdmVG8VoJEiJsG6kA62kk
6EzR+9g4pofSpSOCvkFEQoD5zBY7YBouMHTr3+X5kxgJK69f5U4G7OHYdw==
-----END PUBLIC KEY-----
";

/// The shell command that answers `method` with a public key.
fn key_answer(method: &str, pem: &str) -> String {
    format!(
        r#"printf '{{"{method}":{{"publicKeyPEM":"%s"}}}}' "$(printf '%s' '{pem}' | base64 -w0)""#
    )
}

/// A script that answers `publicKey` with `pem`, and everything else with `other`.
fn with_key_of(pem: &str, other: &str) -> Script {
    let answer = key_answer("publicKey", pem);
    Script::new(&format!(
        r#"case $2 in *'"methodName":"publicKey"'*) {answer}; exit ;; esac
           {other}"#
    ))
}

fn with_key(other: &str) -> Script {
    with_key_of(PEM, other)
}

fn sign(script: &Script) -> touchmark_core::SignError {
    let signer = script.open("key");
    let message = b"hello".to_vec();
    let prepared = SignatureScheme::Ecdsa(HashAlgorithm::Sha256)
        .prepare(&message)
        .unwrap();
    block_on(signer.sign(&prepared)).unwrap_err()
}

/// No process is left that has the script's folder in its arguments.
fn assert_all_dead(script: &Script) {
    let folder = script.folder.path().to_str().unwrap().to_owned();
    let alive = || {
        fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&folder)
        })
    };
    let start = Instant::now();
    while alive() {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "something is still running"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_plugin_that_hangs_is_killed_with_its_children() {
    let body = r#"sh -c 'sleep 600; : "$0"' "$0" & echo waiting for the device >&2; wait"#;
    let script = Script::new(body).with_timeout(Duration::from_millis(500));
    let start = Instant::now();
    let fault = script.refusal();
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(matches!(
        explained(&fault, ErrorKind::Unreachable),
        PluginError::TimedOut { .. }
    ));
    let text = fault.to_string();
    assert!(
        text.contains("within 0.5 s; it wrote: waiting for the device"),
        "{text}"
    );
    assert_all_dead(&script);
}

#[test]
fn a_plugin_whose_caller_gave_up_is_killed() {
    let script = Script::new(r#"touch "$0.started"; sh -c 'sleep 600; : "$0"' "$0""#);
    let started = script.file("sigstore-kms-test.started");
    block_on(async {
        let key = uri("key");
        let mut asked = script.provider.public_key(&key);
        while !started.exists() {
            let tick = tokio::time::timeout(Duration::from_millis(10), &mut asked).await;
            assert!(tick.is_err());
        }
    });
    assert_all_dead(&script);
}

#[test]
fn a_child_that_keeps_the_pipes_open_does_not_hold_us_up() {
    let script = with_key("sleep 5 & echo '{\"errorMessage\":\"no\"}'");
    let start = Instant::now();
    explained(&sign_fault(sign(&script)), ErrorKind::Failed);
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_flood_is_cut_off() {
    let script = Script::new("head -c 10000000 /dev/zero | tr '\\0' ' '; echo '{}'; sleep 600");
    let fault = script.refusal();
    let error = explained(&fault, ErrorKind::Malformed);
    assert!(matches!(error, PluginError::TooLong { .. }), "{error}");
    // Standard error may be as long as it likes; its end is quoted.
    let script = Script::new("head -c 10000000 /dev/zero | tr '\\0' 'x' >&2; echo END >&2");
    let text = script.refusal().to_string();
    assert!(
        text.ends_with("xEND") && text.len() < 2000,
        "{}",
        text.len()
    );
}

#[test]
fn the_exit_status_means_nothing() {
    let script = Script::new(&format!("{}; exit 1", key_answer("publicKey", PEM)));
    block_on(script.provider.public_key(&uri("key"))).unwrap();
}

#[test]
fn death_by_a_signal_is_an_error_whatever_was_said() {
    let script = with_key("echo '{\"signMessage\":{\"signature\":\"YQ==\"}}'; kill -SEGV $$");
    let fault = sign_fault(sign(&script));
    let error = explained(&fault, ErrorKind::Unreachable);
    assert!(
        matches!(error, PluginError::Died { signal: 11, .. }),
        "{error}"
    );
}

#[test]
fn what_is_not_one_json_object_is_told_apart() {
    for (body, expected) in [
        ("", "answered with nothing"),
        ("echo", "answered with nothing"),
        ("echo starting; echo '{}'", "answered with a log line"),
        ("echo '{}'; echo '{}'", "answered with several objects"),
        ("printf '{\"publicKey\":'", "answered with malformed JSON"),
        ("echo hello", "answered with other text"),
        ("echo '[]'", "answered with other text"),
        ("head -c 100 /dev/urandom", "answered with"),
        (
            "echo '{\"errorMessage\":7}'",
            "answered with malformed JSON",
        ),
    ] {
        let fault = Script::new(body).refusal();
        let error = explained(&fault, ErrorKind::Malformed);
        assert!(
            matches!(error, PluginError::NotJson { .. }),
            "{body}: {error}"
        );
        assert!(fault.to_string().contains(expected), "{body}: {fault}");
    }
}

#[test]
fn a_missing_result_or_key_is_an_error() {
    for answer in [
        "{}",
        r#"{"errorMessage":""}"#,
        r#"{"signMessage":{"signature":"YQ=="}}"#,
        r#"{"publicKey":null}"#,
        r#"{"publicKey":{"publicKeyPEM":null}}"#,
    ] {
        let fault = Script::new(&format!("echo '{answer}'")).refusal();
        let error = explained(&fault, ErrorKind::Malformed);
        assert!(
            matches!(
                error,
                PluginError::Missing {
                    method: "publicKey",
                    ..
                }
            ),
            "{error}"
        );
    }
    let fault = sign_fault(sign(&with_key("echo '{}'")));
    let error = explained(&fault, ErrorKind::Malformed);
    assert!(
        matches!(
            error,
            PluginError::Missing {
                method: "signMessage",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_malformed_public_key_is_refused() {
    let twice = format!("{PEM}{PEM}");
    let weak = PEM.replace("MFkw", "MFkx");
    for pem in ["", "hello", &PEM[..90], &twice, &weak] {
        let fault = Script::new(&key_answer("publicKey", pem)).refusal();
        assert_eq!(fault.kind(), ErrorKind::Malformed);
        let error = fault.downcast_ref::<PluginError>().unwrap();
        assert!(matches!(error, PluginError::PublicKey { .. }), "{error}");
    }
}

#[test]
fn a_malformed_signature_is_refused_and_a_foreign_one_discarded() {
    let fault = sign_fault(sign(&with_key(
        "echo '{\"signMessage\":{\"signature\":\"YQ==\"}}'",
    )));
    let error = explained(&fault, ErrorKind::Malformed);
    assert!(matches!(error, PluginError::Signature { .. }), "{error}");
    let foreign = "MAYCAQECAQE=";
    let answer = format!("echo '{{\"signMessage\":{{\"signature\":\"{foreign}\"}}}}'");
    let error = sign(&with_key(&answer));
    assert!(
        matches!(error, touchmark_core::SignError::SelfCheck(_)),
        "{error:?}"
    );
}

#[test]
fn a_key_of_another_algorithm_than_asked_for_is_no_success() {
    let script = Script::new(&format!(
        r#"case $2 in
             *'"methodName":"publicKey"'*) echo '{{"errorMessage":"none"}}' ;;
             *'"methodName":"supportedAlgorithms"'*)
               echo '{{"supportedAlgorithms":{{"supportedAlgorithms":["ecdsa-p384"]}}}}' ;;
             *) {} ;;
           esac"#,
        key_answer("createKey", PEM)
    ));
    let wanted = KeyAlgorithm::Ecdsa(Curve::P384);
    let error = block_on(script.provider.generate(&uri("key"), wanted)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("makes no ecdsa-p384 key, but ecdsa-p256"),
        "{error}"
    );
}

#[test]
fn a_program_that_does_not_start_is_named() {
    let script = Script::new("");
    let path = script.file("sigstore-kms-test");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o757)).unwrap();
    let fault = script.refusal();
    explained(&fault, ErrorKind::Unreachable);
    assert!(fault.hint().unwrap().contains("chmod o-w"));
    fs::remove_file(&path).unwrap();
    let fault = script.refusal();
    explained(&fault, ErrorKind::Unreachable);
    assert!(fault.hint().unwrap().contains("is not there"));
}

#[test]
fn what_a_terminal_would_obey_is_not_repeated() {
    let text =
        Script::new(r#"printf '{"errorMessage":"a\\u001b[2Jb\\nc"}'; printf '\033]0;x' >&2"#)
            .refusal()
            .to_string();
    assert_eq!(text, "sigstore-kms-test failed: a [2Jb c; it wrote: ]0;x");
}

#[test]
fn a_plugin_that_does_not_read_its_input_is_fine_and_long_messages_are_refused() {
    let key = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";
    let script = with_key_of(key, "echo '{\"errorMessage\":\"not today\"}'");
    let signer = script.open("key");
    let sign = |length: usize| {
        let message = vec![0; length];
        let prepared = SignatureScheme::Ed25519.prepare(&message).unwrap();
        sign_fault(block_on(signer.sign(&prepared)).unwrap_err())
    };
    assert!(sign(1_000_000).to_string().contains("not today"));
    let fault = sign(64 * 1024 * 1024 + 1);
    explained(&fault, ErrorKind::Usage);
    assert!(fault.hint().unwrap().contains("64 MiB"));
}

#[test]
fn the_request_is_what_sigstore_sends() {
    let script =
        with_key(r#"printf '%s' "$2" >"$0.request"; printf '%s %s' "$1" "$#" >"$0.version""#);
    sign(&script);
    let request = fs::read_to_string(script.file("sigstore-kms-test.request")).unwrap();
    let deadline = first_deadline(&request);
    let expected = include_str!("vectors/request-sign-digest-with-hash.json")
        .replace("pkcs11:token=a;object=b", "key")
        .replace(
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        )
        .replace(
            "{\"protocolVersion\"",
            &format!("{{{deadline}\"protocolVersion\""),
        )
        .replace(
            "signOptions\":{\"rpcOptions\":{",
            "signOptions\":{\"rpcOptions\":{@",
        );
    let (before, after) = expected.split_once('@').unwrap();
    assert!(request.starts_with(before), "{request}");
    assert!(request.ends_with(after), "{request}");
    let version = fs::read_to_string(script.file("sigstore-kms-test.version")).unwrap();
    assert_eq!(version, "v1 2");
}

/// `"ctxDeadline":"…",` as the request has it first.
fn first_deadline(request: &str) -> &str {
    let start = request.find("\"ctxDeadline\"").unwrap();
    let end = request.find("\"protocolVersion\"").unwrap();
    &request[start..end]
}

/// Runs itself again with a PIN in the environment: where a plugin finds it, and may log it.
#[test]
fn a_secret_of_the_environment_is_not_repeated() {
    const NAME: &str = "TOUCHMARK_PIN";
    const PIN: &str = "a-test-pin-848132";
    if std::env::var(NAME).as_deref() != Ok(PIN) {
        let again = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_secret_of_the_environment_is_not_repeated"])
            .env(NAME, PIN)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&again.stdout);
        assert!(
            again.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let body = r#"echo "login with $TOUCHMARK_PIN" >&2; echo "{\"errorMessage\":\"wrong: $TOUCHMARK_PIN\"}""#;
    let script = Script::new(body);
    let fault = script.refusal();
    let expected = "failed: wrong: [redacted]; it wrote: login with [redacted]";
    assert!(fault.to_string().ends_with(expected), "{fault}");
    assert!(!format!("{fault:?} {:?}", script.provider).contains(PIN));
}
