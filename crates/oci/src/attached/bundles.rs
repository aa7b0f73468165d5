//! Reads the bundles that refer to an image.
//!
//! Whether a referrer is a bundle is seen in its manifest, not in the list: some writers leave
//! the list's `artifactType` out, or put the configuration's type there.

use bytes::Bytes;
use tokio::task::JoinSet;
use touchmark_core::Digest;

use super::Places;
use super::read::in_order;
use crate::error::OciError;
use crate::manifest::{Descriptor, Image};
use crate::reference::{Repository, Target};
use crate::registry::Operation;

/// The media type of a bundle of version 0.3.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// How a layer's media type begins where the layer is a bundle of any version.
const BUNDLE_PREFIX: &str = "application/vnd.dev.sigstore.bundle";

/// What refers to an image.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Bundles {
    /// The bundles, in the list's order, and referrers of which nobody can say what they are.
    pub candidates: Vec<Candidate>,
    /// The manifests of referrers that are no bundles.
    pub others: Vec<Descriptor>,
    /// Whether there are more than [`crate::Limits::referrers`], which were not looked at.
    pub truncated: bool,
    /// Whether the registry has the referrers API.
    pub api: bool,
}

/// A referrer that is, or may be, a bundle.
#[derive(Debug)]
#[non_exhaustive]
pub struct Candidate {
    /// The referrer's own manifest, as the list describes it.
    pub manifest: Descriptor,
    /// The manifest's content, where it could be had.
    pub image: Option<Image>,
    /// The bundle, or why it could not be had: one bad referrer does not hide the others.
    pub bundle: Result<Bytes, OciError>,
}

enum Found {
    Bundle(Box<Candidate>),
    Other(Descriptor),
}

impl Operation {
    /// Fetches the bundles that refer to an image.
    ///
    /// # Errors
    /// What went wrong with the list; what went wrong with a referrer is told there.
    pub async fn bundles(
        &self,
        places: &Places,
        image: &Repository,
        digest: &Digest,
    ) -> Result<Bundles, OciError> {
        let repository = places.repository_for(image);
        let listed = self.referrers(repository, digest).await?;
        let mut tasks = JoinSet::new();
        for (place, manifest) in listed.manifests.into_iter().enumerate() {
            let (operation, repository) = (self.clone(), repository.clone());
            tasks.spawn(async move { (place, operation.referrer(&repository, manifest).await) });
        }
        let mut bundles = Bundles {
            truncated: listed.truncated,
            api: listed.api,
            ..Bundles::default()
        };
        for found in in_order(tasks).await {
            match found {
                Found::Bundle(candidate) => bundles.candidates.push(*candidate),
                Found::Other(descriptor) => bundles.others.push(descriptor),
            }
        }
        Ok(bundles)
    }

    async fn referrer(&self, repository: &Repository, manifest: Descriptor) -> Found {
        let candidate = |image, bundle| {
            Found::Bundle(Box::new(Candidate {
                manifest: manifest.clone(),
                image,
                bundle,
            }))
        };
        let target = Target::from(&manifest.digest);
        let fetched = match self.manifest(repository, &target).await {
            Ok(fetched) if fetched.is_index() => return Found::Other(manifest),
            Ok(fetched) => fetched,
            Err(error) => return candidate(None, Err(error)),
        };
        let image = match fetched.image() {
            Ok(image) => image,
            Err(error) => return candidate(None, Err(error)),
        };
        match image.layers.as_slice() {
            [layer] if layer.media_type.starts_with(BUNDLE_PREFIX) => {
                let bundle = self.blob(repository, layer).await;
                candidate(Some(image), bundle)
            }
            _ => Found::Other(manifest),
        }
    }
}
