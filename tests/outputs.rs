//! Inputs and outputs that are not plain files with plain names: pipes, full disks, closed
//! descriptors, odd names.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::program::Program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_touchmark");

fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(PROGRAM);
    for (name, kind) in [
        ("key", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
        ("ed25519", "-algorithm ED25519"),
    ] {
        let pem = openssl::generate(kind);
        touchmark.write(format!("{name}.pub"), openssl::public_key(&pem).to_pem());
        touchmark.write(format!("{name}.pem"), pem);
    }
    touchmark.write("a", "abc");
    touchmark
}

/// A script of bash's, with the program as `$0`.
fn bash(touchmark: &Touchmark, script: &str) -> Program {
    let bash = Program::new("bash").args(["-c", script, PROGRAM]);
    bash.current_dir(touchmark.dir())
}

fn leftovers(touchmark: &Touchmark) -> Vec<String> {
    let entries = std::fs::read_dir(touchmark.dir()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("touchmark-"))
        .collect()
}

#[test]
fn outputs_that_cannot_be_written_are_code_1_and_leave_nothing() {
    let touchmark = touchmark();
    std::fs::create_dir(touchmark.path("folder")).unwrap();
    for output in ["missing/b", "a/b", "folder", "/dev/full", "/proc/b"] {
        for flag in ["--bundle", "--output-signature"] {
            let sign = ["sign-blob", "--key", "key.pem", flag, output, "a"];
            let refused = touchmark.command(sign).run().code(1);
            refused
                .stderr_has("touchmark: error: a: cannot write ")
                .stderr_has("touchmark: hint: check that the folder is there");
        }
    }
    // The second output fails: the first is not there either.
    let sign = [
        "sign-blob",
        "--key",
        "key.pem",
        "--bundle",
        "b",
        "--output-signature",
        "missing/s",
    ];
    touchmark.command(sign).arg("a").run().code(1);
    assert!(!touchmark.path("b").exists());
    let export = ["public-key", "--key", "key.pem", "--outfile", "missing/p"];
    touchmark.command(export).run().code(1);
    let generate = ["generate-key-pair", "--output-key-prefix", "missing/p"];
    touchmark
        .command(generate)
        .env("COSIGN_PASSWORD", "")
        .run()
        .code(1);
    assert_eq!(leftovers(&touchmark), [""; 0]);
}

#[test]
fn a_folder_that_is_read_only_is_code_1() {
    let touchmark = touchmark();
    std::fs::create_dir(touchmark.path("locked")).unwrap();
    touchmark.write("locked/a", "abc");
    let locked = touchmark.path("locked");
    std::fs::set_permissions(&locked, Permissions::from_mode(0o555)).unwrap();
    // Root is held to permissions only without this capability.
    let program = "p=; [ $(id -u) != 0 ] || p='setpriv --bounding-set=-dac_override'; \
                   exec $p \"$0\" sign-blob --key key.pem locked/a";
    let refused = bash(&touchmark, program).run().code(1);
    refused
        .stderr_has("error: locked/a: cannot write locked/a.sigstore.json")
        .stderr_has("cause: permission denied\n");
    std::fs::set_permissions(&locked, Permissions::from_mode(0o755)).unwrap();
    bash(&touchmark, program).run().success();
    let target = touchmark.path("locked/a.sigstore.json");
    // A target that is read-only is replaced: what counts is its folder, as for `mv`.
    std::fs::set_permissions(target, Permissions::from_mode(0o444)).unwrap();
    bash(&touchmark, program).run().success();
}

