//! Attaching, and what others attached, against each kind of registry.

use touchmark_oci::{Kind as Attachment, Options, Places, Registry, Replace};
use touchmark_testkit::block_on;
use touchmark_testkit::registry::{self as real, Counter, Kind};

use crate::setup::{access, bundle, layer, subject};

#[test]
fn signatures_are_appended_and_found_again() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let registry = access(&real);
        block_on(async {
            let subject = subject(&registry, &image).await;
            let places = Places::default();
            for text in ["one", "two", "one"] {
                let operation = registry.operation();
                let appended = operation
                    .append(
                        &places,
                        &subject,
                        Attachment::Signature,
                        vec![layer(text)],
                        &Replace::Nothing,
                    )
                    .await
                    .unwrap();
                assert!(operation.last_look(&appended).await.unwrap(), "{kind:?}");
            }
            let digest = &subject.manifest.digest;
            let found = registry
                .operation()
                .attached(&places, &subject.repository, digest, Attachment::Signature)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.reference.tag(), Some(&*image.tag_for("sig")));
            let texts: Vec<_> = found
                .layers
                .iter()
                .map(|layer| layer.payload.as_ref().unwrap().clone())
                .collect();
            assert_eq!(texts, ["one", "two"], "{kind:?}");
            check_config(&real, &image.name, &found.manifest.image().unwrap());
        });
    }
}

/// cosign relies on one `diff_id` and one history entry for each layer.
fn check_config(real: &real::Registry, name: &str, image: &touchmark_oci::Image) {
    let config = real.blob(name, &image.config.digest.to_string());
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    let layers: Vec<_> = image
        .layers
        .iter()
        .map(|layer| layer.digest.to_string())
        .collect();
    assert_eq!(config["rootfs"]["diff_ids"], serde_json::json!(layers));
    assert_eq!(config["history"].as_array().unwrap().len(), layers.len());
}

#[test]
fn bundles_are_attached_and_found_again() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let registry = access(&real);
        block_on(async {
            let subject = subject(&registry, &image).await;
            let places = Places::default();
            for text in ["one", "two"] {
                let operation = registry.operation();
                let bundle = bundle(text, "https://a/b");
                let attached = operation
                    .attach_bundle(&places, &subject, bundle, &Replace::Nothing)
                    .await
                    .unwrap();
                assert!(operation.last_look(&attached).await.unwrap());
            }
            real.push_referrer(&image, "text/other", b"no bundle");
            let found = registry
                .operation()
                .bundles(&places, &subject.repository, &subject.manifest.digest)
                .await
                .unwrap();
            assert_eq!(found.api, kind == Kind::Olareg);
            assert!(!found.truncated);
            let mut texts: Vec<_> = found
                .candidates
                .iter()
                .map(|one| one.bundle.as_ref().unwrap().clone())
                .collect();
            texts.sort();
            assert_eq!(
                texts,
                [r#"{"text":"one"}"#, r#"{"text":"two"}"#],
                "{kind:?}"
            );
        });
    }
}

#[test]
fn attachments_of_the_same_type_are_replaced() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let registry = access(&real);
        block_on(async {
            let subject = subject(&registry, &image).await;
            let places = Places::default();
            let replace = Replace::PredicateType("https://a/b".into());
            for (text, predicate_type) in [("one", "https://a/b"), ("two", "https://c/d")] {
                let bundle = bundle(text, predicate_type);
                let nothing = Replace::Nothing;
                let attached = registry.operation();
                let attached = attached.attach_bundle(&places, &subject, bundle, &nothing);
                attached.await.unwrap();
            }
            let new = bundle("three", "https://a/b");
            let attached = registry
                .operation()
                .attach_bundle(&places, &subject, new, &replace)
                .await
                .unwrap();
            assert_eq!(attached.not_deleted, []);
            let found = registry
                .operation()
                .bundles(&places, &subject.repository, &subject.manifest.digest)
                .await
                .unwrap();
            let mut texts: Vec<_> = found
                .candidates
                .iter()
                .map(|one| one.bundle.as_ref().unwrap().clone())
                .collect();
            texts.sort();
            assert_eq!(
                texts,
                [r#"{"text":"three"}"#, r#"{"text":"two"}"#],
                "{kind:?}"
            );
        });
    }
}

