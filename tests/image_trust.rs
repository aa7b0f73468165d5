//! What lies beside a signature neither hides it nor stands in for it. cosign 3.1 lets an
//! unrelated bundle hide a good `.sig`, and takes an attestation for a signature: both are checked
//! here too, so that it is known when that changes.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::registry::{Image, Kind, Registry};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PREDICATE: &str = r#"{"buildDefinition":{"buildType":"https://touchmark.test/build",
    "externalParameters":{}},"runDetails":{"builder":{"id":"https://touchmark.test/builder"}}}"#;

struct Scene {
    registry: Registry,
    cosign: Cosign,
    touchmark: Touchmark,
    image: Image,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let registry = Registry::start(kind);
        let image = registry.push_image("team/app", "1.0");
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"))
            .env("COSIGN_PASSWORD", "")
            .registry(&registry);
        touchmark.write("predicate.json", PREDICATE);
        let cosign = Cosign::v3().registry(&registry);
        for name in ["alice", "eve"] {
            cosign
                .generate_key_pair(touchmark.dir(), name, "")
                .success();
        }
        Self {
            registry,
            cosign,
            touchmark,
            image,
        }
    }

    fn cosign_signs(&self, key: &str, form: Form) {
        let (dir, image) = (self.touchmark.dir(), self.image.by_digest());
        self.cosign.sign(dir, key, &image, form, &[]).success();
    }

    fn cosign_attests(&self, key: &str, form: Form) {
        let (dir, image) = (self.touchmark.dir(), self.image.by_digest());
        let predicate = ("slsaprovenance1", "predicate.json");
        self.cosign
            .attest(dir, key, &image, form, predicate, &[])
            .success();
    }

    /// Whether cosign accepts an image by `alice.pub`, without being told of a form.
    fn cosign_accepts(&self) -> bool {
        let (dir, image) = (self.touchmark.dir(), self.image.by_tag());
        self.cosign.verify(dir, "alice.pub", &image, &[]).accepted()
    }

    /// The exit code of ours, by `alice.pub`.
    fn ours(&self, code: i32) {
        let verify = ["verify", "--key", "alice.pub", &self.image.by_tag()];
        self.touchmark.command(verify).run().code(code);
    }
}

#[test]
fn an_unrelated_bundle_hides_no_signature() {
    for kind in [Kind::Olareg, Kind::DockerRegistry] {
        let scene = Scene::new(kind);
        scene.cosign_signs("alice.key", Form::Tag);
        assert!(scene.cosign_accepts());
        scene.cosign_attests("eve.key", Form::Bundle);
        assert!(!scene.cosign_accepts(), "cosign has learned to look on");
        scene.ours(0);
    }
}

#[test]
fn what_is_no_signature_hides_none() {
    let scene = Scene::new(Kind::Olareg);
    scene.cosign_signs("alice.key", Form::Bundle);
    let push = |kind: &str, blob: &[u8]| scene.registry.push_referrer(&scene.image, kind, blob);
    push("application/spdx+json", b"{}");
    push(BUNDLE, b"not JSON");
    push(BUNDLE, b"{}");
    push(
        BUNDLE,
        br#"{"mediaType":"application/vnd.dev.sigstore.bundle.v9+json"}"#,
    );
    scene.ours(0);
}

#[test]
fn an_attestation_is_no_signature() {
    for kind in [Kind::Olareg, Kind::DockerRegistry] {
        let scene = Scene::new(kind);
        scene.cosign_attests("alice.key", Form::Bundle);
        assert!(scene.cosign_accepts(), "cosign has learned the difference");
        scene.ours(12);
        let scene = Scene::new(kind);
        scene.cosign_attests("alice.key", Form::Tag);
        scene.ours(10);
    }
}

/// The other way round: who demands provenance does not get along with a signature.
#[test]
fn a_signature_is_no_attestation() {
    for form in Form::BOTH {
        let scene = Scene::new(Kind::Olareg);
        scene.cosign_signs("alice.key", form);
        let image = scene.image.by_tag();
        let verify = ["verify-attestation", "--key", "alice.pub"];
        let verify = scene.touchmark.command(verify);
        let verify = verify.args(["--type", "slsaprovenance1", &image]);
        verify.run().failure();
    }
}

/// What ours adds beside a `.sig` of somebody else is good for all; but cosign looks at bundles
/// only once there is one. Who signs after others who have none keeps to their form.
#[test]
fn signing_after_others_in_their_form_hides_nobody() {
    let scene = Scene::new(Kind::Olareg);
    scene.cosign_signs("alice.key", Form::Tag);
    let sign = |format: &str| {
        let sign = ["sign", "--key", "eve.key", "--signature-format", format];
        let sign = scene.touchmark.command(sign);
        sign.arg(scene.image.by_tag()).run().success();
    };
    sign("legacy");
    assert!(scene.cosign_accepts());
    scene.ours(0);
    sign("both");
    assert!(!scene.cosign_accepts(), "cosign has learned to look on");
    scene.ours(0);
}
