//! Signatures on their way: signed where there is no network and attached where there is one,
//! attached from files, and verified in a folder.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::Cosign;
use touchmark_testkit::peers::cosign::Form;
use touchmark_testkit::program::Output;
use touchmark_testkit::registry::{Image, Registry};

/// A registry with an image, and a folder with the key pairs `cosign` and `other`.
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

    fn run(&self, line: &str, more: &[&str]) -> Output {
        let words = line.split_whitespace();
        self.touchmark.command(words).args(more).run()
    }

    /// Both forms, by both cosigns.
    fn cosigns_accept(&self, image: &Image) {
        for cosign in Cosign::both() {
            for form in Form::BOTH {
                let reference = image.by_digest();
                let dir = self.touchmark.dir();
                cosign
                    .verify_form(dir, "cosign.pub", &reference, form)
                    .success();
                assert!(
                    !cosign
                        .verify_form(dir, "other.pub", &reference, form)
                        .accepted()
                );
            }
        }
    }
}

#[track_caller]
fn says(output: &Output, text: &str) {
    assert!(output.stdout_text().contains(text), "{text}: {output}");
}

#[test]
fn what_was_signed_without_a_network_is_attached_with_one() {
    let place = Place::new();
    let nowhere = format!("127.0.0.1:1/app:1.0@{}", place.image.digest);
    let sign = "sign --key cosign.key -a by=station --upload=false --output-dir out";
    let output = place.run(sign, &[&nowhere]).success();
    says(&output, "signed: out/127.0.0.1:1/app/sha256-");
    place.run("attach out", &[]).code(5);
    let repository = place.registry.repository("app");
    let output = place.run("attach out --to", &[&repository]).success();
    says(&output, "attached: ");
    let verify = "verify --key cosign.pub -a by=station";
    let shown = place.run(verify, &[&place.image.by_tag()]).success().json();
    let forms: Vec<&Value> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["touchmark"]["form"])
        .collect();
    assert_eq!(forms, ["legacy", "bundle"]);
    place.cosigns_accept(&place.image);
}

#[test]
fn a_tag_cannot_be_signed_without_a_network_and_nothing_is_attached_to_another_image() {
    let place = Place::new();
    let sign = "sign --key cosign.key --upload=false --output-dir out";
    place.run(sign, &["127.0.0.1:1/app:1.0"]).code(5);
    place.run(sign, &[&place.image.by_digest()]).success();
    let folder = fs::read_dir(
        place
            .touchmark
            .path("out")
            .join(place.registry.address())
            .join("app"),
    );
    let folder = folder.unwrap().next().unwrap().unwrap().path();
    let spoil = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(folder.join(name), text.replace(from, to)).unwrap();
        let output = place.run("attach out", &[]).code(6);
        fs::write(folder.join(name), text).unwrap();
        output.never_says("panicked");
    };
    let other = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    spoil("payload.json", &place.image.digest, other);
    spoil("image.json", &place.image.digest, other);
    spoil("payload.json.sig", "M", "?");
    spoil(
        "bundle.sigstore.json",
        "\"payload\":\"",
        "\"payload\":\"AAAA",
    );
    assert_eq!(place.registry.tags("app"), ["1.0"]);
    place.run("attach out", &[]).success();
}

#[test]
fn signatures_and_attestations_are_attached_from_files() {
    let place = Place::new();
    let (tag, digest) = (place.image.by_tag(), place.image.by_digest());
    let sign = "sign --key cosign.key --upload=false --output-payload payload.json \
                --output-signature payload.sig --bundle bundle.json";
    place.run(sign, &[&digest]).success();
    let files = "attach signature --payload payload.json --signature payload.sig";
    place.run(files, &[&tag]).success();
    place
        .run("attach signature --bundle bundle.json", &[&tag])
        .success();
    place.cosigns_accept(&place.image);
    let another = place.registry.push_image("app", "2.0").by_tag();
    place
        .run(files, &[&another])
        .code(2)
        .stderr_has(&place.image.digest);
    place
        .run("attach signature --bundle bundle.json", &[&another])
        .code(2);

    place.touchmark.write("text", "checked");
    let attest = "attest --key cosign.key --predicate text --no-upload --bundle att.bundle";
    let envelope = place.run(attest, &[&digest]).success().stdout;
    place
        .touchmark
        .write("att.json", [&envelope[..], &envelope].concat());
    let attach = "attach attestation --attestation att.json --attestation att.bundle";
    place.run(attach, &[&tag]).success();
    place
        .run(attach, &[&another])
        .code(2)
        .stderr_has("is about");
    place
        .run("verify-attestation --key cosign.pub", &[&tag])
        .success();
    for cosign in Cosign::both() {
        for form in Form::BOTH {
            let dir = place.touchmark.dir();
            let verdict =
                cosign.verify_attestation_form(dir, "cosign.pub", &digest, "custom", form);
            verdict.success();
        }
    }
}

fn blobs(layout: &Path) -> Vec<PathBuf> {
    let blobs = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    blobs.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_folder_is_verified_as_its_image_is_in_a_registry() {
    let place = Place::new();
    place.touchmark.write("text", "checked");
    let tag = place.image.by_tag();
    place.run("sign --key cosign.key", &[&tag]).success();
    place
        .run("attest --key cosign.key --predicate text", &[&tag])
        .success();
    place.run("save --dir ours", &[&tag]).success();
    let theirs = place.touchmark.path("theirs");
    Cosign::v3()
        .save(place.touchmark.dir(), &tag, &theirs)
        .success();
    for folder in ["ours", "theirs"] {
        let verify = |key: &str| place.run(&format!("verify --local-image --key {key}"), &[folder]);
        let shown = verify("cosign.pub").success().json();
        let has = |form: &str| {
            shown
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one["touchmark"]["form"] == form)
        };
        assert!(has("legacy") && has("bundle"), "{folder}: {shown}");
        verify("other.pub").code(12);
        let attestation = "verify-attestation --local-image --key cosign.pub --type";
        let output = place.run(attestation, &["custom", folder]).success();
        says(&output, "payloadType");
        place.run(attestation, &["openvex", folder]).code(12);
    }
    // One byte of any blob: what it belongs to is no longer good, and nothing panics.
    for blob in blobs(&theirs) {
        let whole = fs::read(&blob).unwrap();
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&blob, &changed).unwrap();
        let output = place.run("verify --local-image --key cosign.pub", &["theirs"]);
        output.never_says("panicked");
        fs::write(&blob, &whole).unwrap();
    }
    let image = theirs
        .join("blobs/sha256")
        .join(place.image.digest.trim_start_matches("sha256:"));
    fs::write(&image, "{}").unwrap();
    place
        .run("verify --local-image --key cosign.pub", &["theirs"])
        .code(6);
    place
        .run("verify --local-image --key cosign.pub", &["nowhere"])
        .code(1);
}
