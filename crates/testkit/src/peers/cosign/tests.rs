//! cosign's verbs, among the two majors and with Kyverno.

use super::*;
use crate::peers::Judge;
use crate::peers::kyverno::{self, Demand};
use crate::peers::skopeo::Identity;
use crate::registry::Registry;

/// An SLSA provenance predicate, as short as its schema allows.
const PROVENANCE: &str = r#"{
  "buildDefinition": {"buildType": "https://touchmark.test/build", "externalParameters": {}},
  "runDetails": {"builder": {"id": "https://touchmark.test/builder"}}
}"#;

struct Scene {
    registry: Registry,
    dir: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("provenance.json"), PROVENANCE).unwrap();
        for name in ["signer", "other"] {
            Cosign::v3()
                .generate_key_pair(dir.path(), name, "")
                .success();
        }
        Self {
            registry: Registry::olareg(),
            dir,
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn pem(&self, key: &str) -> String {
        std::fs::read_to_string(self.path().join(key)).unwrap()
    }
}

#[test]
fn attestations_are_accepted_by_key_and_type() {
    let scene = Scene::new();
    let dir = scene.path();
    for signer in Cosign::both() {
        for form in Form::BOTH {
            let name = format!("v{}-{form:?}", signer.major()).to_lowercase();
            let [image, unsigned] =
                ["attested", "plain"].map(|tag| scene.registry.push_image(&name, tag));
            let predicate = ("slsaprovenance1", "provenance.json");
            signer
                .attest(dir, "signer.key", &image.by_digest(), form, predicate, &[])
                .success();
            for judge in Cosign::both() {
                let of = |key, image: &str, kind| {
                    judge.verify_attestation_form(dir, key, image, kind, form)
                };
                of("signer.pub", &image.by_tag(), "slsaprovenance1").success();
                of("signer.pub", &image.by_tag(), "spdxjson").failure();
                of("other.pub", &image.by_tag(), "slsaprovenance1").failure();
                of("signer.pub", &unsigned.by_tag(), "slsaprovenance1").failure();
            }
            let of = |key, image: &str, kind| {
                let demand = Demand::Attestation(kind);
                kyverno::apply(&scene.registry, image, &scene.pem(key), form, demand)
            };
            let provenance = "https://slsa.dev/provenance/v1";
            of("signer.pub", &image.by_tag(), provenance).success();
            of("signer.pub", &image.by_tag(), "https://spdx.dev/Document").failure();
            of("other.pub", &image.by_tag(), provenance).failure();
            of("signer.pub", &unsigned.by_tag(), provenance).failure();
        }
    }
}

#[test]
fn signatures_travel_with_copies_and_layouts() {
    let scene = Scene::new();
    let elsewhere = Registry::docker_registry();
    let dir = scene.path();
    for cosign in Cosign::both() {
        let name = format!("team/v{}", cosign.major());
        let image = scene.registry.push_image(&name, "1.0");
        let reference = image.by_digest();
        cosign
            .sign(dir, "signer.key", &reference, Form::Tag, &[])
            .success();
        let copied = format!("{}:copied", elsewhere.repository(&name));
        cosign.copy(dir, &image.by_tag(), &copied).success();
        cosign.verify(dir, "signer.pub", &copied, &[]).success();
        let layout = dir.join(format!("layout-{}", cosign.major()));
        let loaded = format!("{}:loaded", elsewhere.repository("team/loaded"));
        cosign.save(dir, &image.by_tag(), &layout).success();
        cosign.load(dir, &layout, &loaded).success();
        cosign.verify(dir, "signer.pub", &loaded, &[]).success();
        cosign.verify(dir, "other.pub", &loaded, &[]).failure();
        let shown = cosign.tree(dir, &image.by_tag()).success().stdout_text();
        assert!(shown.contains(&image.tag_for("sig")), "{shown}");
        let signature = cosign.download(dir, "signature", &image.by_tag());
        assert!(signature.success().json()["Base64Signature"].is_string());
        cosign.clean(dir, &image.by_tag()).success();
        cosign
            .verify(dir, "signer.pub", &image.by_tag(), &[])
            .failure();
    }
}

/// By its own rule skopeo wants the tag in the signature, which cosign leaves out unless told.
#[test]
fn skopeo_wants_the_tag_by_default() {
    let scene = Scene::new();
    let key = scene.path().join("signer.pub");
    let [bare, named] = ["bare", "named"].map(|tag| scene.registry.push_image("team/app", tag));
    let cosign = Cosign::v3();
    let name = format!("--sign-container-identity={}", named.by_tag());
    for (image, flags) in [(&bare, vec![]), (&named, vec![name.as_str()])] {
        let reference = image.by_digest();
        cosign
            .sign(scene.path(), "signer.key", &reference, Form::Tag, &flags)
            .success();
    }
    let of = |identity, image| Judge::Skopeo(identity).of(&scene.registry, image, &key, Form::Tag);
    of(Identity::Default, &bare).refused();
    of(Identity::Repository, &bare).accepted();
    of(Identity::Default, &named).accepted();
    of(Identity::Repository, &named).accepted();
}

#[test]
fn each_cosign_verifies_what_each_signed_and_refuses_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let file = dir.join("file");
    let other = dir.join("other");
    std::fs::write(&file, "message").unwrap();
    std::fs::write(&other, "massage").unwrap();
    for signer in Cosign::both() {
        let name = format!("v{}", signer.major());
        signer.generate_key_pair(dir, &name, "secret").success();
        let (private, public) = (format!("{name}.key"), format!("{name}.pub"));
        for evidence in [
            Evidence::Bundle(dir.join(format!("{name}.json"))),
            Evidence::Detached(dir.join(format!("{name}.sig"))),
        ] {
            signer
                .sign_blob(dir, &private, "secret", &file, &evidence)
                .success();
            for verifier in Cosign::both() {
                let accepted = verifier.verify_blob(dir, &public, &file, &evidence);
                accepted.success().stderr_has("Verified OK");
                let refused = verifier.verify_blob(dir, &public, &other, &evidence);
                refused.failure();
            }
        }
    }
}
