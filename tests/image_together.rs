//! Several who sign one image at the same time. A registry cannot be told "only if it is still as I
//! read it", so who writes a tag last may take away what another wrote a moment before; ours looks
//! again, and repairs what it finds. What was there before all of them, none of them loses.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::registry::{Image, Kind, Registry};

struct Scene {
    registry: Registry,
    touchmark: Touchmark,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        for name in ["first", "cosign"] {
            Cosign::v3()
                .generate_key_pair(touchmark.dir(), name, "")
                .success();
        }
        Self {
            registry: Registry::start(kind),
            touchmark,
        }
    }

    /// Signs an image as many times at once, each with an annotation of its own.
    fn sign(&self, image: &Image, times: usize) {
        std::thread::scope(|scope| {
            for nr in 0..times {
                scope.spawn(move || {
                    let annotation = format!("nr={nr}");
                    let sign = ["sign", "--key", "cosign.key", "-a", &annotation];
                    let sign = self.touchmark.command(sign).arg(image.by_tag());
                    sign.run().success();
                });
            }
        });
    }

    fn layers(&self, image: &Image) -> Vec<String> {
        let tag = self.registry.manifest(&image.name, &image.tag_for("sig"));
        let layers = tag.unwrap().json()["layers"].clone();
        let layers = layers.as_array().unwrap().iter();
        layers.map(ToString::to_string).collect()
    }
}

fn nobody_loses_what_was_there(kind: Kind) {
    let scene = Scene::new(kind);
    for round in 0..3 {
        let image = scene.registry.push_image("team/app", &round.to_string());
        let (dir, reference) = (scene.touchmark.dir(), image.by_digest());
        for form in Form::BOTH {
            Cosign::v3()
                .sign(dir, "first.key", &reference, form, &[])
                .success();
        }
        let first = scene.layers(&image);
        let bundles = scene.registry.bundles(&image);
        scene.sign(&image, 4);
        let after = scene.layers(&image);
        assert_eq!(after[..1], first);
        assert!(after.len() > 1);
        let after = scene.registry.bundles(&image);
        assert!(bundles.iter().all(|bundle| after.contains(bundle)));
        if scene.registry.has_referrers() {
            // Nobody writes what another has written.
            assert_eq!(after.len(), 5);
        }
        for key in ["first.pub", "cosign.pub"] {
            let verify = ["verify", "--key", key, &image.by_tag()];
            scene.touchmark.command(verify).run().success();
        }
    }
}

#[test]
fn in_olareg() {
    nobody_loses_what_was_there(Kind::Olareg);
}

#[test]
fn in_docker_registry() {
    nobody_loses_what_was_there(Kind::DockerRegistry);
}
