//! Eight processes at a time, each starting cold 200 times, sign with one `SoftHSM` token.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod support;

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use support::{Place, TOUCHMARK};
use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::bench::{Bar, Report};
use touchmark_testkit::token::softhsm;

const PROCESSES: usize = 8;
const TIMES: usize = 200;

fn main() -> ExitCode {
    let token = softhsm::token("bench");
    token.generate(KeyAlgorithm::Ecdsa(Curve::P256), "p256", "01");
    let key = format!("pkcs11:token={};object=p256", token.label);
    let place = Place::new().with_token(&token);
    let start = Instant::now();
    let failures: usize = thread::scope(|scope| {
        let (place, key) = (&place, &key);
        let processes: Vec<_> = (0..PROCESSES)
            .map(|number| scope.spawn(move || failures(place, key, number)))
            .collect();
        processes.into_iter().map(|each| each.join().unwrap()).sum()
    });
    let mut report = Report::default();
    report.head("8 processes, 200 cold signatures each", "failures");
    report.line(
        "sign-blob, one SoftHSM token",
        &format!("{} runs", PROCESSES * TIMES),
        &format!("{:.1} s", start.elapsed().as_secs_f64()),
        f64::from(u32::try_from(failures).unwrap()),
        Bar::AtMost(0.0),
    );
    report.end()
}

fn failures(place: &Place, key: &str, number: usize) -> usize {
    let file = format!("file-{number}");
    place.write(&file, format!("release {number}\n"));
    let arguments = ["sign-blob", "--key", key, &file];
    let runs = (0..TIMES).map(|_| place.try_run(TOUCHMARK, arguments));
    runs.filter(|run| !run.success).count()
}
