//! `docs/tour.sh`, the first command of the README, with the binary that was built for the tests.

mod handbook;

use handbook::mask::mask;
use handbook::root;
use handbook::scratch::Scratch;
use touchmark_testkit::program::Output;

fn tour(scratch: &Scratch) -> Output {
    let script = root().join("docs/tour.sh");
    let script = script.to_str().unwrap();
    // As sh, which it is written for; bash only starts it.
    scratch
        .bash(&["-c", &format!("exec sh '{script}'")])
        .env("TOUCHMARK", env!("CARGO_BIN_EXE_touchmark"))
        .run()
}

#[test]
fn the_tour_signs_and_verifies_with_both_keys() {
    let output = tour(&Scratch::new()).success();
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
    let script = root().join("docs/tour.sh");
    Scratch::new()
        .bash(&["-c", &format!("exec sh '{}'", script.display())])
        .env("TOUCHMARK", "/nonexistent/touchmark")
        .run()
        .code(1)
        .stderr_has("tour: TOUCHMARK=/nonexistent/touchmark is no program");
}
