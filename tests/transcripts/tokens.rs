//! Modules, tokens, PINs and keys in tokens.

use std::path::PathBuf;
use std::time::Instant;

use touchmark_core::Curve::P256;
use touchmark_core::KeyAlgorithm;
use touchmark_testkit::token::faulty::{Action, Faulty, Plan, When};
use touchmark_testkit::token::{kryoptic, softhsm};

use super::Transcript;
use crate::with_token;

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
        .mask(&token.slot, "[SLOT]")
        .mask(&one.slot, "[SLOT]")
        .mask(&two.slot, "[SLOT]")
        .mask(&no_pin.slot, "[SLOT]")
        .mask(&libc().display(), "[LIBC]")
        .mask(&softhsm::module().display(), "[SOFTHSM]")
        .mask(
            &softhsm::module().canonicalize().unwrap().display(),
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
        });
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
