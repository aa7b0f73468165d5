//! The calls themselves, against each kind of registry.

use std::time::Duration;

use bytes::Bytes;
use touchmark_core::{Explain, SecretString};
use touchmark_oci::{Login, OciError, Options, Reference, Registry, Target};
use touchmark_testkit::block_on;
use touchmark_testkit::registry::{self as real, Counter, Kind, USER, USER_PASSWORD};

use crate::liar::{Liar, Wire, answer, hang_up};
use crate::setup::{access, by_tag, options};

#[test]
fn names_become_digests_and_manifests_in_every_registry() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let operation = access(&real).operation();
        block_on(async {
            let reference = by_tag(&image);
            let found = operation.resolve(&reference).await.unwrap();
            assert_eq!(found.digest.to_string(), image.digest, "{kind:?}");
            assert_eq!(found.size, image.size as u64);
            assert_eq!(found.media_type, image.media_type);
            let repository = reference.repository();
            let manifest = operation
                .manifest(repository, &Target::from(&found.digest))
                .await
                .unwrap();
            assert_eq!(*manifest.descriptor(), found);
            let layer = manifest.image().unwrap().layers.remove(0);
            let blob = operation.blob(repository, &layer).await.unwrap();
            assert_eq!(blob.len() as u64, layer.size);
            assert_eq!(operation.tags(repository).await.unwrap(), ["v1"]);
        });
    }
}

#[test]
fn what_is_not_there_is_told_apart_from_failure() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let operation = access(&real).operation();
        block_on(async {
            let reference = by_tag(&image);
            let missing = reference.repository().tagged("v2");
            let error = operation.resolve(&missing).await.unwrap_err();
            assert!(error.is_not_found(), "{kind:?}: {error:?}");
            assert!(error.to_string().contains(":v2"), "{error}");
            let digest = image.digest.parse_digest();
            let referrers = operation.referrers(reference.repository(), &digest).await;
            assert!(referrers.unwrap().manifests.is_empty());
        });
    }
}

#[test]
fn blobs_are_written_once_per_run() {
    let real = real::Registry::docker_registry();
    let counter = Counter::before(&real);
    let registry = Registry::new(&Options::default()).unwrap();
    let reference: Reference = format!("{}/a", counter.address()).parse().unwrap();
    block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (operation, reference) = (registry.operation(), reference.clone());
            tasks.spawn(async move {
                let content = Bytes::from_static(b"{}");
                let repository = reference.repository();
                operation
                    .push_blob(repository, "a/b", content)
                    .await
                    .map(|_| ())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
    });
    assert_eq!(counter.requests().len(), 2, "{}", counter.table());
}

#[test]
fn connections_are_kept_and_never_more_than_configured() {
    let real = real::Registry::olareg();
    let image = real.push_image("some/image", "v1");
    let counter = Counter::before(&real);
    let options = Options {
        connections: 3,
        ..Options::default()
    };
    let registry = Registry::new(&options).unwrap();
    let reference = by_tag(&image.at(&counter.address()));
    block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (operation, reference) = (registry.operation(), reference.clone());
            tasks.spawn(async move { operation.resolve(&reference).await.map(|_| ()) });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
    });
    assert_eq!(counter.requests().len(), 100);
    assert!(
        counter.most_connections() <= 3,
        "{}",
        counter.most_connections()
    );
    assert!(counter.connections() <= 3, "{}", counter.connections());
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_not_counted_on() {
    let manifest = |wire: &mut dyn Wire| {
        let kind = ("content-type", touchmark_oci::media_type::OCI_MANIFEST);
        answer(wire, 200, &[kind], b"{}")
    };
    let closes = Liar::start(move |_, wire| {
        manifest(wire)?;
        std::thread::sleep(Duration::from_millis(100));
        hang_up()
    });
    let slow = Liar::start(move |_, wire| {
        std::thread::sleep(Duration::from_millis(300));
        manifest(wire)
    });
    let other = Liar::start(move |_, wire| manifest(wire));
    let mut options = Options {
        connections: 2,
        ..Options::default()
    };
    options.limits.operation_time = Duration::from_secs(5);
    let registry = Registry::new(&options).unwrap();
    let fetch = async |liar: &Liar| {
        let reference: Reference = format!("{}/a:v1", liar.address()).parse().unwrap();
        let (repository, target) = (reference.repository(), reference.target());
        let fetched = registry.operation();
        let fetched = fetched.manifest(repository, &target).await;
        fetched.unwrap();
    };
    block_on(async {
        fetch(&closes).await;
        // Its end is known by then, and its place is free.
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::join!(fetch(&slow), fetch(&slow));
        fetch(&other).await;
    });
}

