//! What refers to an image, by the referrers API or the fallback tag.

use serde_json::Value;
use ureq::http::Method;

use super::{Image, Registry, digest_of};

impl Registry {
    /// What the referrers API answers: 200, or 404 or 405 where there is none.
    #[track_caller]
    #[must_use]
    pub fn referrers_status(&self) -> u16 {
        let nothing = format!("/v2/any/referrers/{}", digest_of(b""));
        self.call(Method::GET, &nothing, "", Vec::new()).status
    }

    /// Whether the registry has the referrers API.
    #[track_caller]
    #[must_use]
    pub fn has_referrers(&self) -> bool {
        self.referrers_status() == 200
    }

    /// The manifests that refer to an image.
    #[track_caller]
    pub fn referring(&self, image: &Image) -> Vec<Value> {
        let descriptors = self.referrers(&image.name, &image.digest).into_iter();
        descriptors
            .map(|descriptor| {
                let digest = descriptor["digest"].as_str().expect("a digest");
                self.manifest(&image.name, digest)
                    .expect("a referrer")
                    .json()
            })
            .collect()
    }

    /// The Sigstore bundles among them, as they are stored.
    #[track_caller]
    pub fn bundles(&self, image: &Image) -> Vec<Vec<u8>> {
        let manifests = self.referring(image).into_iter();
        let layers = manifests.map(|manifest| manifest["layers"][0].clone());
        layers
            .filter(|layer| {
                let media_type = layer["mediaType"].as_str().unwrap_or_default();
                media_type.starts_with("application/vnd.dev.sigstore.bundle")
            })
            .map(|layer| self.blob(&image.name, layer["digest"].as_str().expect("a digest")))
            .collect()
    }
}
