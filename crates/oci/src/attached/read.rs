//! Reads what is attached under a tag.

use bytes::Bytes;
use tokio::task::JoinSet;
use touchmark_core::Digest;

use super::{Kind, Places};
use crate::error::OciError;
use crate::manifest::{Descriptor, Image, Manifest};
use crate::reference::{Reference, Repository};
use crate::registry::Operation;

/// What is attached under one tag.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attached {
    /// The tag.
    pub reference: Reference,
    /// The manifest under it.
    pub manifest: Manifest,
    /// Its layers in their order: one signature or attestation each.
    pub layers: Vec<Layer>,
    /// Whether there are more than [`crate::Limits::layers`], which were not looked at.
    pub truncated: bool,
}

/// One signature or attestation.
#[derive(Debug)]
#[non_exhaustive]
pub struct Layer {
    /// Its type, digest, size and annotations.
    pub descriptor: Descriptor,
    /// Its content, or why it could not be had: one bad layer does not hide the others.
    pub payload: Result<Bytes, OciError>,
}

impl Operation {
    /// Fetches what is attached to an image; `None` where nothing is.
    ///
    /// # Errors
    /// What went wrong with the manifest; what went wrong with a layer is told there.
    pub async fn attached(
        &self,
        places: &Places,
        image: &Repository,
        digest: &Digest,
        kind: Kind,
    ) -> Result<Option<Attached>, OciError> {
        let reference = places.reference(image, digest, kind);
        let found = self.attached_manifest(&reference).await?;
        let Some((manifest, mut parsed)) = found else {
            return Ok(None);
        };
        let limit = self.limits().layers;
        let truncated = parsed.layers.len() > limit;
        parsed.layers.truncate(limit);
        let layers = self.payloads(reference.repository(), parsed.layers).await;
        Ok(Some(Attached {
            reference,
            manifest,
            layers,
            truncated,
        }))
    }

    /// The manifest under an attachment's tag.
    pub(super) async fn attached_manifest(
        &self,
        reference: &Reference,
    ) -> Result<Option<(Manifest, Image)>, OciError> {
        let target = reference.target();
        match self.find_manifest(reference.repository(), &target).await? {
            Some(manifest) => {
                let image = manifest.image()?;
                Ok(Some((manifest, image)))
            }
            None => Ok(None),
        }
    }

    /// Fetches layers side by side; the lanes say how many at once.
    async fn payloads(&self, repository: &Repository, layers: Vec<Descriptor>) -> Vec<Layer> {
        let mut tasks = JoinSet::new();
        for (place, descriptor) in layers.into_iter().enumerate() {
            let (operation, repository) = (self.clone(), repository.clone());
            tasks.spawn(async move {
                let payload = operation.blob(&repository, &descriptor).await;
                (
                    place,
                    Layer {
                        descriptor,
                        payload,
                    },
                )
            });
        }
        in_order(tasks).await
    }
}

/// The results of tasks, in the order of their numbers. A task that was ended with its runtime
/// has none.
pub(super) async fn in_order<T: 'static>(mut tasks: JoinSet<(usize, T)>) -> Vec<T> {
    let mut done = Vec::new();
    while let Some(one) = tasks.join_next().await {
        done.extend(one.ok());
    }
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, one)| one).collect()
}
