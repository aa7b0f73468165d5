//! Flags by environment: which variables there are, and which of two that disagree wins.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use touchmark_core::Curve::P256;
use touchmark_core::KeyAlgorithm;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::program::{Output, Program};
use touchmark_testkit::token::faulty::Faulty;
use touchmark_testkit::token::softhsm;

/// A folder with a plain key `key.pem`, another `other.pem`, their public halves and a file `a`.
fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    for name in ["key", "other"] {
        let pem = openssl::generate("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        touchmark.write(format!("{name}.pub"), openssl::public_key(&pem).to_pem());
        touchmark.write(format!("{name}.pem"), pem);
    }
    touchmark.write("a", "abc");
    touchmark
}

fn run(touchmark: &Touchmark, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = touchmark.command(arguments);
    program.envs(variables.iter().copied()).run()
}

fn exists(touchmark: &Touchmark, name: &str) -> bool {
    touchmark.path(name).exists()
}

#[test]
fn sign_blob_takes_each_flag_from_either_variable() {
    for prefix in ["TOUCHMARK", "COSIGN"] {
        let touchmark = touchmark();
        let name = |flag: &str| format!("{prefix}_{flag}");
        let key = (&*name("KEY"), "key.pem");
        run(&touchmark, &["sign-blob", "a"], &[key]).success();
        let bundle = (&*name("BUNDLE"), "by-variable.json");
        let signature = (&*name("OUTPUT_SIGNATURE"), "by-variable.sig");
        run(&touchmark, &["sign-blob", "a"], &[key, bundle, signature]).success();
        assert!(exists(&touchmark, "by-variable.json") && exists(&touchmark, "by-variable.sig"));

        let key = (&*name("KEY"), "key.pub");
        run(&touchmark, &["verify-blob", "a"], &[key, bundle]).success();
        let signature = (&*name("SIGNATURE"), "by-variable.sig");
        run(&touchmark, &["verify-blob", "a"], &[key, signature]).success();
        let other = (&*name("KEY"), "other.pub");
        run(&touchmark, &["verify-blob", "a"], &[other]).code(12);
        let told = run(
            &touchmark,
            &["verify-blob", "a"],
            &[key, (&*name("VERBOSE"), "1")],
        );
        told.success();
        let verbose = (&*name("VERBOSE"), "true");
        let sign = run(
            &touchmark,
            &["sign-blob", "--key", "key.pem", "a"],
            &[verbose],
        );
        sign.success().stderr_has("touchmark: opening key.pem");
        // Flags that are refused are refused from here too.
        let root = (&*name("TRUSTED_ROOT"), "root.json");
        run(&touchmark, &["verify-blob", "a"], &[key, root]).code(2);
        let ignored = (&*name("INSECURE_IGNORE_TLOG"), "1");
        run(&touchmark, &["verify-blob", "a"], &[key, ignored]).success();
        let limit = (&*name("TIMEOUT"), "soon");
        let refused = run(&touchmark, &["verify-blob", "a"], &[key, limit]).code(2);
        refused.stderr_has("'soon' for '--timeout");
    }
}

#[test]
fn key_files_take_each_flag_from_either_variable() {
    for prefix in ["TOUCHMARK", "COSIGN"] {
        let touchmark = touchmark().env("COSIGN_PASSWORD", "");
        let name = |flag: &str| format!("{prefix}_{flag}");
        let output = (&*name("OUTPUT_KEY_PREFIX"), "mine");
        run(&touchmark, &["generate-key-pair"], &[output]).success();
        assert!(exists(&touchmark, "mine.key"));
        let key = (&*name("KEY"), "key.pem");
        run(&touchmark, &["import-key-pair"], &[output, key]).code(3);
        for no in ["false", "0", "F"] {
            let no = (&*name("YES"), no);
            run(&touchmark, &["import-key-pair"], &[output, key, no]).code(3);
        }
        let yes = (&*name("YES"), "1");
        run(&touchmark, &["import-key-pair"], &[output, key, yes]).success();
        assert_eq!(touchmark.read("mine.pub"), touchmark.read("key.pub"));
        let file = (&*name("OUTFILE"), "exported.pub");
        run(&touchmark, &["public-key"], &[key, file]).success();
        assert_eq!(touchmark.read("exported.pub"), touchmark.read("key.pub"));
        let kms = (&*name("KMS"), "awskms://x");
        let refused = run(&touchmark, &["generate-key-pair"], &[kms, yes]).code(2);
        refused.stderr_has("awskms");
        run(
            &touchmark,
            &["generate-key-pair"],
            &[(&*name("YES"), "perhaps")],
        )
        .code(2);
    }
}