#[test]
fn a_reader_that_has_gone_is_a_failure_and_no_panic() {
    let touchmark = touchmark();
    for arguments in [
        &["public-key", "--key", "key.pem"][..],
        &["public-key", "--key", "key.pem", "--output", "json"],
        &["sign-blob", "--key", "key.pem", "a"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
        &["sign-blob", "--output", "json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Command::new(PROGRAM)
            .args(arguments)
            .current_dir(touchmark.dir())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert!(
            run.status.code().is_some_and(|code| code != 0),
            "{arguments:?}: {told}"
        );
        assert!(!told.contains("panicked"), "{arguments:?}: {told}");
    }
    for (script, code) in [
        ("exec \"$0\" public-key --key key.pem >/dev/full", 1),
        ("exec \"$0\" sign-blob --output json a >/dev/full", 2),
        (
            "exec \"$0\" public-key --key key.pem --outfile o 2>/dev/full",
            0,
        ),
        ("exec \"$0\" public-key --key key.pem --outfile o 2>&-", 0),
        ("exec \"$0\" sign-blob --key key.pem a <&- >&- 2>&-", 0),
        (
            "exec \"$0\" sign-blob --key key.pem absent <&- >&- 2>&-",
            11,
        ),
    ] {
        bash(&touchmark, script)
            .run()
            .code(code)
            .never_says("panicked");
    }
    let verify = ["verify-blob", "--key", "key.pub", "a"];
    touchmark.command(verify).run().success();
}

/// A pipe can be read once, and Ed25519 needs the message more often.
#[test]
fn pipes_and_fifos_are_signed_and_verified() {
    let touchmark = touchmark();
    for key in ["key", "ed25519"] {
        let sign = format!("exec \"$0\" sign-blob --key {key}.pem --bundle b <(printf abc)");
        bash(&touchmark, &sign).run().success();
        let verify = ["verify-blob", "--bundle", "b", "a", "--key"];
        touchmark
            .command(verify)
            .arg(format!("{key}.pub"))
            .run()
            .success();
        for (text, code) in [("abc", 0), ("abd", 12)] {
            let verify =
                format!("exec \"$0\" verify-blob --key {key}.pub --bundle b <(printf {text})");
            bash(&touchmark, &verify).run().code(code);
        }
        let fifo = format!(
            "rm -f fifo b; mkfifo fifo; printf abc >fifo & \"$0\" sign-blob --key {key}.pem fifo && \
             \"$0\" verify-blob --key {key}.pub --bundle fifo.sigstore.json a"
        );
        bash(&touchmark, &fifo).run().success();
    }
}

#[test]
fn names_need_not_be_text_and_may_start_with_a_hyphen() {
    let touchmark = touchmark();
    let odd = OsStr::from_bytes(b"na\xffme");
    touchmark.write(odd, "abc");
    let words = |verb: &str, key: &str| ["--output", "json", verb, "--key", key].map(str::to_owned);
    let sign = touchmark
        .command(words("sign-blob", "key.pem"))
        .arg(odd)
        .run();
    assert_eq!(sign.success().json()[0]["path"], "na\u{fffd}me");
    assert!(
        touchmark
            .path(OsStr::from_bytes(b"na\xffme.sigstore.json"))
            .exists()
    );
    touchmark
        .command(words("verify-blob", "key.pub"))
        .arg(odd)
        .run()
        .success();
    let key = touchmark
        .command(["sign-blob", "a", "--key"])
        .arg(odd)
        .run()
        .code(2);
    key.stderr_has("touchmark: error: ")
        .stderr_has("touchmark: hint: ");

    for name in ["-f", "--output", "--", "--key=x", "- -", "sha256", "é ü"] {
        touchmark.write(name, "abc");
        for (verb, key) in [("sign-blob", "key.pem"), ("verify-blob", "key.pub")] {
            touchmark
                .command([verb, "--key", key, "--", name])
                .run()
                .success();
        }
        assert!(touchmark.path(format!("{name}.sigstore.json")).exists());
    }
    touchmark.write("sha256:name", "abc");
    touchmark
        .command(["sign-blob", "--key", "key.pem", "sha256:name"])
        .run()
        .code(2);
    touchmark
        .command(["sign-blob", "--key", "key.pem", "./sha256:name"])
        .run()
        .success();
}

#[test]
fn no_output_takes_the_place_of_an_input() {
    let touchmark = touchmark();
    for outputs in [
        &["--bundle", "a"][..],
        &["--output-signature", "a"],
        &["--bundle", "b", "--output-signature", "b"],
    ] {
        let sign = touchmark.command(["sign-blob", "--key", "key.pem"]);
        sign.args(outputs)
            .arg("a")
            .run()
            .code(2)
            .stderr_has("would be written over");
        assert_eq!(touchmark.read("a"), b"abc");
    }
}
