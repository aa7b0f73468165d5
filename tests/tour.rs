//! `docs/tour.sh`, the first command of the README, with the binary that was built for the tests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod handbook;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use handbook::mask::mask;
use handbook::root;
use handbook::scratch::Scratch;
use touchmark_testkit::program::{Program, find};

/// The script, started as a reader would: by sh, which it is written for.
fn sh(scratch: &Scratch) -> Program {
    let script = root().join("docs/tour.sh");
    scratch
        .bash(&["-c", r#"PATH=${ONLY:-$PATH} exec sh "$0""#])
        .arg(script)
}

#[test]
fn the_tour_signs_and_verifies_with_both_keys() {
    let output = sh(&Scratch::new())
        .env("TOUCHMARK", env!("CARGO_BIN_EXE_touchmark"))
        .run()
        .success();
    // Standard error has what programs say to a person; here order matters only within each.
    let (said, noted) = (mask(&output.stdout_text()), output.stderr_text());
    for step in [
        "$ touchmark --version\ntouchmark 0.1.0\n",
        "$ touchmark generate-key-pair\n",
        "$ touchmark sign-blob --key cosign.key app.tar.gz manual.pdf\n",
        "app.tar.gz  sha256:‹…›  signed: app.tar.gz.sigstore.json\n",
        "manual.pdf  sha256:‹…›  signed: manual.pdf.sigstore.json\n",
        "$ cosign verify-blob --key cosign.pub --insecure-ignore-tlog \
         --bundle app.tar.gz.sigstore.json app.tar.gz\n",
        "exit code 12\n",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "$ touchmark key generate 'pkcs11:token=release;object=2026'\n-----BEGIN PUBLIC KEY-----\n",
        "$ touchmark sign-blob --key 'pkcs11:token=release;object=2026' app.tar.gz\n",
        "Everything is in ",
    ] {
        assert!(said.contains(step), "{step:?} is not in {output}");
    }
    for note in [
        "app.tar.gz: Verified OK\nmanual.pdf: Verified OK\n",
        "touchmark: error: manual.pdf: the file's digest is sha256:",
        "Private key written to cosign.key\n",
    ] {
        assert!(noted.contains(note), "{note:?} is not in {output}");
    }
    // touchmark for the HSM key, and cosign for each key.
    let verified = noted.lines().filter(|line| *line == "Verified OK").count();
    assert_eq!(verified, 3, "{output}");
}

#[test]
fn the_tour_says_what_is_wrong_with_the_program_it_is_to_show() {
    sh(&Scratch::new())
        .env("TOUCHMARK", "/nonexistent/touchmark")
        .run()
        .code(1)
        .stderr_has("tour: TOUCHMARK=/nonexistent/touchmark is no program");
}

/// A machine with nothing but the programs in one folder: some real, the others a line of sh each.
fn machine(scratch: &Scratch, made_up: &[(&str, &str)]) -> Program {
    let folder = scratch.work().join("machine");
    fs::create_dir(&folder).unwrap();
    for name in ["sh", "dirname", "sed"] {
        symlink(find(name), folder.join(name)).unwrap();
    }
    for (name, does) in made_up {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    sh(scratch).env("ONLY", folder)
}

#[test]
fn the_tour_says_what_a_bare_machine_lacks() {
    let bare = machine(&Scratch::new(), &[]).run().code(1);
    bare.stderr_has("tour: there is no cargo; install Rust 1.95 or newer, from https://rustup.rs");
    let user = [
        ("cargo", "echo built"),
        ("id", "echo 1000"),
        ("apt-get", "echo \"apt-get $*\""),
    ];
    machine(&Scratch::new(), &user)
        .run()
        .code(1)
        .never_says("built")
        .stderr_has("ask an administrator for: apt-get install gcc libc6-dev");
}

#[test]
fn the_tour_installs_a_compiler_where_it_may_and_then_builds() {
    let root = [
        ("cargo", "echo \"cargo $*\"; exit 7"),
        ("id", "echo 0"),
        ("apt-get", "echo \"apt-get $*\""),
    ];
    let said = machine(&Scratch::new(), &root).run().code(7).stdout_text();
    let installs = said.find("apt-get install -y -qq --no-install-recommends gcc libc6-dev\n");
    let builds = said.find("cargo build --quiet --locked --package touchmark\n");
    assert!(installs.is_some() && installs < builds, "{said}");
}
