//! What the tests share: access to a registry of the testkit, and images in it.

use std::collections::BTreeMap;

use bytes::Bytes;
use time::OffsetDateTime;
use touchmark_oci::attached::{NewBundle, NewLayer};
use touchmark_oci::{Environment, Options, Reference, Registry, Subject};
use touchmark_testkit::registry::{self as real, Image};

/// What lets us into a registry, as its user.
pub(crate) fn options(registry: &real::Registry) -> Options {
    let folder = registry.credentials();
    Options {
        ca: folder.map(|folder| folder.join("authority.pem")),
        environment: Environment {
            docker_config: folder.map(Into::into),
            ..Environment::default()
        },
        ..Options::default()
    }
}

pub(crate) fn access(registry: &real::Registry) -> Registry {
    Registry::new(&options(registry)).unwrap()
}

pub(crate) fn by_tag(image: &Image) -> Reference {
    image.by_tag().parse().unwrap()
}

/// The image as what something is attached to.
pub(crate) async fn subject(registry: &Registry, image: &Image) -> Subject {
    let reference = by_tag(image);
    let manifest = registry.operation().resolve(&reference).await.unwrap();
    Subject {
        repository: reference.repository().clone(),
        manifest,
    }
}

pub(crate) fn layer(text: &str) -> NewLayer {
    NewLayer {
        media_type: "application/vnd.dev.cosign.simplesigning.v1+json".into(),
        payload: Bytes::copy_from_slice(text.as_bytes()),
        annotations: BTreeMap::from([("dev.cosignproject.cosign/signature".into(), text.into())]),
        repeats: None,
    }
}

pub(crate) fn bundle(text: &str, predicate_type: &str) -> NewBundle {
    NewBundle {
        bundle: Bytes::from(format!("{{\"text\":\"{text}\"}}")),
        predicate_type: predicate_type.into(),
        created: OffsetDateTime::UNIX_EPOCH,
    }
}
