//! Signatures that travel: with copies between registries, in OCI layouts that cosign reads and
//! writes too, from where there is no network, and to a repository of their own.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::Path;

use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::peers::{Cosign, Judge};
use touchmark_testkit::registry::{Image, Kind, Registry};

const PREDICATE: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}"#;
/// Those who do not compare the repository that a signature names.
const JUDGES: [Judge; 4] = [
    Judge::Cosign(3),
    Judge::Cosign(2),
    Judge::Kyverno,
    Judge::SigstoreGo,
];

/// Ours with a key pair `cosign` and another's public key `other.pub`.
fn touchmark() -> Touchmark {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark")).env("COSIGN_PASSWORD", "");
    touchmark.write("sbom.json", PREDICATE);
    for name in ["cosign", "other"] {
        Cosign::v3()
            .generate_key_pair(touchmark.dir(), name, "")
            .success();
    }
    touchmark
}

fn run(touchmark: &Touchmark, args: &[&str]) {
    touchmark.command(args).run().success();
}

/// The same image in another place.
fn there(image: &Image, registry: &Registry, name: &str, tag: &str) -> Image {
    Image {
        repository: registry.repository(name),
        name: name.into(),
        tag: tag.into(),
        ..image.clone()
    }
}

/// All who find a form in a registry accept, and refuse another's key; ours too.
fn all_accept(touchmark: &Touchmark, registry: &Registry, image: &Image, forms: &[Form]) {
    for &form in forms {
        for judge in JUDGES.iter().filter(|judge| judge.reads(registry, form)) {
            let of = |key| judge.of(registry, image, &touchmark.path(key), form);
            of("cosign.pub").accepted();
            of("other.pub").refused();
        }
    }
    let verify = |key| {
        let verify = ["verify", "--key", key, &image.by_tag()];
        touchmark.command(verify).run()
    };
    verify("cosign.pub").success();
    verify("other.pub").failure();
}

fn sign_and_attest(touchmark: &Touchmark, image: &Image) {
    run(
        touchmark,
        &["sign", "-r", "--key", "cosign.key", &image.by_tag()],
    );
    let attest = ["attest", "--key", "cosign.key", "--type", "cyclonedx"];
    let attest = touchmark.command(attest);
    let attest = attest.args(["--predicate", "sbom.json", &image.by_tag()]);
    attest.run().success();
}

/// From a registry of one kind to one of each other.
#[test]
fn copies_keep_everything() {
    let from = Registry::olareg();
    let touchmark = touchmark();
    let image = from.push_image("team/app", "1.0");
    sign_and_attest(&touchmark, &image);
    let kinds = [Kind::OlaregWithoutReferrers, Kind::DockerRegistry];
    for to in kinds.map(Registry::start) {
        let copy = there(&image, &to, "mirror/app", "1.0");
        run(&touchmark, &["copy", &image.by_tag(), &copy.by_tag()]);
        all_accept(&touchmark, &to, &copy, &Form::BOTH);
        let verify = [
            "verify-attestation",
            "--key",
            "cosign.pub",
            "--type",
            "cyclonedx",
        ];
        let verify = touchmark.command(verify).arg(copy.by_tag());
        verify.run().success();
    }
}

#[test]
fn copies_of_an_index_keep_what_is_under_it() {
    let [from, to] = [Kind::DockerRegistry, Kind::Olareg].map(Registry::start);
    let touchmark = touchmark();
    let (index, images) = from.push_index("team/app", "1.0");
    sign_and_attest(&touchmark, &index);
    let copy = there(&index, &to, "mirror/app", "1.0");
    run(&touchmark, &["copy", &index.by_tag(), &copy.by_tag()]);
    for image in [&index, &images[0], &images[1]] {
        let copy = there(image, &to, "mirror/app", "");
        let verify = ["verify", "--key", "cosign.pub", &copy.by_digest()];
        run(&touchmark, &verify);
        for form in Form::BOTH {
            let key = touchmark.path("cosign.pub");
            Judge::Cosign(3).of(&to, &copy, &key, form).accepted();
        }
    }
}

#[test]
fn layouts_keep_everything() {
    let [from, to] = [Kind::Olareg, Kind::DockerRegistry].map(Registry::start);
    let touchmark = touchmark();
    let image = from.push_image("team/app", "1.0");
    sign_and_attest(&touchmark, &image);
    run(&touchmark, &["save", "--dir", "layout", &image.by_tag()]);
    drop(from);
    let loaded = there(&image, &to, "loaded/app", "1.0");
    run(&touchmark, &["load", "--dir", "layout", &loaded.by_tag()]);
    all_accept(&touchmark, &to, &loaded, &Form::BOTH);
}

