//! Where attachments are kept.

use touchmark_core::Digest;

use super::Kind;
use crate::manifest::{Descriptor, media_type};
use crate::reference::{Reference, Repository};

/// Where attachments are kept, and in which media types new ones are written.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The repository that `COSIGN_REPOSITORY` names, for all attachments of all images; beside
    /// the image where it is not set.
    pub repository: Option<Repository>,
    /// Write Docker's media types instead of OCI's (`COSIGN_DOCKER_MEDIA_TYPES`).
    pub docker_media_types: bool,
}

impl Places {
    /// The repository of an image's attachments.
    #[must_use]
    pub fn repository_for<'a>(&'a self, image: &'a Repository) -> &'a Repository {
        self.repository.as_ref().unwrap_or(image)
    }

    /// The tag of an image's attachments of that kind.
    #[must_use]
    pub fn reference(&self, image: &Repository, digest: &Digest, kind: Kind) -> Reference {
        self.repository_for(image).tagged(kind.tag(digest))
    }

    pub(super) fn manifest_type(&self) -> &'static str {
        if self.docker_media_types {
            return media_type::DOCKER_MANIFEST;
        }
        media_type::OCI_MANIFEST
    }

    pub(super) fn config_type(&self) -> &'static str {
        if self.docker_media_types {
            return media_type::DOCKER_CONFIG;
        }
        media_type::OCI_CONFIG
    }
}

/// The image that something is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Where the image is.
    pub repository: Repository,
    /// Its manifest's type, digest and size.
    pub manifest: Descriptor,
}
