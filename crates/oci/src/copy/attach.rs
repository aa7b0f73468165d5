//! Brings what is under a tag to a place where there may be something under it already.

use std::time::Duration;

use super::tag_of;
use crate::attached::{Kind, NewLayer, Places, Replace, Subject};
use crate::error::OciError;
use crate::manifest::{Descriptor, media_type};
use crate::reference::Repository;
use crate::registry::Registry;
use crate::transfer::{Store, Tagged};

/// How often a tag is written that somebody else writes too.
const TRIES: u32 = 3;

impl Registry {
    /// Brings attachments. Where there are none, they stay byte for byte; where there are others,
    /// the missing ones are added. An SBOM has no parts that could be added: another one there is
    /// overwritten only by `force`.
    pub(crate) async fn attach(
        &self,
        from: &Store,
        place: &Repository,
        tagged: &Tagged,
        force: bool,
    ) -> Result<(), OciError> {
        let target = tag_of(tagged.kind, &tagged.image);
        for round in 0..TRIES {
            let operation = self.operation();
            let there = operation.find_manifest(place, &target).await?;
            match there {
                Some(there) if there.digest() == tagged.manifest.digest() => return Ok(()),
                Some(_) if tagged.kind != Kind::Sbom => {
                    return self.add(from, place, tagged).await;
                }
                Some(_) if !force => {
                    return Err(OciError::setup(format!(
                        "{place}:{target} is another SBOM already, which --force overwrites"
                    )));
                }
                _ => {}
            }
            let to = Store::Remote(self.clone(), place.clone());
            from.bring_tree(&tagged.manifest, &to).await?;
            tokio::time::sleep(Duration::from_millis(u64::from(round) * 50)).await;
            let operation = self.operation();
            operation
                .push_manifest(place, &target, &tagged.manifest)
                .await?;
        }
        Err(OciError::Lost(format!("{place}:{target}")))
    }

    /// Adds the layers that are missing.
    async fn add(&self, from: &Store, place: &Repository, tagged: &Tagged) -> Result<(), OciError> {
        let mut layers = Vec::new();
        for layer in tagged.manifest.image()?.layers {
            layers.push(NewLayer {
                payload: from.small(&layer, self).await?,
                media_type: layer.media_type,
                annotations: layer.annotations,
                repeats: None,
            });
        }
        let subject = Subject {
            repository: place.clone(),
            // Only its digest matters for the tag.
            manifest: Descriptor::new(media_type::OCI_MANIFEST, tagged.image.clone(), 0),
        };
        let (beside, nothing) = (Places::default(), Replace::Nothing);
        let operation = self.operation();
        let added = operation.append(&beside, &subject, tagged.kind, layers, &nothing);
        added.await.map(|_| ())
    }
}

impl Store {
    /// Content that fits into memory.
    async fn small(
        &self,
        blob: &Descriptor,
        registry: &Registry,
    ) -> Result<bytes::Bytes, OciError> {
        match self {
            Self::Remote(registry, repository) => registry.operation().blob(repository, blob).await,
            Self::Local(folder) => folder.content(blob, registry.limits().blob_bytes).await,
        }
    }
}
