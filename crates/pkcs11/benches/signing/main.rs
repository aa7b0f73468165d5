//! Signing many messages with a `SoftHSM` key through the library, self-check included, against a
//! bare loop of C calls on as many threads and sessions.
//!
//! For ECDSA the bare loop also verifies each signature once with the fastest library, as touchmark
//! must; for RSA it only signs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

#[path = "../bare/mod.rs"]
mod bare;
mod bare_loop;
mod ours;
mod subject;

use std::num::NonZero;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use touchmark_testkit::bench::{Bar, Pairs, Report, Spent};
use touchmark_testkit::token::{TestToken, softhsm};

use bare_loop::Bare;
use ours::Ours;
use subject::{Subject, subjects};

/// Pairs of measurements; each takes about half a second.
const ROUNDS: usize = 9;
/// Signatures under way at once in a batch.
const TASKS: usize = 64;

fn main() -> ExitCode {
    let token = softhsm::token("bench");
    let subjects = subjects();
    for subject in &subjects {
        token.generate(subject.algorithm, subject.label, subject.id);
    }
    let threads = available_parallelism().map_or(1, NonZero::get).max(2);
    let mut report = Report::default();
    let title = format!("{threads} sessions, {TASKS} tasks; bare C loop = 1");
    report.head(&title, "ours/bare");
    for subject in &subjects {
        batch(subject, &token, threads, &mut report);
    }
    report.head("two workers; one worker = 1", "two/one");
    for subject in &subjects {
        scaling(subject, &token, &mut report);
    }
    report.end()
}

/// Many tasks on all cores against the bare loop.
fn batch(subject: &Subject, token: &TestToken, threads: usize, report: &mut Report) {
    // First, because it initialises the module for both.
    let ours = Ours::open(subject, token, threads);
    let module = bare::Module::load(&token.module);
    let bare = Bare::open(&module, subject, token, ours.public_key(), threads);
    let pairs = Pairs::measure(
        ROUNDS,
        || spent(|| bare.run(subject.count)),
        || spent(|| ours.run(subject.count, TASKS)),
    );
    let (wall, cpu) = (pairs.wall(), pairs.cpu());
    let rate = |seconds: f64| per_second(subject.count, seconds);
    let name = |clock| format!("{} {clock}", subject.label);
    report.line(
        &name("batch"),
        &rate(wall.floor),
        &rate(wall.ours),
        1.0 / wall.ratio,
        Bar::AtLeast(0.9),
    );
    report.line(
        &name("batch, by processor time"),
        &rate(cpu.floor),
        &rate(cpu.ours),
        1.0 / cpu.ratio,
        Bar::None,
    );
}

/// Two workers, each one task on a session of its own, against one.
fn scaling(subject: &Subject, token: &TestToken, report: &mut Report) {
    let count = subject.count / 2;
    let (one, two) = (Ours::open(subject, token, 1), Ours::open(subject, token, 2));
    let pairs = Pairs::measure(
        ROUNDS,
        || spent(|| one.run(count, 1)),
        || spent(|| two.run(count, 2)),
    );
    let wall = pairs.wall();
    report.line(
        subject.label,
        &per_second(count, wall.floor),
        &per_second(count, wall.ours),
        1.0 / wall.ratio,
        Bar::AtLeast(1.6),
    );
}

#[allow(clippy::cast_precision_loss, reason = "a few thousand")]
fn per_second(count: usize, seconds: f64) -> String {
    format!("{:.0}/s", count as f64 / seconds)
}

/// The time that something takes.
fn spent(work: impl FnOnce()) -> Spent {
    let (wall, cpu) = (Instant::now(), processor_time());
    work();
    Spent {
        wall: wall.elapsed().as_secs_f64(),
        cpu: processor_time().saturating_sub(cpu).as_secs_f64(),
    }
}

/// That of all threads of this process.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("a time")
}
