//! OCI image layouts on disk, as `cosign save` writes them and `cosign load` reads them.
//!
//! `index.json` names the image and its attachments. cosign marks the image, its signatures and
//! its attestations with the annotation `kind`, and leaves referrers out of the list: its `load`
//! looks into every blob for a manifest whose subject is the image. Here referrers, SBOMs and the
//! attachments of an index's children are listed too, without `kind`, under the tags that they
//! have in a registry; cosign passes over them.

mod folder;
mod load;
mod names;
mod save;

pub(crate) use folder::Folder;

use touchmark_core::Digest;

/// What was saved, loaded or copied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// What it is.
    pub what: What,
    /// Its manifest's digest.
    pub digest: Digest,
    /// The image that it is attached to, or the image itself.
    pub image: Digest,
}

/// What a manifest is to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// The image or index itself.
    Image,
    /// What is attached under a tag.
    Attached(crate::attached::Kind),
    /// A referrer: a bundle, or what else refers to the image.
    Referrer,
}

impl Moved {
    pub(crate) fn new(what: What, digest: &Digest, image: &Digest) -> Self {
        Self {
            what,
            digest: digest.clone(),
            image: image.clone(),
        }
    }
}
