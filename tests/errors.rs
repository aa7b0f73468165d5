//! Every error that a user can meet, through the real binary: exit code, message, hint, and the
//! same in JSON. `tests/transcripts` holds the words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod transcripts;

use std::path::PathBuf;
use std::time::Instant;

use touchmark_core::Curve::P256;
use touchmark_core::KeyAlgorithm;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::token::faulty::{Action, Faulty, Plan, When};
use touchmark_testkit::token::{TestToken, kryoptic, softhsm};
use transcripts::Transcript;

/// A folder with a plain private key `key.pem`, its public half `key.pub`, a file `a` and its
/// bundle.
fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    let pem = openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    touchmark.write("key.pub", openssl::public_key(&pem).to_pem());
    touchmark.write("key.pem", pem);
    touchmark.write("a", "abc");
    let sign = ["sign-blob", "--key", "key.pem", "a"];
    touchmark.command(sign).run().success();
    touchmark
}

fn with_token(token: &TestToken) -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).token(token);
    touchmark.write("a", "abc");
    touchmark
}

#[test]
fn wrong_usage_is_code_2() {
    let touchmark = touchmark();
    let mut transcript = Transcript::new("usage", &touchmark);
    for arguments in [
        &[][..],
        &["sing-blob", "a"],
        &["frobnicate"],
        &["key"],
        &["key", "destory", "a"],
        &["sign-blob", "--kee", "key.pem", "a"],
        &["sign-blob", "--key", "key.pem"],
        &["sign-blob", "--key"],
        &["sign-blob", "a"],
        &["doctor", "extra"],
        &["doctor", "--timeout", "soon"],
        &["doctor", "--pin-fd", "three"],
        &["doctor", "--pin-file", "p", "--pin-fd", "3"],
        &["doctor", "--verbose=maybe"],
        &["generate-key-pair", "--algorithm", "rsa-1024"],
        &["generate-key-pair", "k8s://namespace/name"],
        &["completions", "tcsh"],
        &["sign-blob", "--key", "key.pem", "--sk", "a"],
        &["sign-blob", "--sk", "--slot", "9a", "a"],
        &["sign-blob", "--key", "awskms:///alias/release", "a"],
        &["sign-blob", "--key", "", "a"],
        &["sign-blob", "--key", "a\u{7}b", "a"],
        &[
            "sign-blob",
            "--key",
            "key.pem",
            "--bundle",
            "b",
            "a",
            "key.pub",
        ],
        &["sign-blob", "--key", "key.pem", "-"],
        &["sign-blob", "--key", "key.pem", "sha256:00"],
        &["sign-blob", "--key", "key.pem", "--bundle", "a", "a"],
        &["sign-blob", "--key", "key.pem", "--b64=false", "a"],
        &[
            "sign-blob",
            "--key",
            "key.pem",
            "--new-bundle-format=false",
            "a",
        ],
        &["sign-blob", "--key", "key.pem", "--output-file", "log", "a"],
        &[
            "sign-blob",
            "--key",
            "key.pem",
            "--rekor-url",
            "https://rekor.example",
            "a",
        ],
        &[
            "sign-blob",
            "--key",
            "key.pem",
            "a.sigstore.json",
            "b.sigstore.json",
        ],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "a.sigstore.json",
            "b.sigstore.json",
        ],
        &["verify-blob", "--key", "key.pub", "-"],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "--bundle",
            "b",
            "--signature",
            "s",
            "a",
        ],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "--trusted-root",
            "r",
            "a",
        ],
        &[
            "verify-blob",
            "--key",
            "key.pub",
            "--insecure-ignore-tlog=false",
            "a",
        ],
        &["key", "generate", "key.pem"],
        &["key", "list", "key.pem"],
        &["key", "disable", "key.pem"],
        &["key", "certificate", "key.pem"],
        &["key", "destroy", "key.pem"],
        &["key", "destroy", "key.pem", "--confirm", "yes"],
        &["key", "csr", "key.pem", "--subject", "release"],
        &["key", "show", "pkcs11:object"],
        &["key", "show", "pkcs11:object=a;object=b"],
        &["key", "show", "pkcs11:object=%zz"],
        &["key", "show", "pkcs11:frob=a"],
        &["key", "show", "pkcs11:object=a"],
    ] {
        transcript.run(arguments);
    }
    transcript.check();
}