#[test]
fn flags_that_cosign_does_not_have_are_ours_alone() {
    let touchmark = touchmark().env("COSIGN_PASSWORD", "");
    let key = ["key", "csr", "key.pem"];
    let csr = run(&touchmark, &key, &[("TOUCHMARK_SUBJECT", "CN=by-variable")]);
    let text = openssl::command(&["req", "-noout", "-subject"]).stdin(csr.success().stdout);
    assert!(text.run().success().stdout_text().contains("by-variable"));
    let csr = run(&touchmark, &key, &[("COSIGN_SUBJECT", "no name at all")]);
    csr.success();
    let csr = run(&touchmark, &key, &[("COSIGN_OUTFILE", "out.csr")]).success();
    assert!(!csr.stdout.is_empty() && !exists(&touchmark, "out.csr"));

    let show = ["key", "show", "key.pem"];
    let json = run(&touchmark, &show, &[("TOUCHMARK_OUTPUT", "json")]);
    assert!(json.success().json().is_array());
    let text = run(&touchmark, &show, &[("COSIGN_OUTPUT", "json")]).success();
    assert!(text.stdout_text().starts_with("uri "));
    let generate = ["generate-key-pair"];
    let algorithm = [
        ("COSIGN_ALGORITHM", "ed25519"),
        ("TOUCHMARK_OUTPUT", "json"),
    ];
    let made = run(&touchmark, &generate, &algorithm).success().json();
    assert_eq!(made["algorithm"], "ecdsa-p256");
    let algorithm = [
        ("TOUCHMARK_ALGORITHM", "ed25519"),
        ("TOUCHMARK_OUTPUT", "json"),
    ];
    let made = run(&touchmark, &["generate-key-pair", "--yes"], &algorithm)
        .success()
        .json();
    assert_eq!(made["algorithm"], "ed25519");
    run(&touchmark, &["man"], &[("TOUCHMARK_OUT", "pages")]).success();
    assert!(exists(&touchmark, "pages/touchmark.1"));
}

#[test]
fn a_flag_beats_a_variable_and_ours_beats_cosigns_and_empty_is_unset() {
    let touchmark = touchmark();
    let both = [("TOUCHMARK_KEY", "key.pem"), ("COSIGN_KEY", "other.pem")];
    run(&touchmark, &["sign-blob", "a"], &both).success();
    run(&touchmark, &["verify-blob", "--key", "key.pub", "a"], &both).success();
    let empty = [("TOUCHMARK_KEY", ""), ("COSIGN_KEY", "other.pem")];
    run(&touchmark, &["sign-blob", "a"], &empty).success();
    run(&touchmark, &["verify-blob", "--key=other.pub", "a"], &both).success();
    let unset = [("TOUCHMARK_KEY", ""), ("COSIGN_KEY", "")];
    run(&touchmark, &["sign-blob", "a"], &unset).code(2);

    let json = [("TOUCHMARK_OUTPUT", "json")];
    let text = run(&touchmark, &["sign-blob", "--output", "text"], &json).code(2);
    assert_eq!(text.stdout_text(), "");
    let error = run(&touchmark, &["sign-blob"], &json).code(2).json();
    assert_eq!(error["error"]["kind"], "usage");
    // The variable of a flag that excludes a given one is not asked.
    touchmark.write("p", "1234\n");
    let pin = [("TOUCHMARK_PIN_FD", "3")];
    run(
        &touchmark,
        &["sign-blob", "--key", "key.pem", "--pin-file", "p", "a"],
        &pin,
    )
    .success();
    let bundle = [("COSIGN_BUNDLE", "absent.json")];
    let sign = [
        "sign-blob",
        "--key",
        "key.pem",
        "--output-signature",
        "s",
        "a",
    ];
    run(&touchmark, &sign, &[]).success();
    run(
        &touchmark,
        &["verify-blob", "--key", "key.pub", "--signature", "s", "a"],
        &bundle,
    )
    .success();
    let short = [("TOUCHMARK_TIMEOUT", "soon")];
    run(&touchmark, &["doctor", "-t", "1m"], &short).success();
    run(
        &touchmark,
        &["verify-blob", "--key", "key.pub", "--", "-a"],
        &both,
    )
    .code(11);
    // It changes how things look, never what they are.
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR_FORCE", "1")] {
        let output = run(&touchmark, &["sign-blob"], &[(name, value)]).code(2);
        output.never_says("\u{1b}[");
    }
}

