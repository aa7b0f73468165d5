//! Images in a registry on this machine: one verified and one signed against cosign, and hundreds
//! signed in one run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod support;

use std::process::ExitCode;

use support::{Place, cosign, milliseconds, per_item, scrypt};
use touchmark_core::{Curve, KeyAlgorithm};
use touchmark_testkit::bench::{Bar, Pairs, Report, Spent};
use touchmark_testkit::registry::Registry;
use touchmark_testkit::token::softhsm;

const ROUNDS: usize = 15;
const RUNS: usize = 5;
const MANY: usize = 500;
const FEW: usize = 50;
const FORMS: [&str; 2] = ["legacy", "bundle"];

fn main() -> ExitCode {
    let token = softhsm::token("bench");
    token.generate(KeyAlgorithm::Ecdsa(Curve::P256), "p256", "01");
    let hsm = format!("pkcs11:token={};object=p256", token.label);
    let place = Place::new().with_token(&token);
    place.touchmark(["generate-key-pair", "--output-key-prefix", "cosign"]);
    let registry = Registry::olareg();
    let mut report = Report::default();
    report.head("one verify; cosign 3 = 1", "times");
    for form in FORMS {
        verifying(&place, &registry, form, &mut report);
    }
    report.head("one sign, beyond scrypt; cosign 3 = 1", "times");
    for form in FORMS {
        signing(&place, &registry, form, &mut report);
    }
    report.head("ms per image; of 50 images = 1", "500/50");
    growing(&place, &hsm, &mut report);
    report.end()
}

fn verifying(place: &Place, registry: &Registry, form: &str, report: &mut Report) {
    let image = registry
        .push_image(&format!("verified/{form}"), "v1")
        .by_tag();
    sign(place, "cosign.key", form, &image);
    let pairs = Pairs::measure(
        ROUNDS,
        || {
            let what = [
                "verify",
                "--key",
                "cosign.pub",
                "--insecure-ignore-tlog",
                &image,
            ];
            place.run(cosign(), what).spent
        },
        || {
            place
                .touchmark(["verify", "--key", "cosign.pub", &image])
                .spent
        },
    );
    compare(&format!("verify, {form}"), &pairs, 3.0, report);
}

fn signing(place: &Place, registry: &Registry, form: &str, report: &mut Report) {
    let mut number = 0;
    let mut fresh = || {
        number += 1;
        let tag = format!("v{number}");
        registry
            .push_image(&format!("signed/{form}"), &tag)
            .by_tag()
    };
    let images: Vec<String> = (0..2 * (ROUNDS + 1)).map(|_| fresh()).collect();
    let mut images = images.iter();
    let mut others = images.clone().rev();
    let pairs = Pairs::measure(
        ROUNDS,
        || {
            less(
                cosign_signs(place, form, images.next().unwrap()),
                cosigns_scrypt(place),
            )
        },
        || {
            let spent = sign(place, "cosign.key", form, others.next().unwrap());
            less(spent, scrypt())
        },
    );
    compare(&format!("sign, {form}"), &pairs, 3.0, report);
}

fn sign(place: &Place, key: &str, form: &str, image: &str) -> Spent {
    let what = ["sign", "--key", key, "--signature-format", form, image];
    place.touchmark(what).spent
}

fn cosign_signs(place: &Place, form: &str, image: &str) -> Spent {
    let format = format!("--new-bundle-format={}", form == "bundle");
    let what = ["sign", "--yes", "--key", "cosign.key", &format];
    let offline = ["--tlog-upload=false", "--use-signing-config=false", image];
    place.run(cosign(), what.iter().chain(&offline)).spent
}

/// cosign's own key derivation: what it takes to open the key, less what it takes to start.
fn cosigns_scrypt(place: &Place) -> Spent {
    let opening = place.run(cosign(), ["public-key", "--key", "cosign.key"]);
    let starting = place.run(cosign(), ["version"]);
    less(opening.spent, starting.spent)
}

fn growing(place: &Place, key: &str, report: &mut Report) {
    let mut run = 0;
    let mut measure = |count: usize| {
        run += 1;
        // A registry of its own, so that none is fuller than another.
        let registry = Registry::olareg();
        let images: Vec<String> = (0..count)
            .map(|number| {
                // One each: the registry itself slows down with the tags of a repository.
                let repository = format!("run{run}/r{number}");
                registry.push_image(&repository, "v1").by_tag()
            })
            .collect();
        let flags = ["sign", "--key", key];
        let signed = place.touchmark(flags.into_iter().chain(images.iter().map(String::as_str)));
        per_item(signed.spent, count)
    };
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for _ in 0..=RUNS {
        few.push(measure(FEW));
        many.push(measure(MANY));
    }
    let (mut few, mut many) = (few.into_iter(), many.into_iter());
    let pairs = Pairs::measure(RUNS, || few.next().unwrap(), || many.next().unwrap());
    let wall = pairs.wall();
    report.line(
        "both forms, SoftHSM key",
        &milliseconds(wall.floor),
        &milliseconds(wall.ours),
        wall.ratio,
        Bar::AtMost(1.15),
    );
}

fn less(one: Spent, other: Spent) -> Spent {
    Spent {
        wall: one.wall - other.wall,
        cpu: one.cpu - other.cpu,
    }
}

fn compare(name: &str, pairs: &Pairs, bar: f64, report: &mut Report) {
    let wall = pairs.wall();
    report.line(
        name,
        &milliseconds(wall.floor),
        &milliseconds(wall.ours),
        1.0 / wall.ratio,
        Bar::AtLeast(bar),
    );
}