#[test]
fn attachments_may_live_in_another_repository() {
    let real = real::Registry::olareg();
    let image = real.push_image("some/image", "v1");
    let registry = access(&real);
    block_on(async {
        let subject = subject(&registry, &image).await;
        let places = Places {
            repository: Some(real.repository("signatures").parse().unwrap()),
            docker_media_types: true,
        };
        let operation = registry.operation();
        let layers = vec![layer("one")];
        let kind = Attachment::Attestation;
        operation
            .append(&places, &subject, kind, layers, &Replace::Nothing)
            .await
            .unwrap();
        operation
            .attach_bundle(&places, &subject, bundle("one", "t"), &Replace::Nothing)
            .await
            .unwrap();
        let digest = &subject.manifest.digest;
        let found = operation
            .attached(&places, &subject.repository, digest, kind)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            found.manifest.media_type(),
            touchmark_oci::media_type::DOCKER_MANIFEST
        );
        let found = operation
            .bundles(&places, &subject.repository, digest)
            .await
            .unwrap();
        assert_eq!(found.candidates.len(), 1);
        assert_eq!(real.tags("some/image"), ["v1"]);
    });
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        // Each has its own access, as if it were a program of its own.
        let writers: Vec<_> = (0..4).map(|_| access(&real)).collect();
        block_on(async {
            let subject = subject(&writers[0], &image).await;
            let mut tasks = tokio::task::JoinSet::new();
            for (number, registry) in writers.iter().enumerate() {
                let (registry, subject) = (registry.clone(), subject.clone());
                tasks.spawn(async move {
                    let (places, nothing) = (Places::default(), Replace::Nothing);
                    let operation = registry.operation();
                    let text = number.to_string();
                    let layers = vec![layer(&text)];
                    let kind = Attachment::Signature;
                    let legacy = operation.append(&places, &subject, kind, layers, &nothing);
                    let legacy = legacy.await.unwrap();
                    let bundle = bundle(&text, "t");
                    let bundle = operation.attach_bundle(&places, &subject, bundle, &nothing);
                    (registry, legacy, bundle.await.unwrap())
                });
            }
            let done = tasks.join_all().await;
            for (registry, legacy, bundle) in &done {
                let operation = registry.operation();
                operation.last_look(legacy).await.unwrap();
                operation.last_look(bundle).await.unwrap();
            }
            let operation = writers[0].operation();
            let (repository, digest) = (&subject.repository, &subject.manifest.digest);
            let places = Places::default();
            let found = operation
                .attached(&places, repository, digest, Attachment::Signature)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.layers.len(), 4, "{kind:?}");
            let found = operation
                .bundles(&places, repository, digest)
                .await
                .unwrap();
            assert_eq!(found.candidates.len(), 4, "{kind:?}");
        });
    }
}

#[test]
fn no_more_requests_than_cosign() {
    let real = real::Registry::olareg();
    let image = real.push_image("some/image", "v1");
    let counter = Counter::before(&real);
    let image = image.at(&counter.address());
    let registry = Registry::new(&Options::default()).unwrap();
    let (places, nothing) = (Places::default(), Replace::Nothing);
    let check = |limit: usize, what: &str| {
        let requests = counter.requests().len();
        assert!(requests <= limit, "{what}: {}", counter.table());
        counter.clear();
    };
    block_on(async {
        for (round, text) in ["one", "two"].into_iter().enumerate() {
            let operation = registry.operation();
            let subject = subject(&registry, &image).await;
            let kind = Attachment::Signature;
            let layers = vec![layer(text)];
            let legacy = operation.append(&places, &subject, kind, layers, &nothing);
            let legacy = legacy.await.unwrap();
            operation.last_look(&legacy).await.unwrap();
            check([14, 12][round], "a legacy signature");
            let operation = registry.operation();
            let bundle = operation.attach_bundle(&places, &subject, bundle(text, "t"), &nothing);
            let bundle = bundle.await.unwrap();
            operation.last_look(&bundle).await.unwrap();
            check(11, "a bundle, and one to resolve");
        }
    });
}
