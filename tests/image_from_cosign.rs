//! Images that cosign 3.1 and 2.6 signed, in both forms, before ours: also annotated, signed by
//! several, and signed by both programs one after the other.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Kind, Registry};

/// A registry, one cosign, and ours in the same folder with the keys `alice`, `bob` and `eve`.
struct Scene {
    registry: Registry,
    cosign: Cosign,
    touchmark: Touchmark,
}

impl Scene {
    fn new(kind: Kind, cosign: Cosign) -> Self {
        let registry = Registry::start(kind);
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"))
            .env("COSIGN_PASSWORD", "")
            .registry(&registry);
        let cosign = cosign.registry(&registry);
        for name in ["alice", "bob", "eve"] {
            cosign
                .generate_key_pair(touchmark.dir(), name, "")
                .success();
        }
        Self {
            registry,
            cosign,
            touchmark,
        }
    }

    fn cosign_signs(&self, who: &str, image: &Image, form: Form, flags: &[&str]) {
        let key = format!("{who}.key");
        let image = image.by_digest();
        self.cosign
            .sign(self.touchmark.dir(), &key, &image, form, flags)
            .success();
    }

    fn cosign_verifies(&self, who: &str, image: &Image, form: Form) -> Output {
        let key = format!("{who}.pub");
        let (dir, image) = (self.touchmark.dir(), image.by_tag());
        self.cosign.verify_form(dir, &key, &image, form)
    }

    fn verify(&self, who: &str, image: &Image, flags: &[&str]) -> Output {
        let key = format!("{who}.pub");
        let command = self.touchmark.command(["verify", "--key", &key]);
        command.args(flags).arg(image.by_tag()).run()
    }
}

/// What cosign signed in one form: accepted, and refused for every reason there is.
fn ours_verifies(kind: Kind, form: Form) {
    for cosign in Cosign::both() {
        let scene = Scene::new(kind, cosign);
        let push = |tag| scene.registry.push_image("team/app", tag);
        let [signed, moved, unsigned] = ["1.0", "1.1", "2.0"].map(push);
        scene.cosign_signs("alice", &signed, form, &[]);
        scene.registry.transplant(&signed, &moved);
        let accepted = scene.verify("alice", &signed, &[]).success().json();
        let image = &accepted[0]["critical"]["image"]["docker-manifest-digest"];
        assert_eq!(image, &*signed.digest);
        scene.verify("bob", &signed, &[]).code(12);
        scene.verify("alice", &moved, &[]).code(12);
        scene.verify("alice", &unsigned, &[]).code(10);
        let missing = Image {
            tag: "9.9".into(),
            ..signed.clone()
        };
        scene.verify("alice", &missing, &[]).code(11);
        scene.registry.spoil(&signed);
        scene.verify("alice", &signed, &[]).code(12);
    }
}