/// A PIN in an argument is refused, and no output repeats it.
#[test]
fn a_pin_in_a_uri_is_refused_everywhere_and_never_repeated() {
    const PIN: &str = "8675309";
    let touchmark = touchmark();
    let spellings = [
        format!("pkcs11:object=a?pin-value={PIN}"),
        format!("pkcs11:object=a?%70in-value={PIN}"),
        format!("pkcs11:object=a?PIN-Value={PIN}&module-path=/m.so"),
        format!("touchmark://pkcs11:object=a;pin-value={PIN}"),
        format!("pkcs11:object=%zz?pin%2dvalue={PIN}"),
        format!("pkcs11:object=a?pin-value=a b {PIN}"),
        format!("awskms://x?pin-value={PIN}"),
    ];
    for uri in &spellings {
        let joined = format!("--key={uri}");
        let unknown = format!("--frob={uri}");
        for arguments in [
            &["sign-blob", "--key", uri, "a"][..],
            &["sign-blob", &joined, "a"],
            &["sign-blob", &unknown, "a"],
            &["verify-blob", "--key", uri, "a"],
            &["public-key", "--key", uri],
            &["generate-key-pair", "--kms", uri],
            &["generate-key-pair", uri],
            &["key", "generate", uri],
            &["key", "show", uri],
            &["key", "list", uri],
            &["key", "destroy", uri, "--confirm", uri],
            &["doctor", uri],
            &[uri],
        ] {
            for format in ["text", "json"] {
                let run = touchmark.command(["--output", format]).args(arguments);
                let output = run.args(["--verbose"]).run().code(2).never_says(PIN);
                output
                    .stderr_has("error: a key URI must not contain pin-value")
                    .stderr_has("hint: use pin-source=file:PATH, --pin-file");
            }
        }
        for variable in ["TOUCHMARK_KEY", "COSIGN_KEY"] {
            let run = touchmark.command(["sign-blob", "a"]).env(variable, uri);
            run.run().code(2).never_says(PIN).stderr_has("pin-value");
        }
        touchmark.write(
            "touchmark.toml",
            format!("[keys.release]\nuri = \"{uri}\"\n"),
        );
        let run = touchmark.command(["sign-blob", "--key", "release", "a"]);
        let output = run.run().code(2).never_says(PIN);
        output.stderr_has("touchmark.toml: keys.release: a key URI must not contain pin-value");
        let doctor = touchmark.command(["doctor", "--output", "json"]);
        doctor.run().success().never_says(PIN);
    }
}

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

/// A shared library that every Rust program has loaded, and that is no PKCS#11 module.
fn libc() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let path = maps
        .lines()
        .find_map(|line| {
            line.contains("libc.so")
                .then(|| line.split_whitespace().last())
        })
        .flatten();
    path.expect("the C library").into()
}

#[test]
fn modules_tokens_and_token_keys_each_have_their_error() {
    let token = softhsm::token("release");
    let (one, two) = (softhsm::token("twin"), softhsm::token("twin"));
    let no_pin = softhsm::token_without_pin("fresh");
    token.generate(KeyAlgorithm::Ecdsa(P256), "same", "01");
    token.generate(KeyAlgorithm::Ecdsa(P256), "same", "02");
    token.generate(KeyAlgorithm::Ecdsa(P256), "other", "02");
    token.generate(KeyAlgorithm::Ecdsa(P256), "off", "04");
    let touchmark = with_token(&token);
    touchmark.write("text.so", "no library");
    touchmark.write("empty-pin", "\n");
    let off = ["key", "disable", "pkcs11:token=release;object=off"];
    touchmark.command(off).run().success();

    let mut transcript = Transcript::new("tokens", &touchmark)
        .mask(&token.serial, "[SERIAL]")
        .mask(&one.serial, "[SERIAL]")
        .mask(&two.serial, "[SERIAL]")
        .mask(&no_pin.serial, "[SERIAL]")
        .mask(token.slot, "[SLOT]")
        .mask(one.slot, "[SLOT]")
        .mask(two.slot, "[SLOT]")
        .mask(no_pin.slot, "[SLOT]")
        .mask(libc().display(), "[LIBC]")
        .mask(softhsm::module().display(), "[SOFTHSM]")
        .mask(
            softhsm::module().canonicalize().unwrap().display(),
            "[SOFTHSM]",
        );
    let show = |uri: &str| ["key".to_owned(), "show".to_owned(), uri.to_owned()];
    let libc = format!("pkcs11:object=a?module-path={}", libc().display());
    for uri in [
        "pkcs11:object=a?module-path=/nonexistent/module.so",
        "pkcs11:object=a?module-path=text.so",
        &libc,
        "pkcs11:token=absent;object=a",
        "pkcs11:token=twin;object=a",
        "pkcs11:token=release;object=absent",
        "pkcs11:token=release;object=same",
        "pkcs11:token=release;id=%02",
        "pkcs11:token=release;slot-id=first;object=a",
    ] {
        transcript.run(&show(uri).each_ref().map(String::as_str));
    }
    transcript.run_with("SOFTHSM2_CONF names nothing", &["key", "list"], |run| {
        run.env("SOFTHSM2_CONF", "/nonexistent")
    });
    for arguments in [
        &["sign-blob", "--key", "pkcs11:token=release;object=off", "a"][..],
        &[
            "sign-blob",
            "--key",
            "pkcs11:token=release;object=other;type=public",
            "a",
        ],
        &["key", "generate", "pkcs11:token=release;object=other"],
        &["key", "generate", "pkcs11:token=release"],
        &["key", "certificate", "pkcs11:token=release;object=other"],
        &["sign-blob", "--key", "pkcs11:token=fresh;object=a", "a"],
    ] {
        transcript.run(arguments);
    }
    let sign = [
        "sign-blob",
        "--key",
        "pkcs11:token=release;object=other",
        "a",
    ];
    transcript.run_with("TOUCHMARK_PIN=", &sign, |run| run.env("TOUCHMARK_PIN", ""));
    transcript.run_with("TOUCHMARK_PIN=wrong", &sign, |run| {
        run.env("TOUCHMARK_PIN", "wrong")
    });
    for file in ["absent", "empty-pin"] {
        transcript.run(&[&sign[..], &["--pin-file", file]].concat());
    }
    transcript.run(&[&sign[..], &["--pin-fd", "77"]].concat());
    transcript.check();
}

