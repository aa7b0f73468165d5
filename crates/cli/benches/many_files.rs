//! `sign-blob` over thousands of small files in one run, against cosign once per file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod support;

use std::process::ExitCode;

use support::{Place, milliseconds, per_item};
use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::bench::{Bar, Pairs, Report, Spent};
use touchmark_testkit::token::softhsm;

const ROUNDS: usize = 5;
const MANY: usize = 2_000;
const FEW: usize = 500;
/// Runs of cosign that make one measurement.
const COSIGN: usize = 10;

fn main() -> ExitCode {
    let token = softhsm::token("bench");
    token.generate(KeyAlgorithm::Ecdsa(Curve::P256), "p256", "01");
    let hsm = format!("pkcs11:token={};object=p256", token.label);
    let place = Place::new().with_token(&token);
    for number in 0..MANY {
        place.write(&format!("file-{number}"), format!("release {number}\n"));
    }
    place.touchmark(["generate-key-pair", "--output-key-prefix", "cosign"]);
    let mut report = Report::default();
    report.head("ms per file; cosign 3 once per file = 1", "times");
    for (name, key) in [("encrypted key file", "cosign.key"), ("SoftHSM key", &hsm)] {
        let pairs = Pairs::measure(ROUNDS, || cosign(&place), || sign(&place, key, MANY));
        let wall = pairs.wall();
        report.line(
            &format!("{MANY} files, {name}"),
            &milliseconds(wall.floor),
            &milliseconds(wall.ours),
            1.0 / wall.ratio,
            Bar::AtLeast(100.0),
        );
    }
    report.head("ms per file; of 500 files = 1", "2000/500");
    let pairs = Pairs::measure(
        ROUNDS,
        || sign(&place, &hsm, FEW),
        || sign(&place, &hsm, MANY),
    );
    let wall = pairs.wall();
    report.line(
        "linear growth, SoftHSM key",
        &milliseconds(wall.floor),
        &milliseconds(wall.ours),
        wall.ratio,
        Bar::AtMost(1.15),
    );
    report.end()
}

/// One run over so many files; the time per file.
fn sign(place: &Place, key: &str, files: usize) -> Spent {
    let names: Vec<String> = (0..files).map(|number| format!("file-{number}")).collect();
    let flags = ["sign-blob", "--key", key];
    let run = place.touchmark(flags.into_iter().chain(names.iter().map(String::as_str)));
    per_item(run.spent, files)
}

/// cosign over some files, one after the other; the time per file.
fn cosign(place: &Place) -> Spent {
    let runs = (0..COSIGN).map(|number| place.cosign_signs(&format!("file-{number}")).spent);
    let sum = runs.fold(
        Spent {
            wall: 0.0,
            cpu: 0.0,
        },
        |sum, run| Spent {
            wall: sum.wall + run.wall,
            cpu: sum.cpu + run.cpu,
        },
    );
    per_item(sum, COSIGN)
}
