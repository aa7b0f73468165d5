//! Attestations of images: ours before cosign 3.1 and 2.6 and Kyverno, theirs before ours, in both
//! forms; by the exact type, the key and the image, and by nothing less.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::peers::kyverno::{self, Demand};
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Kind, Registry};

/// What is attested: cosign's name of the type, its URI, and a predicate that its schema allows.
const PREDICATES: [(&str, &str, &str); 5] = [
    (
        "slsaprovenance1",
        "https://slsa.dev/provenance/v1",
        r#"{"buildDefinition":{"buildType":"https://touchmark.test/build","externalParameters":{}},
            "runDetails":{"builder":{"id":"https://touchmark.test/builder"}}}"#,
    ),
    (
        "slsaprovenance",
        "https://slsa.dev/provenance/v0.2",
        r#"{"builder":{"id":"https://touchmark.test/builder"},"buildType":"https://touchmark.test/build",
            "invocation":{"configSource":{}}}"#,
    ),
    (
        "spdxjson",
        "https://spdx.dev/Document",
        r#"{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"app",
            "documentNamespace":"https://touchmark.test/spdx","creationInfo":
            {"created":"2026-01-01T00:00:00Z","creators":["Tool: test"]}}"#,
    ),
    (
        "cyclonedx",
        "https://cyclonedx.org/bom",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}"#,
    ),
    (
        "openvex",
        "https://openvex.dev/ns",
        r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://touchmark.test/vex","author":"team",
            "timestamp":"2026-01-01T00:00:00Z","version":1,"statements":
            [{"vulnerability":{"name":"CVE-2026-0001"},"products":[{"@id":"pkg:oci/app"}],
            "status":"not_affected","justification":"component_not_present"}]}"#,
    ),
];

struct Scene {
    registry: Registry,
    touchmark: Touchmark,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let registry = Registry::start(kind);
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"))
            .env("COSIGN_PASSWORD", "")
            .registry(&registry);
        for (name, _, predicate) in PREDICATES {
            touchmark.write(format!("{name}.json"), predicate);
        }
        for name in ["alice", "eve"] {
            Cosign::v3()
                .generate_key_pair(touchmark.dir(), name, "")
                .success();
        }
        Self {
            registry,
            touchmark,
        }
    }

    fn cosigns(&self) -> [Cosign; 2] {
        Cosign::both().map(|cosign| cosign.registry(&self.registry))
    }

    fn attest(&self, image: &Image, kind: &str, flags: &[&str]) {
        let predicate = format!("{kind}.json");
        let attest = ["attest", "--key", "alice.key", "--type", kind];
        let attest = self.touchmark.command(attest);
        let attest = attest.args(["--predicate", &predicate]).args(flags);
        attest.arg(image.by_tag()).run().success();
    }

    fn verify(&self, key: &str, image: &Image, kind: &str) -> Output {
        let verify = ["verify-attestation", "--key", key, "--type", kind];
        let verify = self.touchmark.command(verify);
        verify.arg(image.by_tag()).run()
    }

    fn cosign_verifies(
        &self,
        cosign: &Cosign,
        key: &str,
        image: &Image,
        kind: &str,
        form: Form,
    ) -> Output {
        let (dir, image) = (self.touchmark.dir(), image.by_tag());
        cosign.verify_attestation_form(dir, key, &image, kind, form)
    }

    fn kyverno(&self, key: &str, image: &Image, uri: &str, form: Form) -> Output {
        let key = String::from_utf8(self.touchmark.read(key)).unwrap();
        let demand = Demand::Attestation(uri);
        kyverno::apply(&self.registry, &image.by_tag(), &key, form, demand)
    }
}

