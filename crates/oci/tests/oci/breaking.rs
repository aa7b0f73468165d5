//! Registries that break off in the middle of writing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use touchmark_oci::{Kind as Attachment, OciError, Options, Places, Registry, Replace};
use touchmark_testkit::block_on;
use touchmark_testkit::registry as real;

use crate::liar::{Liar, answer, hang_up, pass_on};
use crate::setup::{self, access, layer, subject};

/// In which request of an append the registry breaks.
#[derive(Clone, Copy, Debug)]
enum Breaks {
    Upload,
    Manifest,
    Connection,
}

#[test]
fn a_push_that_fails_leaves_the_earlier_signatures() {
    for breaks in [Breaks::Upload, Breaks::Manifest, Breaks::Connection] {
        let real = real::Registry::olareg();
        let image = real.push_image("a", "v1");
        let to = real.socket();
        let liar = Liar::start(move |asked, wire| {
            let manifest = asked.path.contains("/manifests/");
            match breaks {
                Breaks::Upload if asked.method == "PUT" && !manifest => answer(wire, 500, &[], b""),
                Breaks::Manifest if asked.method == "PUT" && manifest => {
                    answer(wire, 500, &[], b"")
                }
                Breaks::Connection if asked.method == "PUT" && manifest => hang_up(),
                _ => pass_on(asked, wire, to),
            }
        });
        let (good, bad) = (access(&real), Registry::new(&Options::default()).unwrap());
        let (places, kind, nothing) = (Places::default(), Attachment::Signature, Replace::Nothing);
        block_on(async {
            let there = subject(&good, &image).await;
            let operation = good.operation();
            let first = operation.append(&places, &there, kind, vec![layer("one")], &nothing);
            let first = first.await.unwrap();
            let here = subject(&bad, &image.at(&liar.address())).await;
            let operation = bad.operation();
            let second = operation.append(&places, &here, kind, vec![layer("two")], &nothing);
            let error = second.await.unwrap_err();
            let told = matches!(
                error,
                OciError::Refused { status: 500, .. } | OciError::Unreachable { .. }
            );
            assert!(told, "{breaks:?}: {error:?}");
            let operation = good.operation();
            let found = operation
                .attached(&places, &there.repository, &there.manifest.digest, kind)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(*found.manifest.descriptor(), first.manifest, "{breaks:?}");
        });
    }
}

#[test]
fn an_upload_that_breaks_is_begun_again() {
    let real = real::Registry::docker_registry();
    let to = real.socket();
    let puts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&puts);
    let liar = Liar::start(move |asked, wire| {
        if asked.method == "PUT" && counted.fetch_add(1, Ordering::SeqCst) == 0 {
            return hang_up();
        }
        pass_on(asked, wire, to)
    });
    let registry = Registry::new(&Options::default()).unwrap();
    let repository = format!("{}/a", liar.address()).parse().unwrap();
    block_on(async {
        let operation = registry.operation();
        let pushed = operation
            .push_blob(&repository, "a/b", "content".into())
            .await;
        let digest = pushed.unwrap().digest.to_string();
        assert_eq!(real.blob("a", &digest), b"content");
    });
    assert_eq!(puts.load(Ordering::SeqCst), 2);
}

#[test]
fn a_lost_signature_is_written_again() {
    let real = real::Registry::olareg();
    let image = real.push_image("a", "v1");
    let registry = access(&real);
    block_on(async {
        let subject = subject(&registry, &image).await;
        let (places, kind, nothing) = (Places::default(), Attachment::Signature, Replace::Nothing);
        let operation = registry.operation();
        let ours = operation.append(&places, &subject, kind, vec![layer("ours")], &nothing);
        let ours = ours.await.unwrap();
        // Another writer, who had read before we wrote.
        let other = real.push_image("other", "v1");
        let stranger = access(&real);
        let elsewhere = setup::subject(&stranger, &other).await;
        let operation = stranger.operation();
        let theirs = operation.append(&places, &elsewhere, kind, vec![layer("theirs")], &nothing);
        theirs.await.unwrap();
        real.push_blob("a", b"theirs");
        let manifest = real
            .manifest("other", &other.tag_for("sig"))
            .unwrap()
            .json();
        real.push_blob(
            "a",
            &real.blob("other", manifest["config"]["digest"].as_str().unwrap()),
        );
        real.push_manifest("a", &image.tag_for("sig"), &manifest);
        assert!(!registry.operation().last_look(&ours).await.unwrap());
        assert!(registry.operation().last_look(&ours).await.unwrap());
        let operation = registry.operation();
        let found = operation
            .attached(&places, &subject.repository, &subject.manifest.digest, kind)
            .await
            .unwrap()
            .unwrap();
        let texts: Vec<_> = found
            .layers
            .iter()
            .map(|one| one.payload.as_ref().unwrap())
            .collect();
        assert_eq!(texts, ["theirs", "ours"]);
    });
}
