//! How much a registry is asked: never more than cosign 3.1 asks it for the same, counted by a
//! relay in front of it; and many images in one run, which cost each the same.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::Path;
use std::time::Duration;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::registry::{Counter, Image, Kind, Registry};

const PLAIN: [Kind; 3] = [
    Kind::Olareg,
    Kind::OlaregWithoutReferrers,
    Kind::DockerRegistry,
];

struct Scene {
    registry: Registry,
    counter: Counter,
    cosign: Cosign,
    touchmark: Touchmark,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let registry = Registry::start(kind);
        let counter = Counter::before(&registry);
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        let cosign = Cosign::v3();
        cosign
            .generate_key_pair(touchmark.dir(), "cosign", "")
            .success();
        Self {
            registry,
            counter,
            cosign,
            touchmark,
        }
    }

    /// An image as the relay shows it.
    fn image(&self, name: &str, tag: &str) -> Image {
        let image = self.registry.push_image(name, tag);
        image.at(&self.counter.address())
    }

    fn dir(&self) -> &Path {
        self.touchmark.dir()
    }

    fn ours(&self, args: &[&str]) {
        self.touchmark.command(args).run().success();
    }

    /// Requests while something runs, which are shown.
    fn counted(&self, what: &str, run: impl FnOnce()) -> usize {
        self.counter.clear();
        run();
        let count = self.counter.requests().len();
        println!("{count:>3} requests: {what}\n{}", self.counter.table());
        count
    }

    /// Counts both for one reference of a signed image. `unseen` is what ours asks to find a
    /// bundle that cosign does not look for.
    fn verifying(&self, what: &str, image: &str, unseen: usize) {
        let theirs = self.counted(&format!("cosign, {what}"), || {
            let output = self.cosign.verify(self.dir(), "cosign.pub", image, &[]);
            output.success();
        });
        let ours = self.counted(&format!("ours, {what}"), || {
            self.ours(&["verify", "--key", "cosign.pub", image]);
        });
        let most = theirs + unseen;
        assert!(ours <= most, "{what}: {ours} requests, cosign {theirs}");
    }
}

/// Ours looks for both forms, always, and still asks no more: but where the referrers API answers
/// 405, cosign does not go on to the fallback tag, and ours fetches that, the bundle and its
/// manifest.
#[test]
fn verifying_asks_no_more_than_cosign() {
    for kind in PLAIN {
        let scene = Scene::new(kind);
        let blind = scene.registry.referrers_status() == 405;
        for format in ["legacy", "bundle", "both"] {
            if format == "bundle" && blind {
                continue;
            }
            let unseen = if format == "both" && blind { 3 } else { 0 };
            let image = scene.image(&format!("team/{format}"), "1.0");
            let sign = ["sign", "--key", "cosign.key", "--signature-format", format];
            let sign = scene.touchmark.command(sign);
            sign.arg(image.by_digest()).run().success();
            let what = |how| format!("verify by {how}, {kind:?}, {format}");
            scene.verifying(&what("tag"), &image.by_tag(), unseen);
            scene.verifying(&what("digest"), &image.by_digest(), unseen);
        }
    }
}

/// A form at a time, as cosign signs: on a new image, and again on the same.
#[test]
fn signing_asks_no_more_than_cosign() {
    for kind in PLAIN {
        let scene = Scene::new(kind);
        for (form, format) in [(Form::Tag, "legacy"), (Form::Bundle, "bundle")] {
            if form == Form::Bundle && scene.registry.referrers_status() == 405 {
                // cosign writes none there.
                continue;
            }
            let theirs = scene.image(&format!("theirs/{format}"), "1.0").by_digest();
            let ours = scene.image(&format!("ours/{format}"), "1.0").by_digest();
            for time in ["first", "second"] {
                let what = format!("{time} signature, {kind:?}, {format}");
                let theirs = scene.counted(&format!("cosign, {what}"), || {
                    let annotation = format!("time={time}");
                    let flags = ["-a", annotation.as_str()];
                    let dir = scene.dir();
                    let output = scene.cosign.sign(dir, "cosign.key", &theirs, form, &flags);
                    output.success();
                });
                let ours = scene.counted(&format!("ours, {what}"), || {
                    let annotation = format!("time={time}");
                    let sign = ["sign", "--key", "cosign.key", "--signature-format", format];
                    let sign = sign.into_iter().chain(["-a", &annotation, &ours]);
                    scene.touchmark.command(sign).run().success();
                });
                assert!(ours <= theirs, "{what}: {ours} requests, cosign {theirs}");
            }
        }
    }
}

/// What one more image costs, and how many connections are open, is the same for 50 and for 500.
#[test]
fn heavy_five_hundred_images_in_one_run() {
    let scene = Scene::new(Kind::Olareg);
    let sign = |count: usize| {
        let images: Vec<_> = (0..count)
            .map(|nr| {
                scene
                    .image(&format!("team/{count}"), &format!("{nr}"))
                    .by_tag()
            })
            .collect();
        scene.counter.clear();
        let sign = ["sign", "--key", "cosign.key", "--yes"].map(str::to_owned);
        let started = std::time::Instant::now();
        scene
            .touchmark
            .command(sign.into_iter().chain(images))
            .deadline(Duration::from_mins(5))
            .run()
            .success();
        let taken = started.elapsed();
        let requests = scene.counter.requests().len();
        let connections = scene.counter.most_connections();
        println!("{count} images: {requests} requests, {connections} connections, {taken:?}");
        assert!(connections <= 8, "{connections} connections at once");
        requests
    };
    let few = sign(50);
    let many = sign(500);
    assert!(many <= 10 * few, "{few} requests for 50, {many} for 500");
    // Each image, and its signature beside it.
    assert_eq!(scene.registry.tags("team/500").len(), 1000);
}
