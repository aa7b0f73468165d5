//! `clean` removes what is attached and nothing else, in every registry.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Kind, Registry};

/// A registry with an image that is signed and attested, and to which something else refers.
struct Place {
    touchmark: Touchmark,
    registry: Registry,
    image: Image,
    other: Image,
}

impl Place {
    fn new(kind: Kind) -> Self {
        let registry = Registry::start(kind);
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"))
            .env("COSIGN_PASSWORD", "")
            .registry(&registry);
        touchmark.command(["generate-key-pair"]).run().success();
        touchmark.write("text", "checked");
        let image = registry.push_image("app", "1.0");
        let other = registry.push_referrer(&image, "application/x-other", b"other");
        if !registry.has_referrers() {
            registry.push_fallback(&image, std::slice::from_ref(&other));
        }
        registry.push_artifact("app", &image.tag_for("sbom"), "text/spdx+json", b"{}");
        let place = Self {
            touchmark,
            registry,
            image,
            other,
        };
        place.run("sign --key cosign.key").success();
        place
            .run("attest --key cosign.key --predicate text")
            .success();
        place
    }

    fn run(&self, line: &str) -> Output {
        let program = self.touchmark.command(line.split_whitespace());
        program.arg(self.image.by_digest()).run()
    }

    fn tags(&self) -> Vec<String> {
        let mut tags = self.registry.tags("app");
        tags.retain(|tag| tag.contains('.') && tag != "1.0");
        tags.sort();
        tags.iter()
            .map(|tag| tag.rsplit('.').next().unwrap().to_owned())
            .collect()
    }

    /// How many bundles refer to the image, and that the other referrer still does.
    fn bundles(&self) -> usize {
        let referring = self.registry.referrers("app", &self.image.digest);
        let digests: Vec<&str> = referring
            .iter()
            .map(|one| one["digest"].as_str().unwrap())
            .collect();
        assert!(digests.contains(&&*self.other.digest), "{referring:?}");
        referring.len() - 1
    }
}

#[test]
fn each_type_removes_its_own_and_the_image_stays() {
    for kind in Kind::ALL {
        let place = Place::new(kind);
        assert_eq!(
            (place.tags(), place.bundles()),
            (vec!["att".into(), "sbom".into(), "sig".into()], 2)
        );
        place.run("clean").code(2);
        place.run("clean -f --type signature").success();
        assert_eq!(place.tags(), ["att", "sbom"], "{kind:?}");
        place.run("verify --key cosign.pub").success();
        place.run("clean -f --type referrer").success();
        assert_eq!(place.bundles(), 0, "{kind:?}");
        place.run("verify --key cosign.pub").code(10);
        place.run("verify-attestation --key cosign.pub").success();
        place.run("clean -f --type all").success();
        assert!(place.tags().is_empty(), "{kind:?}: {:?}", place.tags());
        place.run("verify-attestation --key cosign.pub").code(10);
        assert_eq!(place.bundles(), 0);
        place.run("clean -f").success();
        assert!(place.registry.digest("app", "1.0").is_some());
        place.run("sign --key cosign.key").success();
        place.run("verify --key cosign.pub").success();
    }
}
