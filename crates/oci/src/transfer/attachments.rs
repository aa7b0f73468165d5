//! What is attached to an image: under its tags, and as referrers.

use touchmark_core::Digest;

use crate::attached::{Kind, Places};
use crate::error::OciError;
use crate::manifest::Manifest;
use crate::reference::{Repository, Target};
use crate::registry::Registry;

/// Something under a tag that is made of an image's digest.
#[derive(Clone, Debug)]
pub(crate) struct Tagged {
    pub(crate) image: Digest,
    pub(crate) kind: Kind,
    pub(crate) manifest: Manifest,
}

/// All that is attached to one image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachments {
    pub(crate) tagged: Vec<Tagged>,
    pub(crate) referrers: Vec<Manifest>,
}

impl Attachments {
    /// Looks for what is attached to an image, of those kinds.
    pub(crate) async fn of(
        registry: &Registry,
        places: &Places,
        repository: &Repository,
        image: &Digest,
        kinds: &[Kind],
    ) -> Result<Self, OciError> {
        let operation = registry.operation();
        let place = places.repository_for(repository);
        let mut found = Self::default();
        for kind in kinds {
            let target = Target::Tag(kind.tag(image));
            if let Some(manifest) = operation.find_manifest(place, &target).await? {
                found.tagged.push(Tagged {
                    image: image.clone(),
                    kind: *kind,
                    manifest,
                });
            }
        }
        let listed = operation.referrers(place, image).await?;
        if listed.truncated {
            return Err(OciError::TooMuch {
                what: format!("the number of referrers of {place}@{image}"),
                limit: listed.manifests.len() as u64,
            });
        }
        for referrer in listed.manifests {
            let target = Target::from(&referrer.digest);
            // A list may name what was deleted since.
            if let Some(manifest) = operation.find_manifest(place, &target).await? {
                found.referrers.push(manifest);
            }
        }
        Ok(found)
    }
}
