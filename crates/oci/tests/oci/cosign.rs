//! Layouts that cosign wrote, and ours that cosign reads.

use touchmark_oci::{CopyOptions, Places, Reference};
use touchmark_testkit::block_on;
use touchmark_testkit::peers::cosign::{Cosign, Form};
use touchmark_testkit::registry::{self as real, Kind};

use crate::setup::{access, by_tag};

#[test]
fn what_cosign_signed_survives_every_way() {
    let cosign = Cosign::v3().env("COSIGN_PASSWORD", "pw");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    assert!(cosign.generate_key_pair(dir, "k", "pw").code == Some(0));
    for (kind, form) in [
        (Kind::Olareg, Form::Bundle),
        (Kind::Olareg, Form::Tag),
        (Kind::DockerRegistry, Form::Bundle),
        (Kind::DockerRegistry, Form::Tag),
    ] {
        let (from, to) = (real::Registry::start(kind), real::Registry::olareg());
        let image = from.push_image("some/image", "v1");
        let signed = cosign.sign(dir, "k.key", &image.by_digest(), form, &[]);
        assert!(signed.code == Some(0), "{kind:?} {form:?}: {signed:?}");
        let layouts = tempfile::tempdir().unwrap();
        let layout = |name: &str| layouts.path().join(name);
        let target = |name: &str| format!("{}:v1", to.repository(name));
        let reference = |name: &str| -> Reference { target(name).parse().unwrap() };
        let (registry, places) = (access(&from), Places::default());
        block_on(async {
            let saved = registry
                .save(&places, &by_tag(&image), &layout("ours"))
                .await;
            assert_eq!(saved.unwrap().len(), 2, "{kind:?} {form:?}");
            let (source, target) = (by_tag(&image), reference("copied"));
            let all = CopyOptions::default();
            let copied = registry.copy(&places, &source, &target, &all).await;
            copied.unwrap();
        });
        let saved = cosign.save(dir, &image.by_tag(), &layout("theirs"));
        assert!(saved.code == Some(0), "{saved:?}");
        block_on(async {
            let to = reference("loaded");
            let loaded = registry.load(&places, &layout("theirs"), &to).await;
            assert_eq!(loaded.unwrap().len(), 2, "{kind:?} {form:?}");
        });
        let mut there = vec!["copied", "loaded"];
        for layout_of in ["ours", "theirs"] {
            let loaded = cosign.load(dir, &layout(layout_of), &target(layout_of));
            if form == Form::Tag {
                assert!(loaded.code == Some(0), "{kind:?} {layout_of}: {loaded:?}");
                there.push(layout_of);
                continue;
            }
            // cosign 3.1 writes a referrer before its layer, which registries refuse: it loads
            // no bundle into them, its own no more than ours.
            let told = String::from_utf8_lossy(&loaded.stderr).into_owned();
            assert!(
                told.contains("MANIFEST_BLOB_UNKNOWN"),
                "{layout_of}: {told}"
            );
        }
        for name in there {
            let verified = cosign.verify(dir, "k.pub", &target(name), &[]);
            assert!(
                verified.code == Some(0),
                "{kind:?} {form:?} {name}: {verified:?}"
            );
        }
    }
}