#[test]
fn an_empty_password_is_a_password_and_an_unset_one_is_not() {
    let touchmark = touchmark();
    let generate = ["generate-key-pair"];
    run(&touchmark, &generate, &[]).code(4);
    run(&touchmark, &generate, &[("COSIGN_PASSWORD", "")]).success();
    let sign = ["sign-blob", "--key", "cosign.key", "a"];
    run(&touchmark, &sign, &[]).code(4);
    run(&touchmark, &sign, &[("COSIGN_PASSWORD", "")]).success();
    let piped = touchmark.command(sign).env("COSIGN_PASSWORD", "wrong");
    piped.stdin("\n").run().code(4);
    touchmark.command(sign).stdin("\n").run().success();
}

#[test]
fn a_key_may_be_in_a_variable() {
    let touchmark = touchmark();
    let text = |name: &str| String::from_utf8(touchmark.read(name)).unwrap();
    let (private, public) = (text("key.pem"), text("key.pub"));
    let variables = [("PRIVATE", &*private), ("PUBLIC", &*public)];
    run(
        &touchmark,
        &["sign-blob", "--key", "env://PRIVATE", "a"],
        &variables,
    )
    .success();
    for key in ["env://PUBLIC", "env://PRIVATE"] {
        run(&touchmark, &["verify-blob", "--key", key, "a"], &variables).success();
    }
    let exported = run(
        &touchmark,
        &["public-key", "--key", "env://PRIVATE"],
        &variables,
    );
    assert_eq!(exported.success().stdout_text(), public);
    run(
        &touchmark,
        &["sign-blob", "--key", "env://PUBLIC", "a"],
        &variables,
    )
    .code(3);
}

#[test]
fn the_pin_comes_from_the_most_particular_place() {
    let token = softhsm::token("release");
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let touchmark = token
        .env()
        .into_iter()
        .fold(touchmark(), |all, (name, value)| all.env(&name, &value));
    touchmark.write("right", format!("{}\nmore\n", token.user_pin));
    touchmark.write("wrong", "wrong");
    let right = ("TOUCHMARK_PIN", &*token.user_pin);
    let wrong = ("TOUCHMARK_PIN", "wrong");
    let uri = token.uri("object=key").to_string();
    let sign = |uri: &str| touchmark.command(["sign-blob", "--key", uri, "a"]);
    let cosigns = |program: Program, pin: &str| program.env("COSIGN_PKCS11_PIN", pin);

    cosigns(sign(&uri), &token.user_pin).run().success();
    let both = cosigns(sign(&uri), "wrong").envs([right]);
    both.run().success();
    let both = cosigns(sign(&uri), &token.user_pin).envs([wrong]);
    both.run().code(4);
    let empty = cosigns(sign(&uri), &token.user_pin).env("TOUCHMARK_PIN", "");
    empty.run().success();
    let file = sign(&uri).args(["--pin-file", "right"]).envs([wrong]);
    file.run().success();
    let file = sign(&uri).args(["--pin-file", "wrong"]).envs([right]);
    file.run().code(4);
    let source = format!("{uri}&pin-source=right");
    sign(&source).envs([wrong]).run().success();
    let source = format!("{uri}&pin-source=wrong");
    sign(&source).envs([right]).run().code(4);
    // cosign's variable for the module, where ours is empty.
    let plain = sign("pkcs11:token=release;object=key").envs([right]);
    let module = plain.env("TOUCHMARK_PKCS11_MODULE", "");
    let module = module.env("COSIGN_PKCS11_MODULE_PATH", &token.module);
    module.run().success();
    // A descriptor, as a shell hands it over.
    let script = "exec 3<right; exec \"$0\" sign-blob --key \"$1\" --pin-fd 3 a";
    let by_shell = Program::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_touchmark"), &uri])
        .current_dir(touchmark.dir())
        .envs(token.env())
        .envs([wrong]);
    by_shell.run().success();
}

#[test]
fn one_pin_is_never_tried_on_two_tokens() {
    let tokens = [softhsm::token("one"), softhsm::token("two")];
    for token in &tokens {
        token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    }
    let faulty = Faulty::wrap(&tokens[0]);
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).token(&faulty.token);
    touchmark.write("a", "abc");
    let list = touchmark.command(["key", "list", "--output", "json"]).run();
    assert_eq!(list.success().json().as_array().unwrap().len(), 2);
    touchmark
        .command(["key", "list", "pkcs11:object=key"])
        .run()
        .success();
    let sign = ["sign-blob", "--key", "pkcs11:object=key", "a"];
    touchmark
        .command(sign)
        .run()
        .code(3)
        .stderr_has("2 tokens match");
    let show = ["key", "show", "pkcs11:object=key"];
    touchmark.command(show).run().code(3);
    touchmark.command(["doctor"]).run().success();
    assert_eq!(faulty.calls("C_Login"), 0);
    let one = ["key", "list", "pkcs11:token=one"];
    touchmark.command(one).run().success();
    assert_eq!(faulty.calls("C_Login"), 1);
}