macro_rules! forms {
    ($($name:ident: $kind:ident, $form:ident;)*) => {
        $(#[test] fn $name() { ours_verifies(Kind::$kind, Form::$form); })*
    };
}

forms! {
    tags_in_olareg: Olareg, Tag;
    bundles_in_olareg: Olareg, Bundle;
    tags_in_olareg_without_referrers: OlaregWithoutReferrers, Tag;
    tags_in_docker_registry: DockerRegistry, Tag;
    bundles_in_docker_registry: DockerRegistry, Bundle;
    tags_behind_tls_and_tokens: WithTokens, Tag;
    bundles_behind_tls_and_tokens: WithTokens, Bundle;
}

/// Whether a cosign keeps annotations in a form: 2.6 leaves them out of its bundles.
fn keeps_annotations(cosign: &Cosign, form: Form) -> bool {
    cosign.major() == 3 || form == Form::Tag
}

/// Annotations that cosign wrote are compared as cosign compares them: all that are asked for.
#[test]
fn annotations_are_compared() {
    for form in Form::BOTH {
        for cosign in Cosign::both() {
            let code = if keeps_annotations(&cosign, form) {
                0
            } else {
                12
            };
            let scene = Scene::new(Kind::Olareg, cosign);
            let image = scene.registry.push_image("team/app", "1.0");
            let flags = ["-a", "stage=release", "-a", "build=<7>"];
            scene.cosign_signs("alice", &image, form, &flags);
            let verify = |flags: &[&str]| scene.verify("alice", &image, flags);
            verify(&[]).success();
            verify(&["-a", "stage=release"]).code(code);
            verify(&["-a", "stage=release", "-a", "build=<7>"]).code(code);
            verify(&["-a", "stage=test"]).code(12);
            verify(&["-a", "stage=release", "-a", "more=yes"]).code(12);
        }
    }
}

/// Two who sign with cosign: ours accepts either's key, and nobody else's.
#[test]
fn co_signed_by_cosign() {
    for form in Form::BOTH {
        for cosign in Cosign::both() {
            let code = if keeps_annotations(&cosign, form) {
                0
            } else {
                12
            };
            let scene = Scene::new(Kind::Olareg, cosign);
            let image = scene.registry.push_image("team/app", "1.0");
            scene.cosign_signs("alice", &image, form, &[]);
            scene.cosign_signs("bob", &image, form, &["-a", "by=bob"]);
            scene.verify("alice", &image, &[]).success();
            scene.verify("bob", &image, &[]).success();
            scene.verify("bob", &image, &["-a", "by=bob"]).code(code);
            scene.verify("alice", &image, &["-a", "by=bob"]).code(12);
            scene.verify("eve", &image, &[]).code(12);
        }
    }
}

/// Ours adds to what cosign wrote in a form, and cosign to what ours wrote: all stay good for
/// everybody, and what was there first stays byte for byte.
fn one_after_the_other(kind: Kind, form: Form) {
    let only = match form {
        Form::Tag => "legacy",
        Form::Bundle => "bundle",
    };
    for cosign in Cosign::both() {
        let scene = Scene::new(kind, cosign);
        let image = scene.registry.push_image("team/app", "1.0");
        scene.cosign_signs("alice", &image, form, &["-a", "first=yes"]);
        let before = stored(&scene.registry, &image);
        let sign = ["sign", "--key", "bob.key", "--signature-format", only];
        let sign = scene.touchmark.command(sign).arg(image.by_tag());
        sign.run().success();
        let between = stored(&scene.registry, &image);
        assert_eq!(between.len(), before.len() + 1);
        assert!(before.iter().all(|one| between.contains(one)));
        scene.cosign_signs("eve", &image, form, &[]);
        let after = stored(&scene.registry, &image);
        assert!(between.iter().all(|one| after.contains(one)));
        for who in ["alice", "bob", "eve"] {
            scene.cosign_verifies(who, &image, form).success();
            scene.verify(who, &image, &[]).success();
        }
    }
}

/// All signatures: the layers of the `.sig` tag with their payloads, and the bundles.
fn stored(registry: &Registry, image: &Image) -> Vec<Vec<u8>> {
    let tag = registry.manifest(&image.name, &image.tag_for("sig"));
    let tag = tag.map(|manifest| manifest.json()["layers"].clone());
    let layers = tag.iter().filter_map(|layers| layers.as_array()).flatten();
    let layers = layers.map(|layer| {
        let digest = layer["digest"].as_str().unwrap();
        let payload = registry.blob(&image.name, digest);
        [layer.to_string().into_bytes(), payload].concat()
    });
    layers.chain(registry.bundles(image)).collect()
}

#[test]
fn tags_one_after_the_other() {
    one_after_the_other(Kind::Olareg, Form::Tag);
    one_after_the_other(Kind::DockerRegistry, Form::Tag);
}

#[test]
fn bundles_one_after_the_other() {
    one_after_the_other(Kind::Olareg, Form::Bundle);
    one_after_the_other(Kind::DockerRegistry, Form::Bundle);
}

/// cosign's `--recursive`: each image under an index has a signature of its own.
#[test]
fn an_index_that_cosign_signed_in_depth() {
    for form in Form::BOTH {
        for cosign in Cosign::both() {
            let scene = Scene::new(Kind::Olareg, cosign);
            let (index, images) = scene.registry.push_index("team/app", "1.0");
            scene.cosign_signs("alice", &index, form, &["--recursive"]);
            for image in [&index, &images[0], &images[1]] {
                let verify = ["verify", "--key", "alice.pub", &image.by_digest()];
                scene.touchmark.command(verify).run().success();
            }
        }
    }
}
