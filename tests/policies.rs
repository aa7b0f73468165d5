//! Rego policies over attestations: the verdict is cosign's, and a policy cannot do more than say
//! yes or no.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::time::{Duration, Instant};

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Registry};

const PREDICATE: &str = r#"{"scanner":{"uri":"https://scan.example","result":{"high":0}},
    "metadata":{"scanStartedOn":"2026-01-01T00:00:00Z","scanFinishedOn":"2026-01-01T00:00:01Z"},
    "invocation":{"uri":"","event_id":"","builder.id":""}}"#;

/// An image with an attestation by `cosign.key`.
struct Place {
    touchmark: Touchmark,
    _registry: Registry,
    image: Image,
}

impl Place {
    fn new() -> Self {
        let registry = Registry::olareg();
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
        touchmark.command(["generate-key-pair"]).run().success();
        touchmark.write("vuln.json", PREDICATE);
        let image = registry.push_image("app", "1.0");
        let attest = ["attest", "--key", "cosign.key", "--type", "vuln"];
        let attest = touchmark.command(attest).args(["--predicate", "vuln.json"]);
        attest.arg(image.by_digest()).run().success();
        Self {
            touchmark,
            _registry: registry,
            image,
        }
    }

    fn verify(&self, policies: &[&str]) -> Output {
        let verify = [
            "verify-attestation",
            "--key",
            "cosign.pub",
            "--type",
            "vuln",
        ];
        let mut program = self.touchmark.command(verify);
        for policy in policies {
            program = program.args(["--policy", policy]);
        }
        program.arg(self.image.by_digest()).run()
    }

    fn judged(&self, policy: &str) -> Output {
        self.touchmark.write("policy.rego", policy);
        self.verify(&["policy.rego"])
    }
}

/// What a policy says of the attestation above, and whether it allows it.
const POLICIES: [(&str, bool); 12] = [
    ("package signature\nallow = true", true),
    (
        "package signature\nallow { input.predicate.scanner.result.high == 0 }",
        true,
    ),
    (
        "package signature\nallow { input.predicate.scanner.result.high > 0 }",
        false,
    ),
    (
        "package signature\ndefault allow = false\nallow { input.predicateType == \"x\" }",
        false,
    ),
    (
        "package signature\nallow { input.predicateType == \"https://cosign.sigstore.dev/attestation/vuln/v1\" }",
        true,
    ),
    (
        "package signature\nallow { count(input.subject) == 1; input.subject[_].digest.sha256 }",
        true,
    ),
    ("package signature\nallow = \"true\"", false),
    ("package signature\nallow = [true]", false),
    ("package signature\nallow = 1", false),
    ("package other\nallow = true", false),
    (
        "package signature\nallow { time.parse_rfc3339_ns(input.predicate.metadata.scanFinishedOn) > 0 }",
        true,
    ),
    (
        "package signature\nallow { not input.predicate.missing.member }",
        true,
    ),
];

#[test]
fn the_verdict_is_that_of_cosign() {
    let place = Place::new();
    let cosign = Cosign::v3();
    for (policy, allowed) in POLICIES {
        let ours = place.judged(policy);
        let reference = place.image.by_digest();
        let more = ["--policy", "policy.rego"];
        let theirs = cosign.verify_attestation(
            place.touchmark.dir(),
            "cosign.pub",
            &reference,
            "vuln",
            &more,
        );
        assert_eq!(theirs.accepted(), allowed, "{policy}: {theirs}");
        assert_eq!(ours.accepted(), allowed, "{policy}: {ours}");
        if !allowed {
            ours.code(12).stderr_has("the policy does not allow it");
        }
    }
}

#[test]
fn every_policy_must_allow_it() {
    let place = Place::new();
    place
        .touchmark
        .write("a.rego", "package signature\nallow { input.subject }");
    place.touchmark.write(
        "b.rego",
        "package signature\nallow { input.predicate.scanner }",
    );
    place.verify(&["a.rego", "b.rego"]).success();
    place.verify(&["a.rego,b.rego"]).success();
    place
        .verify(&["a.rego", "policy.cue"])
        .code(2)
        .stderr_has("CUE");
    place
        .verify(&["absent.rego"])
        .code(1)
        .stderr_has("absent.rego");
}

/// A policy that does not come to an end, or takes all memory, allows nothing and holds up nobody.
#[test]
fn a_policy_has_limits() {
    let place = Place::new();
    let endless = "package signature\nallow { x := numbers.range(1, 60000)[_]; \
                   y := numbers.range(1, 60000)[_]; x * y < 0 }";
    let hungry = "package signature\nallow { count(numbers.range(1, 1000000000)) > 1 }";
    let deep = format!("package signature\nallow {{ {} }}", "[".repeat(100_000));
    for policy in [endless, hungry, &deep] {
        let start = Instant::now();
        let output = place.judged(policy);
        let took = start.elapsed();
        assert!(!output.accepted(), "{output}");
        output.never_says("panicked");
        assert!(took < Duration::from_secs(15), "{took:?}");
    }
}

/// Nothing of the machine is within a policy's reach.
#[test]
fn a_policy_sees_only_the_statement() {
    let place = Place::new();
    for reach in [
        "opa.runtime().env.HOME",
        "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:1\"})",
        "net.lookup_ip_addr(\"localhost\")",
    ] {
        let policy = format!("package signature\nallow {{ x := {reach}; x }}");
        place.judged(&policy).failure().never_says("panicked");
    }
}
