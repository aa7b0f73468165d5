//! Loads an image with all that is attached to it.

use std::collections::HashSet;
use std::path::Path;

use touchmark_core::Digest;

use super::{Folder, Moved, What, names};
use crate::attached::{Kind, Places};
use crate::error::OciError;
use crate::manifest::{Descriptor, Image, Index, Manifest, media_type};
use crate::reference::{Reference, Repository};
use crate::registry::Registry;
use crate::transfer::{Store, Tagged};

impl Registry {
    /// Loads the image of a layout on disk, its children and what is attached to any of them.
    /// Attachments that are in the registry already stay, and the layout's are added to them.
    /// The image's own tag is written last.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn load(
        &self,
        places: &Places,
        folder: &Path,
        to: &Reference,
    ) -> Result<Vec<Moved>, OciError> {
        let from = Folder::open(folder);
        let index = from.index().await?;
        let store = Store::Local(from.clone());
        let entry = root(&from, &index)?;
        let root = store.manifest(entry).await?;
        check_name(to, root.digest())?;
        let repository = to.repository();
        let remote = Store::Remote(self.clone(), repository.clone());
        let manifests = store.bring_tree(&root, &remote).await?;
        let images: HashSet<_> = manifests.iter().map(|one| one.digest().clone()).collect();
        let mut moved = vec![Moved::new(What::Image, root.digest(), root.digest())];
        let place = places.repository_for(repository);
        for entry in &index.manifests {
            if let Some((image, kind)) = tagged(entry, root.digest()) {
                let manifest = store.manifest(entry).await?;
                let what = What::Attached(kind);
                moved.push(Moved::new(what, manifest.digest(), &image));
                let tagged = Tagged {
                    image,
                    kind,
                    manifest,
                };
                self.attach(&store, place, &tagged, false).await?;
            }
        }
        for (image, manifest) in referrers(&from, &images).await? {
            self.refer(&store, place, &image, &manifest).await?;
            moved.push(Moved::new(What::Referrer, manifest.digest(), &image));
        }
        if to.tag().is_some() && to.digest().is_none() {
            let operation = self.operation();
            operation
                .push_manifest(repository, &to.target(), &root)
                .await?;
        }
        Ok(moved)
    }

    /// Brings a referrer, and looks whether it is listed.
    pub(crate) async fn refer(
        &self,
        from: &Store,
        place: &Repository,
        image: &Digest,
        referrer: &Manifest,
    ) -> Result<(), OciError> {
        let to = Store::Remote(self.clone(), place.clone());
        if referrer.is_index() {
            // What an index that refers to something lists is brought as any image's.
            from.bring_tree(referrer, &to).await?;
            return self.operation().list(place, image, None, referrer).await;
        }
        let parsed = referrer.image()?;
        from.bring_blobs(&parsed, &to).await?;
        let operation = self.operation();
        operation.list(place, image, Some(&parsed), referrer).await
    }
}

/// The entry that is the image: the one of that kind, or the only one without any.
fn root<'a>(folder: &Folder, index: &'a Index) -> Result<&'a Descriptor, OciError> {
    let kind = |entry: &&Descriptor| {
        let kind = entry.annotations.get(names::KIND).map(String::as_str);
        kind == Some(names::IMAGE) || kind == Some(names::INDEX)
    };
    if let Some(entry) = index.manifests.iter().find(kind) {
        return Ok(entry);
    }
    match index.manifests.as_slice() {
        [only] => Ok(only),
        entries => Err(OciError::malformed(
            format!("{}/index.json", folder.shown()),
            format!(
                "it has {} entries, and none is marked as the image",
                entries.len()
            ),
        )),
    }
}

fn check_name(to: &Reference, root: &Digest) -> Result<(), OciError> {
    match to.digest() {
        Some(digest) if digest != root => Err(OciError::Mismatch {
            what: "the image in the layout".into(),
            property: "digest",
            expected: digest.to_string(),
            found: root.to_string(),
        }),
        _ => Ok(()),
    }
}

/// What an entry is attached to, and how: by its tag, or by cosign's word for it.
fn tagged(entry: &Descriptor, root: &Digest) -> Option<(Digest, Kind)> {
    if let Some(tag) = entry.annotations.get(names::REF_NAME)
        && let Some(found) = Kind::of_tag(tag)
    {
        return Some(found);
    }
    match entry.annotations.get(names::KIND)?.as_str() {
        names::SIGNATURES => Some((root.clone(), Kind::Signature)),
        names::ATTESTATIONS => Some((root.clone(), Kind::Attestation)),
        _ => None,
    }
}

/// The manifests among the blobs whose subject is one of the images: cosign lists them nowhere.
async fn referrers(
    folder: &Folder,
    images: &HashSet<Digest>,
) -> Result<Vec<(Digest, Manifest)>, OciError> {
    let mut found = Vec::new();
    for digest in folder.small_blobs().await? {
        let Some(bytes) = folder.small_blob(&digest).await? else {
            continue;
        };
        let subject = serde_json::from_slice::<Image>(&bytes)
            .ok()
            .and_then(|image| Some((image.subject?.digest, image.media_type)));
        let Some((subject, kind)) = subject else {
            continue;
        };
        if images.contains(&subject) {
            let kind = kind.unwrap_or_else(|| media_type::OCI_MANIFEST.into());
            let descriptor = Descriptor::new(kind, digest, bytes.len() as u64);
            found.push((subject, Manifest::checked(descriptor, bytes.into())));
        }
    }
    Ok(found)
}
