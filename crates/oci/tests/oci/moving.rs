//! Copying, saving and loading, against each kind of registry.

use touchmark_oci::{
    CopyOptions, Kind as Attachment, OciError, Operation, Places, Reference, Registry, Replace,
    Subject, What,
};
use touchmark_testkit::block_on;
use touchmark_testkit::registry::{self as real, Image, Kind};

use crate::setup::{access, bundle, by_tag, layer, options, subject};

/// Signs an image in both forms, and attests it.
async fn attach_all(registry: &Registry, image: &Image, text: &str) -> Subject {
    let subject = subject(registry, image).await;
    let (places, nothing) = (Places::default(), Replace::Nothing);
    for kind in [Attachment::Signature, Attachment::Attestation] {
        let operation = registry.operation();
        let layers = vec![layer(text)];
        let appended = operation.append(&places, &subject, kind, layers, &nothing);
        appended.await.unwrap();
    }
    let operation = registry.operation();
    let sign = bundle(text, "https://sigstore.dev/cosign/sign/v1");
    let bundled = operation.attach_bundle(&places, &subject, sign, &nothing);
    bundled.await.unwrap();
    subject
}

/// What is attached to an image: signatures, attestations, bundles.
async fn attached(operation: &Operation, image: &Reference) -> [Vec<String>; 3] {
    let (places, repository) = (Places::default(), image.repository());
    let digest = operation.digest(image).await.unwrap();
    let mut found = [const { Vec::new() }; 3];
    for (place, kind) in [Attachment::Signature, Attachment::Attestation]
        .into_iter()
        .enumerate()
    {
        let attached = operation.attached(&places, repository, &digest, kind).await;
        for layer in attached.unwrap().map(|all| all.layers).unwrap_or_default() {
            let payload = layer.payload.unwrap();
            found[place].push(String::from_utf8(payload.to_vec()).unwrap());
        }
    }
    let bundles = operation
        .bundles(&places, repository, &digest)
        .await
        .unwrap();
    for candidate in bundles.candidates {
        let bundle = candidate.bundle.unwrap();
        found[2].push(String::from_utf8(bundle.to_vec()).unwrap());
    }
    found[2].sort();
    found
}

/// Access to two registries at once: of those with a private authority, at most one.
fn both(one: &real::Registry, other: &real::Registry) -> Registry {
    let secured = if one.credentials().is_some() {
        one
    } else {
        other
    };
    Registry::new(&options(secured)).unwrap()
}

#[test]
fn an_index_is_copied_with_all_that_is_attached() {
    for (from, to) in [
        (Kind::Olareg, Kind::DockerRegistry),
        (Kind::DockerRegistry, Kind::Olareg),
        (Kind::WithTokens, Kind::OlaregWithoutReferrers),
        (Kind::OlaregWithoutReferrers, Kind::WithTokens),
    ] {
        let (from, to) = (real::Registry::start(from), real::Registry::start(to));
        let (index, children) = from.push_index("some/index", "v1");
        let registry = both(&from, &to);
        let target: Reference = format!("{}:v2", to.repository("other/index"))
            .parse()
            .unwrap();
        block_on(async {
            attach_all(&registry, &index, "index").await;
            let (places, options) = (Places::default(), CopyOptions::default());
            let moved = registry
                .copy(&places, &by_tag(&index), &target, &options)
                .await;
            let moved = moved.unwrap();
            assert_eq!(moved.len(), 4, "{moved:?}");
            assert_eq!(moved[0].what, What::Image);
            let operation = registry.operation();
            let found = operation.resolve(&target).await.unwrap();
            assert_eq!(found.digest.to_string(), index.digest);
            for child in &children {
                let child = format!("{}@{}", target.repository(), child.digest);
                operation.resolve(&child.parse().unwrap()).await.unwrap();
            }
            let [signatures, attestations, bundles] = attached(&operation, &target).await;
            assert_eq!(
                (signatures, attestations),
                (vec!["index".into()], vec!["index".into()])
            );
            assert_eq!(bundles, [r#"{"text":"index"}"#]);
            // Once more: everything is there.
            let again = registry
                .copy(&places, &by_tag(&index), &target, &options)
                .await;
            assert_eq!(again.unwrap(), moved);
        });
    }
}

#[test]
fn one_registry_mounts_what_it_has() {
    for kind in Kind::ALL {
        let real = real::Registry::start(kind);
        let image = real.push_image("some/image", "v1");
        let registry = access(&real);
        let target: Reference = format!("{}:v1", real.repository("other")).parse().unwrap();
        block_on(async {
            attach_all(&registry, &image, "one").await;
            let (places, options) = (Places::default(), CopyOptions::default());
            let copied = registry
                .copy(&places, &by_tag(&image), &target, &options)
                .await;
            copied.unwrap();
            let operation = registry.operation();
            let found = operation.resolve(&target).await.unwrap();
            assert_eq!(found.digest.to_string(), image.digest, "{kind:?}");
            assert_eq!(attached(&operation, &target).await[0], ["one"]);
        });
    }
}

#[test]
fn signatures_at_the_destination_stay() {
    let (from, to) = (real::Registry::olareg(), real::Registry::docker_registry());
    let (one, other) = (from.push_image("a", "v1"), to.push_image("a", "v1"));
    assert_eq!(one.digest, other.digest);
    let registry = access(&from);
    block_on(async {
        attach_all(&registry, &one, "ours").await;
        attach_all(&registry, &other, "theirs").await;
        let (places, options) = (Places::default(), CopyOptions::default());
        let copied = registry
            .copy(&places, &by_tag(&one), &by_tag(&other), &options)
            .await;
        copied.unwrap();
        let found = attached(&registry.operation(), &by_tag(&other)).await;
        assert_eq!(found[0], ["theirs", "ours"]);
        assert_eq!(found[2].len(), 2);
    });
}

#[test]
fn another_image_is_overwritten_only_by_force() {
    let real = real::Registry::olareg();
    let (one, other) = (real.push_image("a", "v1"), real.push_image("b", "v2"));
    let registry = access(&real);
    block_on(async {
        let places = Places::default();
        let mut options = CopyOptions::default();
        let refused = registry
            .copy(&places, &by_tag(&one), &by_tag(&other), &options)
            .await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, OciError::Setup { .. }), "{refused:?}");
        assert!(refused.to_string().contains("--force"), "{refused}");
        options.force = true;
        let copied = registry
            .copy(&places, &by_tag(&one), &by_tag(&other), &options)
            .await;
        copied.unwrap();
        let now = registry.operation().resolve(&by_tag(&other)).await.unwrap();
        assert_eq!(now.digest.to_string(), one.digest);
    });
}

