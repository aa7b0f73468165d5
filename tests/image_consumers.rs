//! Images that ours signed, before every consumer: cosign 3.1 and 2.6, skopeo, Kyverno, sigstore-go
//! and ours; in every kind of registry; with a key file and with a key in a token. What is not
//! signed, is signed by another key, or was changed, nobody accepts.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::PathBuf;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::peers::skopeo::Identity;
use touchmark_testkit::peers::{Cosign, Judge};
use touchmark_testkit::registry::{Image, Kind, Registry};
use touchmark_testkit::token::{TestToken, softhsm};

/// Everybody; and skopeo also by its default rule, which wants the tag that ours writes down.
fn judges() -> impl Iterator<Item = Judge> {
    let strict = Judge::Skopeo(Identity::Default);
    Judge::ALL.into_iter().chain([strict])
}

/// A registry, and ours with a key: its public half is `key.pub`; `other.pub` is another's.
struct Scene {
    registry: Registry,
    touchmark: Touchmark,
    key: String,
}

impl Scene {
    fn with_file(kind: Kind) -> Self {
        let scene = Self::new(kind, None, "cosign.key");
        scene.run(&["generate-key-pair"]);
        std::fs::copy(scene.path("cosign.pub"), scene.path("key.pub")).unwrap();
        scene
    }

    fn with_token(kind: Kind) -> Self {
        let token = softhsm::token("images");
        let uri = token.uri("object=release").to_string();
        let scene = Self::new(kind, Some(&token), &uri);
        scene.run(&["key", "generate", &uri]);
        scene.run(&["public-key", "--key", &uri, "--outfile", "key.pub"]);
        scene
    }

    fn new(kind: Kind, token: Option<&TestToken>, key: &str) -> Self {
        let registry = Registry::start(kind);
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"))
            .env("COSIGN_PASSWORD", "")
            .registry(&registry);
        let touchmark = match token {
            Some(token) => touchmark.token(token),
            None => touchmark,
        };
        let cosign = Cosign::v3();
        cosign
            .generate_key_pair(touchmark.dir(), "other", "")
            .success();
        Self {
            registry,
            touchmark,
            key: key.to_owned(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.touchmark.path(name)
    }

    fn run(&self, args: &[&str]) {
        self.touchmark.command(args).run().success();
    }

    /// Signs by tag, both forms, as a user does who gives no flag.
    fn sign(&self, image: &Image) {
        self.run(&["sign", "--key", &self.key, &image.by_tag()]);
    }

    /// The exit code of ours, by tag.
    fn ours(&self, image: &Image, key: &str, code: i32) {
        let verify = ["verify", "--key", key, &image.by_tag()];
        self.touchmark.command(verify).run().code(code);
    }

    /// All whom a form reaches, in this registry.
    fn readers(&self) -> Vec<(Judge, Form)> {
        let all = judges().flat_map(|judge| Form::BOTH.map(|form| (judge, form)));
        all.filter(|(judge, form)| judge.reads(&self.registry, *form))
            .collect()
    }

    fn all_accept(&self, image: &Image) {
        for (judge, form) in self.readers() {
            let key = self.path("key.pub");
            judge.of(&self.registry, image, &key, form).accepted();
        }
        self.ours(image, "key.pub", 0);
    }

    fn all_refuse(&self, image: &Image, key: &str, code: i32) {
        for (judge, form) in self.readers() {
            let key = self.path(key);
            judge.of(&self.registry, image, &key, form).refused();
        }
        self.ours(image, key, code);
    }
}

fn key_file(kind: Kind) {
    let scene = Scene::with_file(kind);
    let push = |tag| scene.registry.push_image("team/app", tag);
    let [signed, moved, unsigned] = ["1.0", "1.1", "2.0"].map(push);
    scene.sign(&signed);
    scene.registry.transplant(&signed, &moved);
    scene.all_accept(&signed);
    scene.all_refuse(&signed, "other.pub", 12);
    scene.all_refuse(&moved, "key.pub", 12);
    scene.all_refuse(&unsigned, "key.pub", 10);
    scene.registry.spoil(&signed);
    scene.all_refuse(&signed, "key.pub", 12);
}

fn token_key(kind: Kind) {
    let scene = Scene::with_token(kind);
    let image = scene.registry.push_image("team/app", "1.0");
    scene.sign(&image);
    scene.all_accept(&image);
    scene.all_refuse(&image, "other.pub", 12);
}

macro_rules! registries {
    ($($name:ident: $kind:ident;)*) => {
        mod file {
            $(#[test] fn $name() { super::key_file(super::Kind::$kind); })*
        }
        mod softhsm_token {
            $(#[test] fn $name() { super::token_key(super::Kind::$kind); })*
        }
    };
}

registries! {
    olareg: Olareg;
    olareg_without_referrers: OlaregWithoutReferrers;
    docker_registry: DockerRegistry;
    tls_and_tokens: WithTokens;
}

/// Each form alone reaches those who read it, and is all that is written.
fn one_form(form: Form, flag: &str) {
    let scene = Scene::with_file(Kind::Olareg);
    let image = scene.registry.push_image("team/app", "1.0");
    let sign = ["sign", "--key", &scene.key, "--signature-format", flag];
    let sign = sign.map(str::to_owned).into_iter().chain([image.by_tag()]);
    scene.touchmark.command(sign).run().success();
    let tags = scene.registry.tags("team/app");
    assert_eq!(tags.contains(&image.tag_for("sig")), form == Form::Tag);
    let bundles = scene.registry.bundles(&image).len();
    assert_eq!(bundles, usize::from(form == Form::Bundle));
    for judge in judges().filter(|judge| judge.reads(&scene.registry, form)) {
        let key = scene.path("key.pub");
        judge.of(&scene.registry, &image, &key, form).accepted();
    }
    scene.ours(&image, "key.pub", 0);
}

#[test]
fn the_tag_alone() {
    one_form(Form::Tag, "legacy");
}

#[test]
fn the_bundle_alone() {
    one_form(Form::Bundle, "bundle");
}

/// An index and what is under it, by one run with `--recursive`.
#[test]
fn recursion_signs_the_index_and_each_image() {
    let scene = Scene::with_file(Kind::Olareg);
    let (index, images) = scene.registry.push_index("team/app", "1.0");
    scene.run(&["sign", "--recursive", "--key", &scene.key, &index.by_tag()]);
    let key = scene.path("key.pub");
    for image in [&index, &images[0], &images[1]] {
        for major in [2, 3] {
            for form in Form::BOTH {
                let judge = Judge::Cosign(major);
                judge.of(&scene.registry, image, &key, form).accepted();
            }
        }
        let verify = ["verify", "--key", "key.pub", &image.by_digest()];
        scene.touchmark.command(verify).run().success();
    }
}

/// An artifact that is no image: a chart.
#[test]
fn any_artifact_can_be_signed() {
    let scene = Scene::with_file(Kind::DockerRegistry);
    let kind = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
    let chart = scene
        .registry
        .push_artifact("charts/app", "1.0", kind, b"a chart");
    scene.sign(&chart);
    let key = scene.path("key.pub");
    for major in [2, 3] {
        for form in Form::BOTH {
            let judge = Judge::Cosign(major);
            judge.of(&scene.registry, &chart, &key, form).accepted();
        }
    }
    scene.ours(&chart, "key.pub", 0);
}
