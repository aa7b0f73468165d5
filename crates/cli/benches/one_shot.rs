//! One file in one process: against cosign, and against what cannot be avoided (scrypt for an
//! encrypted key file, the bare calls for a token).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod support;

use std::process::ExitCode;

use support::{Place, Run, example, milliseconds, scrypt};
use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::bench::{Bar, Compared, Pairs, Report};
use touchmark_testkit::token::{TestToken, softhsm};

const ROUNDS: usize = 21;

fn main() -> ExitCode {
    let token = softhsm::token("bench");
    token.generate(KeyAlgorithm::Ecdsa(Curve::P256), "p256", "01");
    let place = Place::new().with_token(&token);
    place.write("file", "a release\n");
    place.touchmark(["generate-key-pair", "--output-key-prefix", "cosign"]);
    let mut report = Report::default();
    report.head("one verify-blob; cosign 3 = 1", "times");
    verifying(&place, &mut report);
    report.head("one sign-blob", "ms above");
    with_a_key_file(&place, &mut report);
    with_a_token(&place, &token, &mut report);
    report.end()
}

fn sign_with_the_file(place: &Place) -> Run {
    place.touchmark(["sign-blob", "--key", "cosign.key", "file"])
}

fn verifying(place: &Place, report: &mut Report) {
    sign_with_the_file(place);
    let pairs = Pairs::measure(
        ROUNDS,
        || place.cosign_verifies("file").spent,
        || {
            let what = ["verify-blob", "--key", "cosign.pub", "file"];
            place.touchmark(what).spent
        },
    );
    times("verify-blob", pairs.wall(), Bar::AtLeast(10.0), report);
    times(
        "verify-blob, by processor time",
        pairs.cpu(),
        Bar::None,
        report,
    );
}

fn with_a_key_file(place: &Place, report: &mut Report) {
    let ours = || sign_with_the_file(place).spent;
    let pairs = Pairs::measure(ROUNDS, scrypt, ours);
    above("encrypted key file; scrypt alone", &pairs, report);
    let pairs = Pairs::measure(ROUNDS, || place.cosign_signs("file").spent, ours);
    times(
        "encrypted key file; cosign 3, times",
        pairs.wall(),
        Bar::AtLeast(1.0),
        report,
    );
}

fn with_a_token(place: &Place, token: &TestToken, report: &mut Report) {
    let bare = example("touchmark-pkcs11", "bare_one_shot");
    let module = token.module.to_str().unwrap();
    let key = format!("pkcs11:token={};object=p256", token.label);
    let pairs = Pairs::measure(
        ROUNDS,
        || {
            let what = [module, &token.label, "p256", "file", "file.raw"];
            place.run(&bare, what).spent
        },
        || place.touchmark(["sign-blob", "--key", &key, "file"]).spent,
    );
    above("SoftHSM key; bare C calls", &pairs, report);
}

/// How many times as fast as the floor.
fn times(name: &str, compared: Compared, bar: Bar, report: &mut Report) {
    report.line(
        name,
        &milliseconds(compared.floor),
        &milliseconds(compared.ours),
        1.0 / compared.ratio,
        bar,
    );
}

/// How many milliseconds above the floor.
fn above(name: &str, pairs: &Pairs, report: &mut Report) {
    for (clock, compared, bar) in [
        ("", pairs.wall(), Bar::AtMost(5.0)),
        (", by processor time", pairs.cpu(), Bar::None),
    ] {
        report.line(
            &format!("{name}{clock}"),
            &milliseconds(compared.floor),
            &milliseconds(compared.ours),
            compared.difference * 1e3,
            bar,
        );
    }
}
