//! Signing again adds nothing in the legacy form, as with cosign: one signature by a key over a
//! payload is enough, whoever of the two made it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Registry};

struct Place {
    touchmark: Touchmark,
    registry: Registry,
    image: Image,
}

impl Place {
    fn new() -> Self {
        let registry = Registry::olareg();
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        for prefix in ["cosign", "other"] {
            let generate = ["generate-key-pair", "--output-key-prefix", prefix];
            touchmark.command(generate).run().success();
        }
        let image = registry.push_image("app", "1.0");
        Self {
            touchmark,
            registry,
            image,
        }
    }

    fn sign(&self, more: &str) -> Output {
        let words = format!("sign --signature-format legacy {more}");
        let program = self.touchmark.command(words.split_whitespace());
        program.arg(self.image.by_digest()).run().success()
    }

    fn layers(&self) -> usize {
        let manifest = self.registry.manifest("app", &self.image.tag_for("sig"));
        manifest.unwrap().json()["layers"].as_array().unwrap().len()
    }
}

#[test]
fn the_same_key_signs_the_same_payload_once() {
    let place = Place::new();
    let first = place.sign("--key cosign.key").stdout_text();
    assert!(!first.contains("was there"), "{first}");
    let again = place.sign("--key cosign.key").stdout_text();
    assert!(again.contains(".sig (was there)"), "{again}");
    assert_eq!(place.layers(), 1);
    place.sign("--key other.key");
    assert_eq!(place.layers(), 2);
    place.sign("--key cosign.key -a a=b");
    assert_eq!(place.layers(), 3);
    for more in [
        "--key cosign.key",
        "--key other.key",
        "--key cosign.key -a a=b",
    ] {
        place.sign(more);
    }
    assert_eq!(place.layers(), 3);
}

#[test]
fn what_cosign_signed_is_not_signed_again_and_the_other_way_round() {
    for cosign in Cosign::both() {
        let place = Place::new();
        let theirs = |place: &Place| {
            let dir = place.touchmark.dir();
            let reference = place.image.by_digest();
            cosign
                .sign(dir, "cosign.key", &reference, Form::Tag, &[])
                .success();
        };
        theirs(&place);
        place.sign("--key cosign.key");
        assert_eq!(place.layers(), 1, "after cosign {}", cosign.major());
        let place = Place::new();
        place.sign("--key cosign.key");
        theirs(&place);
        assert_eq!(place.layers(), 1, "before cosign {}", cosign.major());
    }
}
