//! The judges among themselves: what each cosign signed is admitted by all who read that form, and
//! nothing else is. So each is known to be able to refuse, and to refuse for the reason meant.

use std::path::PathBuf;

use super::*;
use crate::registry::Kind;

/// A registry, a cosign that signs in it, and two key pairs: `signer` and `other`.
struct Scene {
    registry: Registry,
    signer: Cosign,
    dir: tempfile::TempDir,
}

impl Scene {
    fn new(registry: Registry, signer: Cosign) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let signer = signer.registry(&registry);
        for name in ["signer", "other"] {
            signer.generate_key_pair(dir.path(), name, "").success();
        }
        Self {
            registry,
            signer,
            dir,
        }
    }

    fn key(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn sign(&self, image: &Image, form: Form) -> Output {
        let dir = self.dir.path();
        self.signer
            .sign(dir, "signer.key", &image.by_digest(), form, &[])
    }

    /// Those who read a form that this cosign writes. In the fallback tag, cosign 2.6 lists a bundle
    /// with its configuration's type, and Kyverno's policy looks at that type.
    fn readers(&self, form: Form) -> Vec<Judge> {
        let fallback = form == Form::Bundle && !self.registry.has_referrers();
        let unlisted = fallback && self.signer.major() == 2;
        let judges = Judge::ALL.into_iter();
        judges
            .filter(|judge| judge.reads(&self.registry, form))
            .filter(|judge| *judge != Judge::Kyverno || !unlisted)
            .collect()
    }

    /// Asks all who read the form about a signed image, and about three that are not signed.
    fn all_agree(&self, form: Form) {
        let name = format!("v{}-{form:?}", self.signer.major()).to_lowercase();
        let [image, moved, unsigned] =
            ["signed", "moved", "unsigned"].map(|tag| self.registry.push_image(&name, tag));
        self.sign(&image, form).success();
        self.registry.transplant(&image, &moved);
        let (key, other) = (self.key("signer.pub"), self.key("other.pub"));
        let judges = self.readers(form);
        for judge in &judges {
            let of = |image, key| judge.of(&self.registry, image, key, form);
            of(&image, &key).accepted();
            of(&image, &other).refused();
            of(&moved, &key).refused();
            of(&unsigned, &key).refused();
        }
        self.registry.spoil(&image);
        for judge in judges {
            judge.of(&self.registry, &image, &key, form).refused();
        }
    }
}

fn all_agree(kind: Kind) {
    for signer in Cosign::both() {
        let scene = Scene::new(Registry::start(kind), signer);
        for form in Form::BOTH {
            scene.all_agree(form);
        }
    }
}

#[test]
fn on_olareg() {
    all_agree(Kind::Olareg);
}

#[test]
fn on_docker_registry() {
    all_agree(Kind::DockerRegistry);
}

#[test]
fn on_one_with_tls_and_tokens() {
    all_agree(Kind::WithTokens);
}

/// There, cosign writes and reads tags only: bundles fail where they are written, and are not seen
/// where they are.
#[test]
fn on_olareg_without_referrers() {
    for signer in Cosign::both() {
        let scene = Scene::new(Registry::olareg_without_referrers(), signer);
        scene.all_agree(Form::Tag);
        let image = scene.registry.push_image("bundle", "v1");
        let refused = scene.sign(&image, Form::Bundle).failure();
        refused.stderr_has("method not allowed");
        for judge in Judge::ALL {
            assert_eq!(
                judge.reads(&scene.registry, Form::Bundle),
                judge == Judge::SigstoreGo
            );
        }
    }
}

/// A bundle that another registry was given, listed by the fallback tag, is not seen by those who
/// are said not to read it.
#[test]
fn a_fallback_tag_where_the_referrers_api_is_not_allowed() {
    let elsewhere = Scene::new(Registry::olareg(), Cosign::v3());
    let there = elsewhere.registry.push_image("bundle", "v1");
    elsewhere.sign(&there, Form::Bundle).success();
    let registry = Registry::olareg_without_referrers();
    let image = registry.push_image("bundle", "v1");
    let bundles = elsewhere.registry.bundles(&there);
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let bundle = registry.push_referrer(&image, kind, &bundles[0]);
    registry.push_fallback(&image, &[bundle]);
    for judge in Judge::ALL {
        let verdict = judge.of(
            &registry,
            &image,
            &elsewhere.key("signer.pub"),
            Form::Bundle,
        );
        if judge == Judge::SigstoreGo {
            verdict.accepted();
        } else {
            verdict.refused();
        }
    }
}
