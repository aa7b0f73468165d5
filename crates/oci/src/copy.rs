//! Copies an image with all that is attached to it from one repository to another.

mod attach;
mod platform;

use crate::attached::{Kind, Places};
use crate::error::OciError;
use crate::layout::{Moved, What};
use crate::manifest::Manifest;
use crate::reference::{Reference, Target};
use crate::registry::Registry;
use crate::transfer::{Attachments, Store};

pub use platform::Platform;

/// The predicate type of a signature in a bundle.
const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// Where a referrer says its predicate type.
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// What is copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyOptions {
    /// Only attachments of these kinds, and not the image's tag; all and the tag, if empty.
    pub only: Vec<Kind>,
    /// Overwrite a tag that is another image at the destination.
    pub force: bool,
    /// Only the image for that platform of an index.
    pub platform: Option<Platform>,
}

impl Registry {
    /// Copies an image, its children and what is attached to any of them. Attachments that are at
    /// the destination already stay, and the others are added to them. The image's own tag is
    /// written last. Between repositories of one registry, content is not moved but mounted.
    ///
    /// # Errors
    /// [`OciError::Setup`] where the destination's tag is another image and `force` is not set;
    /// otherwise what went wrong.
    pub async fn copy(
        &self,
        places: &Places,
        from: &Reference,
        to: &Reference,
        options: &CopyOptions,
    ) -> Result<Vec<Moved>, OciError> {
        let (source, target) = (from.repository(), to.repository());
        let named = self.operation().manifest(source, &from.target()).await?;
        let store = Store::Remote(self.clone(), source.clone());
        let root = match &options.platform {
            Some(platform) => platform::choose(&store, named, platform).await?,
            None => named,
        };
        if options.only.is_empty() {
            self.check_tag(to, &root, options.force).await?;
        }
        let remote = Store::Remote(self.clone(), target.clone());
        let manifests = store.bring_tree(&root, &remote).await?;
        let mut moved = vec![Moved::new(What::Image, root.digest(), root.digest())];
        let attachments = Store::Remote(self.clone(), places.repository_for(source).clone());
        for manifest in manifests.iter().rev() {
            let image = manifest.digest();
            let kinds = match options.only.as_slice() {
                [] => &Kind::ALL,
                only => only,
            };
            let found = Attachments::of(self, places, source, image, kinds).await?;
            for tagged in &found.tagged {
                self.attach(&attachments, target, tagged, options.force)
                    .await?;
                let what = What::Attached(tagged.kind);
                moved.push(Moved::new(what, tagged.manifest.digest(), image));
            }
            for referrer in &found.referrers {
                if wanted(&options.only, referrer) {
                    self.refer(&attachments, target, image, referrer).await?;
                    moved.push(Moved::new(What::Referrer, referrer.digest(), image));
                }
            }
        }
        if options.only.is_empty() && to.digest().is_none() {
            self.operation()
                .push_manifest(target, &to.target(), &root)
                .await?;
        }
        Ok(moved)
    }

    /// Refuses a tag that is another image already.
    async fn check_tag(
        &self,
        to: &Reference,
        root: &Manifest,
        force: bool,
    ) -> Result<(), OciError> {
        if let Some(digest) = to.digest() {
            if digest == root.digest() {
                return Ok(());
            }
            return Err(OciError::Mismatch {
                what: "the image that is to be copied".into(),
                property: "digest",
                expected: digest.to_string(),
                found: root.digest().to_string(),
            });
        }
        if force {
            return Ok(());
        }
        match self.operation().resolve(to).await {
            Ok(there) if there.digest != *root.digest() => Err(OciError::setup(format!(
                "{to} is another image already, which --force overwrites"
            ))),
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether a referrer is of the kinds that were asked for: signatures, or other attestations.
fn wanted(only: &[Kind], referrer: &Manifest) -> bool {
    if only.is_empty() {
        return true;
    }
    let annotations = referrer.image().map(|image| image.annotations);
    let annotations = annotations.unwrap_or_default();
    match annotations.get(PREDICATE_TYPE).map(String::as_str) {
        Some(SIGNATURE) => only.contains(&Kind::Signature),
        Some(_) => only.contains(&Kind::Attestation),
        None => false,
    }
}

/// The tag of an attachment.
fn tag_of(kind: Kind, image: &touchmark_core::Digest) -> Target {
    Target::Tag(kind.tag(image))
}
