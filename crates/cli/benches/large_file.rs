//! A file of 4 GiB: hashed as fast as OpenSSL hashes it, in memory that does not grow with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod support;

use std::process::ExitCode;

use support::{Place, Run};
use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::bench::{Bar, Pairs, Report};
use touchmark_testkit::peers::openssl;
use touchmark_testkit::program::find;
use touchmark_testkit::token::softhsm;

const ROUNDS: usize = 5;
const GIB: u64 = 1 << 30;

fn main() -> ExitCode {
    let token = softhsm::token("bench");
    token.generate(KeyAlgorithm::Ecdsa(Curve::P256), "p256", "01");
    let key = format!("pkcs11:token={};object=p256", token.label);
    let place = Place::new().with_token(&token);
    for (name, length) in [("4KiB", 4096), ("1GiB", GIB), ("4GiB", 4 * GIB)] {
        place.sparse(name, length);
    }
    place.touchmark(["public-key", "--key", &key, "--outfile", "key.pub"]);
    place.write("ed25519.pem", openssl::generate("-algorithm ED25519"));
    let mut report = Report::default();
    report.head("4 GiB; openssl dgst -sha256 = 1", "speed");
    speed(&place, &key, &mut report);
    report.head("peak memory in MiB", "MiB more");
    memory(&place, &key, &mut report);
    report.end()
}

fn speed(place: &Place, key: &str, report: &mut Report) {
    let openssl = find("openssl");
    let floor = || place.run(&openssl, ["dgst", "-sha256", "4GiB"]).spent;
    let sign = ["sign-blob", "--key", key, "4GiB"];
    let verify = ["verify-blob", "--key", "key.pub", "4GiB"];
    for (name, command) in [("sign-blob", sign), ("verify-blob", verify)] {
        let pairs = Pairs::measure(ROUNDS, floor, || place.touchmark(command).spent);
        for (clock, compared, bar) in [
            ("", pairs.wall(), Bar::AtLeast(1.0)),
            (", by processor time", pairs.cpu(), Bar::None),
        ] {
            report.line(
                &format!("{name}{clock}"),
                &format!("{:.2} s", compared.floor),
                &format!("{:.2} s", compared.ours),
                1.0 / compared.ratio,
                bar,
            );
        }
    }
}

/// Each command over a small and a large file.
fn memory(place: &Place, key: &str, report: &mut Report) {
    let sign = |key: &str, file: &str, flags: &[&str]| {
        let what = ["sign-blob", "--key", key];
        place.touchmark(what.iter().chain(flags).chain(&[file]))
    };
    let detached = ["--output-signature", "detached.sig"];
    let verify = |file: &str| place.touchmark(["verify-blob", "--key", "key.pub", file]);
    let ed25519 = |file: &str| sign("ed25519.pem", file, &detached);
    sign(key, "4KiB", &[]);
    compare(
        "sign-blob, SoftHSM, 4 GiB",
        &|file| sign(key, file, &[]),
        "4GiB",
        report,
    );
    compare("verify-blob, 4 GiB", &verify, "4GiB", report);
    compare(
        "detached, SoftHSM, 1 GiB",
        &|file| sign(key, file, &detached),
        "1GiB",
        report,
    );
    compare(
        "detached, Ed25519 key file, 1 GiB",
        &ed25519,
        "1GiB",
        report,
    );
}

fn compare(name: &str, run: &dyn Fn(&str) -> Run, large: &str, report: &mut Report) {
    // The largest of several small runs; a large one takes long, and reads the same way each time.
    let small = (0..5)
        .map(|_| mebibytes(run("4KiB").peak))
        .fold(0.0, f64::max);
    let large = mebibytes(run(large).peak);
    let text = |peak: f64| format!("{peak:.1} MiB");
    report.line(
        name,
        &text(small),
        &text(large),
        large - small,
        Bar::AtMost(1.0),
    );
    report.line("  peak", "", &text(large), large, Bar::AtMost(32.0));
}

#[allow(clippy::cast_precision_loss, reason = "a rounded figure is printed")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