/// What ours saved, cosign loads, and the other way round.
#[test]
fn layouts_are_cosigns_too() {
    let registry = Registry::olareg();
    let touchmark = touchmark();
    for cosign in Cosign::both() {
        let major = cosign.major();
        let image = registry.push_image(&format!("team/v{major}"), "1.0");
        let sign = [
            "sign",
            "--key",
            "cosign.key",
            "--signature-format",
            "legacy",
        ];
        let sign = touchmark.command(sign).arg(image.by_tag());
        sign.run().success();
        let (dir, ours) = (touchmark.dir(), format!("ours-{major}"));
        run(&touchmark, &["save", "--dir", &ours, &image.by_tag()]);
        let loaded = there(&image, &registry, &format!("cosign/v{major}"), "1.0");
        cosign
            .load(dir, Path::new(&ours), &loaded.by_tag())
            .success();
        all_accept(&touchmark, &registry, &loaded, &[Form::Tag]);
        let theirs = format!("theirs-{major}");
        cosign
            .save(dir, &image.by_tag(), Path::new(&theirs))
            .success();
        let loaded = there(&image, &registry, &format!("touchmark/v{major}"), "1.0");
        run(&touchmark, &["load", "--dir", &theirs, &loaded.by_tag()]);
        all_accept(&touchmark, &registry, &loaded, &[Form::Tag]);
    }
}

/// Signed by digest where the registry cannot be reached, attached where it can.
#[test]
fn signed_without_a_network_and_attached_with_one() {
    let registry = Registry::docker_registry();
    let touchmark = touchmark();
    let image = registry.push_image("team/app", "1.0");
    let nowhere = image.at("127.0.0.1:9").by_digest();
    let sign = [
        "sign",
        "--key",
        "cosign.key",
        "--upload=false",
        "--output-dir",
    ];
    let sign = touchmark.command(sign).args(["signed", &nowhere]);
    sign.run().success();
    let repository = registry.repository("team/app");
    run(&touchmark, &["attach", "signed", "--to", &repository]);
    all_accept(&touchmark, &registry, &image, &Form::BOTH);
}

/// `COSIGN_REPOSITORY`: signatures in a repository of their own, where cosign looks too.
#[test]
fn signatures_in_their_own_repository() {
    let registry = Registry::olareg();
    let elsewhere = registry.repository("signatures");
    let touchmark = touchmark().env("COSIGN_REPOSITORY", &elsewhere);
    let image = registry.push_image("team/app", "1.0");
    run(
        &touchmark,
        &["sign", "--key", "cosign.key", &image.by_tag()],
    );
    assert_eq!(registry.tags("team/app"), ["1.0"]);
    assert!(registry.tags("signatures").contains(&image.tag_for("sig")));
    run(
        &touchmark,
        &["verify", "--key", "cosign.pub", &image.by_tag()],
    );
    for cosign in Cosign::both() {
        let cosign = cosign.env("COSIGN_REPOSITORY", &elsewhere);
        for form in Form::BOTH {
            let (dir, image) = (touchmark.dir(), image.by_tag());
            let output = cosign.verify_form(dir, "cosign.pub", &image, form);
            // cosign 2.6 looks for bundles beside the image, whatever the variable says.
            let looks = cosign.major() == 3 || form == Form::Tag;
            assert_eq!(output.accepted(), looks, "{output}");
        }
    }
}

/// Several who sign at once, by the referrers API: nobody's bundle is lost.
#[test]
fn bundles_of_several_at_once() {
    let registry = Registry::olareg();
    let touchmark = touchmark();
    let image = registry.push_image("team/app", "1.0");
    std::thread::scope(|scope| {
        for nr in 0..6 {
            let (touchmark, image) = (&touchmark, &image);
            scope.spawn(move || {
                let annotation = format!("nr={nr}");
                let sign = [
                    "sign",
                    "--key",
                    "cosign.key",
                    "--signature-format",
                    "bundle",
                ];
                let sign = touchmark.command(sign);
                let sign = sign.args(["-a", &annotation, &image.by_tag()]);
                sign.run().success();
            });
        }
    });
    assert_eq!(registry.bundles(&image).len(), 6);
    for nr in 0..6 {
        let verify = ["verify", "--key", "cosign.pub", "-a"];
        let verify = touchmark.command(verify);
        let verify = verify.args([format!("nr={nr}"), image.by_tag()]);
        verify.run().success();
    }
}