#[test]
fn a_password_does_what_its_user_may() {
    let real = real::Registry::with_passwords();
    let image = real.push_image("some/image", "v1");
    let with = |login: Login| {
        let options = Options {
            login,
            ..options(&real)
        };
        let operation = Registry::new(&options).unwrap().operation();
        block_on(async { operation.resolve(&by_tag(&image)).await })
    };
    let password = |word: &str| Login::Password {
        username: USER.into(),
        password: SecretString::from(word),
    };
    assert!(with(password(USER_PASSWORD)).is_ok());
    assert!(with(Login::Found).is_ok());
    for wrong in [
        password("hunter2"),
        Login::Anonymous,
        Login::Token("hunter2".into()),
    ] {
        let error = with(wrong).unwrap_err();
        assert!(matches!(error, OciError::Denied { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("docker login"));
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[test]
fn one_token_serves_many_requests() {
    let real = real::Registry::with_tokens();
    let image = real.push_image("some/image", "v1");
    let asked = real.tokens().asked().len();
    let registry = access(&real);
    block_on(async {
        for _ in 0..5 {
            let operation = registry.operation();
            operation.resolve(&by_tag(&image)).await.unwrap();
        }
    });
    assert_eq!(real.tokens().asked().len() - asked, 1);
}

#[test]
fn an_unknown_authority_is_refused_unless_told_otherwise() {
    let real = real::Registry::with_passwords();
    let image = real.push_image("some/image", "v1");
    let with = |change: fn(&mut Options)| {
        let mut options = options(&real);
        change(&mut options);
        let operation = Registry::new(&options).unwrap().operation();
        block_on(async { operation.resolve(&by_tag(&image)).await })
    };
    assert!(with(|_| {}).is_ok());
    assert!(with(|options| (options.ca, options.allow_insecure) = (None, true)).is_ok());
    let error = with(|options| options.ca = None).unwrap_err();
    assert!(matches!(error, OciError::Unreachable { .. }), "{error:?}");
    assert!(
        error.hint().unwrap().contains("--registry-cacert"),
        "{error:?}"
    );
    let error = with(|options| options.server_name = Some("other.example".into())).unwrap_err();
    assert!(matches!(error, OciError::Unreachable { .. }), "{error:?}");
}

#[test]
fn a_manifest_is_deleted_by_its_digest() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let operation = access(&real).operation();
        block_on(async {
            let reference = by_tag(&image);
            let repository = reference.repository();
            let target = Target::Digest(image.digest.parse_digest());
            operation.delete(repository, &target).await.unwrap();
            let gone = operation.find_manifest(repository, &target).await.unwrap();
            assert_eq!(gone, None, "{kind:?}");
            let again = operation.delete(repository, &target).await.unwrap_err();
            assert!(again.is_not_found(), "{kind:?}: {again:?}");
        });
    }
}

trait ParseDigest {
    fn parse_digest(&self) -> touchmark_core::Digest;
}

impl ParseDigest for String {
    fn parse_digest(&self) -> touchmark_core::Digest {
        touchmark_core::Digest::parse(self).unwrap()
    }
}