#[test]
fn one_platform_or_only_signatures_are_copied() {
    let real = real::Registry::olareg();
    let (index, children) = real.push_index("a", "v1");
    let registry = access(&real);
    let target =
        |name: &str| -> Reference { format!("{}:v1", real.repository(name)).parse().unwrap() };
    block_on(async {
        attach_all(&registry, &index, "index").await;
        let places = Places::default();
        let arm = CopyOptions {
            platform: Some("linux/arm64".parse().unwrap()),
            ..CopyOptions::default()
        };
        let copied = registry
            .copy(&places, &by_tag(&index), &target("b"), &arm)
            .await;
        copied.unwrap();
        let found = registry.operation().resolve(&target("b")).await.unwrap();
        assert_eq!(found.digest.to_string(), children[1].digest);
        let only = CopyOptions {
            only: vec![Attachment::Signature],
            ..CopyOptions::default()
        };
        let moved = registry
            .copy(&places, &by_tag(&index), &target("c"), &only)
            .await;
        let kinds: Vec<_> = moved.unwrap().into_iter().map(|one| one.what).collect();
        let signature = What::Attached(Attachment::Signature);
        assert_eq!(kinds, [What::Image, signature, What::Referrer]);
        let tag = registry
            .operation()
            .resolve(&target("c"))
            .await
            .unwrap_err();
        assert!(tag.is_not_found());
    });
}

#[test]
fn what_was_saved_is_loaded_elsewhere() {
    for (from, to) in [
        (Kind::Olareg, Kind::DockerRegistry),
        (Kind::DockerRegistry, Kind::Olareg),
        (Kind::WithTokens, Kind::WithTokens),
    ] {
        let (from, to) = (real::Registry::start(from), real::Registry::start(to));
        let (index, _) = from.push_index("some/index", "v1");
        let folder = tempfile::tempdir().unwrap();
        let target: Reference = format!("{}:v2", to.repository("other")).parse().unwrap();
        let (source, destination) = (access(&from), access(&to));
        block_on(async {
            attach_all(&source, &index, "index").await;
            let places = Places::default();
            let saved = source
                .save(&places, &by_tag(&index), folder.path())
                .await
                .unwrap();
            let loaded = destination
                .load(&places, folder.path(), &target)
                .await
                .unwrap();
            assert_eq!(saved.len(), 4);
            assert_eq!(saved, loaded);
            let operation = destination.operation();
            let found = operation.resolve(&target).await.unwrap();
            assert_eq!(found.digest.to_string(), index.digest);
            let [signatures, attestations, bundles] = attached(&operation, &target).await;
            assert_eq!(
                (signatures, attestations),
                (vec!["index".into()], vec!["index".into()])
            );
            assert_eq!(bundles, [r#"{"text":"index"}"#]);
        });
    }
}

#[test]
fn a_tampered_layout_is_refused() {
    let real = real::Registry::olareg();
    let image = real.push_image("a", "v1");
    let registry = access(&real);
    let folder = tempfile::tempdir().unwrap();
    let target: Reference = format!("{}:v1", real.repository("b")).parse().unwrap();
    block_on(async {
        let places = Places::default();
        registry
            .save(&places, &by_tag(&image), folder.path())
            .await
            .unwrap();
        let manifest = real.manifest("a", "v1").unwrap().json();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        let path = folder.path().join("blobs").join(layer.replace(':', "/"));
        let mut content = std::fs::read(&path).unwrap();
        content[0] ^= 1;
        std::fs::write(&path, content).unwrap();
        let refused = registry
            .load(&places, folder.path(), &target)
            .await
            .unwrap_err();
        assert!(matches!(refused, OciError::Mismatch { .. }), "{refused:?}");
        let nothing = registry.operation().resolve(&target).await.unwrap_err();
        assert!(nothing.is_not_found(), "{nothing:?}");
    });
}

#[test]
fn large_layers_pass_in_parts() {
    let (from, to) = (real::Registry::docker_registry(), real::Registry::olareg());
    let large: Vec<u8> = (0..24_000_000_u32).map(|byte| (byte % 251) as u8).collect();
    let artifact = from.push_artifact("a", "v1", "text/large", &large);
    let registry = access(&from);
    let target: Reference = format!("{}:v1", to.repository("a")).parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let (places, options) = (Places::default(), CopyOptions::default());
        let copied = registry
            .copy(&places, &by_tag(&artifact), &target, &options)
            .await;
        copied.unwrap();
        registry
            .save(&places, &target, folder.path())
            .await
            .unwrap();
        let back: Reference = format!("{}:v2", from.repository("b")).parse().unwrap();
        registry.load(&places, folder.path(), &back).await.unwrap();
        let manifest = from.manifest("b", "v2").unwrap().json();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        assert!(from.blob("b", layer) == large);
    });
}
