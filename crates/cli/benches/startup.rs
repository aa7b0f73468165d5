//! `--version` against a program that has nothing but clap, by processor time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod support;

use std::process::ExitCode;

use support::{Place, TOUCHMARK, example, milliseconds};
use touchmark_testkit::bench::{Bar, Pairs, Report, Spent};

/// A start takes a millisecond, and the kernel's accounting is no finer than some tens of
/// microseconds: many runs make one measurement.
const RUNS: usize = 40;
const ROUNDS: usize = 25;

fn main() -> ExitCode {
    let place = Place::new();
    let clap_only = example("touchmark", "clap_only");
    let start = |program: &std::path::Path| {
        let runs = (0..RUNS).map(|_| place.run(program, ["--version"]).spent);
        runs.fold(
            Spent {
                wall: 0.0,
                cpu: 0.0,
            },
            |sum, run| Spent {
                wall: sum.wall + run.wall / 40.0,
                cpu: sum.cpu + run.cpu / 40.0,
            },
        )
    };
    let pairs = Pairs::measure(ROUNDS, || start(&clap_only), || start(TOUCHMARK.as_ref()));
    let mut report = Report::default();
    report.head("--version; clap alone = 1", "ours/clap");
    let cpu = pairs.cpu();
    report.line(
        "--version, by processor time",
        &milliseconds(cpu.floor),
        &milliseconds(cpu.ours),
        cpu.ratio,
        Bar::AtMost(2.0),
    );
    let wall = pairs.wall();
    report.line(
        "--version",
        &milliseconds(wall.floor),
        &milliseconds(wall.ours),
        wall.ratio,
        Bar::None,
    );
    report.end()
}
