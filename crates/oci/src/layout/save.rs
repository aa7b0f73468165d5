//! Saves an image with all that is attached to it.

use std::path::Path;

use touchmark_core::Digest;

use super::{Folder, Moved, What, names};
use crate::attached::{Kind, Places};
use crate::error::OciError;
use crate::manifest::{Descriptor, Index, Manifest};
use crate::reference::Reference;
use crate::registry::Registry;
use crate::transfer::{Attachments, Store, Tagged};

impl Registry {
    /// Saves an image, its children, and what is attached to any of them, to a layout on disk.
    /// The index is written last: a save that fails leaves the one that was there.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn save(
        &self,
        places: &Places,
        from: &Reference,
        folder: &Path,
    ) -> Result<Vec<Moved>, OciError> {
        let operation = self.operation();
        let repository = from.repository();
        let root = operation.manifest(repository, &from.target()).await?;
        let folder = Folder::create(folder)?;
        let (store, to) = (
            Store::Remote(self.clone(), repository.clone()),
            Store::Local(folder.clone()),
        );
        let manifests = store.bring_tree(&root, &to).await?;
        let mut index = Index::default();
        index.manifests.push(image_entry(&root));
        let mut moved = vec![Moved::new(What::Image, root.digest(), root.digest())];
        // The image itself first: cosign takes the first of each kind.
        for manifest in manifests.iter().rev() {
            let image = manifest.digest();
            let found = Attachments::of(self, places, repository, image, &Kind::ALL).await?;
            let place = places.repository_for(repository).clone();
            let place = Store::Remote(self.clone(), place);
            for tagged in &found.tagged {
                place.bring_tree(&tagged.manifest, &to).await?;
                index.manifests.push(tagged_entry(tagged, root.digest()));
                let what = What::Attached(tagged.kind);
                moved.push(Moved::new(what, tagged.manifest.digest(), image));
            }
            for referrer in &found.referrers {
                place.bring_tree(referrer, &to).await?;
                index.manifests.push(referrer.descriptor().clone());
                moved.push(Moved::new(What::Referrer, referrer.digest(), image));
            }
        }
        folder.write_index(&index)?;
        Ok(moved)
    }
}

fn image_entry(root: &Manifest) -> Descriptor {
    let kind = if root.is_index() {
        names::INDEX
    } else {
        names::IMAGE
    };
    annotated(root, names::KIND, kind)
}

fn tagged_entry(tagged: &Tagged, root: &Digest) -> Descriptor {
    let kind = match tagged.kind {
        Kind::Signature => Some(names::SIGNATURES),
        Kind::Attestation => Some(names::ATTESTATIONS),
        Kind::Sbom => None,
    };
    let tag = tagged.kind.tag(&tagged.image);
    let mut entry = annotated(&tagged.manifest, names::REF_NAME, &tag);
    if let Some(kind) = kind
        && tagged.image == *root
    {
        entry.annotations.insert(names::KIND.into(), kind.into());
    }
    entry
}

fn annotated(manifest: &Manifest, key: &str, value: &str) -> Descriptor {
    let mut entry = manifest.descriptor().clone();
    entry.annotations.insert(key.into(), value.into());
    entry
}