/// By ours, in both forms: every consumer takes an attestation for what it is.
fn ours_before_all(kind: Kind, types: &[(&str, &str, &str)]) {
    let scene = Scene::new(kind);
    let forms = match scene.registry.referrers_status() {
        // Nobody else reads bundles there.
        405 => vec![Form::Tag],
        _ => Form::BOTH.to_vec(),
    };
    for (name, uri, _) in types {
        let image = scene.registry.push_image("team/app", name);
        scene.attest(&image, name, &[]);
        for &form in &forms {
            for cosign in scene.cosigns() {
                let by = |key, kind| scene.cosign_verifies(&cosign, key, &image, kind, form);
                by("alice.pub", name).success();
                by("eve.pub", name).failure();
                by("alice.pub", "link").failure();
            }
            scene.kyverno("alice.pub", &image, uri, form).success();
        }
        scene.verify("alice.pub", &image, name).success();
        scene.verify("eve.pub", &image, name).code(12);
        scene.verify("alice.pub", &image, "link").failure();
    }
    let image = scene.registry.push_image("team/app", types[0].0);
    for &form in &forms {
        let uri = types[0].1;
        scene.kyverno("eve.pub", &image, uri, form).failure();
        let other = "https://in-toto.io/Link/v1";
        scene.kyverno("alice.pub", &image, other, form).failure();
    }
}

#[test]
fn ours_on_olareg() {
    ours_before_all(Kind::Olareg, &PREDICATES);
}

#[test]
fn ours_on_olareg_without_referrers() {
    ours_before_all(Kind::OlaregWithoutReferrers, &PREDICATES[..1]);
}

#[test]
fn ours_on_docker_registry() {
    ours_before_all(Kind::DockerRegistry, &PREDICATES[..1]);
}

#[test]
fn ours_behind_tls_and_tokens() {
    ours_before_all(Kind::WithTokens, &PREDICATES[..1]);
}

/// What each cosign attested in each form: ours takes it, and not when it was moved or changed.
#[test]
fn cosigns_before_ours() {
    let scene = Scene::new(Kind::Olareg);
    for cosign in scene.cosigns() {
        for form in Form::BOTH {
            for (name, _, _) in PREDICATES {
                let repository = format!("v{}-{form:?}/{name}", cosign.major()).to_lowercase();
                let push = |tag| scene.registry.push_image(&repository, tag);
                let [image, moved, plain] = ["attested", "moved", "plain"].map(push);
                let file = format!("{name}.json");
                let predicate = (name, file.as_str());
                let dir = scene.touchmark.dir();
                cosign
                    .attest(dir, "alice.key", &image.by_digest(), form, predicate, &[])
                    .success();
                scene.registry.transplant(&image, &moved);
                scene.verify("alice.pub", &image, name).success();
                scene.verify("eve.pub", &image, name).failure();
                scene.verify("alice.pub", &image, "link").failure();
                scene.verify("alice.pub", &moved, name).failure();
                scene.verify("alice.pub", &plain, name).failure();
                scene.registry.spoil(&image);
                scene.verify("alice.pub", &image, name).failure();
            }
        }
    }
}

/// `--replace` leaves one attestation of a type, and those of other types alone.
#[test]
fn a_replaced_attestation_is_gone_for_cosign_too() {
    for kind in [Kind::Olareg, Kind::DockerRegistry] {
        let scene = Scene::new(kind);
        let image = scene.registry.push_image("team/app", "1.0");
        scene.attest(&image, "cyclonedx", &[]);
        scene.attest(&image, "openvex", &[]);
        let other = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":2}"#;
        scene.touchmark.write("cyclonedx.json", other);
        scene.attest(&image, "cyclonedx", &["--replace"]);
        assert_eq!(scene.registry.bundles(&image).len(), 2);
        for cosign in scene.cosigns() {
            for form in Form::BOTH {
                let by = |kind| scene.cosign_verifies(&cosign, "alice.pub", &image, kind, form);
                by("openvex").success();
                let said = by("cyclonedx").success().stdout_text();
                // One line each, with its statement in base64.
                assert_eq!(said.trim().lines().count(), 1, "{said}");
            }
        }
    }
}