/// A wrong PIN is tried once, a last try not at all, and a locked token is not asked.
#[test]
fn a_pin_is_tried_once_and_the_last_try_needs_leave() {
    let token = softhsm::token("release");
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let faulty = Faulty::wrap(&token);
    let touchmark = with_token(&faulty.token);
    let mut transcript = Transcript::new("pins", &touchmark);
    let sign = ["sign-blob", "--key", "pkcs11:token=release;object=key", "a"];
    let flags = |token_flags| {
        faulty.plan(|plan| Plan {
            token_flags,
            ..plan
        })
    };
    let logins = || faulty.calls("C_Login");

    let wrong = touchmark.command(sign).env("TOUCHMARK_PIN", "wrong");
    wrong.run().code(4).never_says("wrong-pin");
    assert_eq!(logins(), 1, "a wrong PIN is tried once");
    flags(0x0002_0000);
    transcript.run_with("the token has one try left", &sign, |run| run);
    assert_eq!(logins(), 1, "the last try is not used");
    flags(0x0004_0000);
    transcript.run_with("the token is locked", &sign, |run| run);
    flags(0x0002_0000);
    let last = touchmark.command(sign).arg("--use-final-pin-try");
    last.run().success();
    assert!(logins() > 1);
    transcript.check();
}

#[test]
fn a_token_that_locks_says_so() {
    let token = kryoptic::token("release");
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let touchmark = with_token(&token);
    let sign = ["sign-blob", "--key", "pkcs11:token=release;object=key", "a"];
    touchmark.command(sign).run().success();
    token.lock_user_pin();
    let locked = touchmark.command(sign).run().code(4);
    locked
        .stderr_has("touchmark: error: the PIN is locked for token \"release\"")
        .stderr_has("touchmark: hint: the security officer must set a new user PIN")
        .never_says(&token.user_pin);
}

#[test]
fn what_does_not_answer_is_code_5() {
    let token = softhsm::token("release");
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let faulty = Faulty::wrap(&token);
    let touchmark = with_token(&faulty.token);
    let sign = ["sign-blob", "--key", "pkcs11:token=release;object=key", "a"];
    let mut transcript = Transcript::new("unreachable", &touchmark);
    faulty.plan(|plan| plan.rule("C_Sign", When::Always, Action::Fail(0x30)));
    transcript.run_with("the token answers CKR_DEVICE_ERROR", &sign, |run| run);
    faulty.plan(Plan::token_removed);
    transcript.run_with("the token was pulled out", &sign, |run| run);
    faulty.plan(|plan| plan.rule("C_Sign", When::Always, Action::Hang(50_000)));
    let started = Instant::now();
    let timed = [&["--timeout", "2s"][..], &sign].concat();
    transcript.run_with("the token hangs", &timed, |run| run);
    assert!(started.elapsed().as_secs() < 30, "it waited for the token");
    faulty.plan(|plan| plan.rule("C_Sign", When::Always, Action::Corrupt));
    let output = touchmark.command(sign).run().failure();
    output.stderr_has("touchmark: error: a: ");
    assert!(!touchmark.path("a.sigstore.json").exists());
    transcript.check();
}
