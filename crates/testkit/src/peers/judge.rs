//! The consumers of image signatures, asked the same question: does this key's signature admit
//! this image?

use std::path::Path;

use super::cosign::{Cosign, Form};
use super::skopeo::Identity;
use super::{kyverno, sigstore_go, skopeo};
use crate::program::Output;
use crate::registry::{Image, Registry};

/// One consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// `cosign verify`, of major version 2 or 3.
    Cosign(u8),
    /// skopeo under a policy with `sigstoreSigned`.
    Skopeo(Identity),
    /// A cluster policy of Kyverno.
    Kyverno,
    /// The bundles that refer to the image, by sigstore-go.
    SigstoreGo,
}

/// What a consumer made of an image.
#[derive(Debug)]
pub struct Verdict {
    accepted: bool,
    said: String,
}

impl Judge {
    /// All, with the identity rule of skopeo that everybody's signatures pass.
    pub const ALL: [Self; 5] = [
        Self::Cosign(3),
        Self::Cosign(2),
        Self::Skopeo(Identity::Repository),
        Self::Kyverno,
        Self::SigstoreGo,
    ];

    /// Whether it finds signatures of a form in a registry. Where the referrers API answers 405,
    /// cosign and Kyverno do not go on to the fallback tag; what sigstore-go is given, this harness
    /// has found.
    #[must_use]
    pub fn reads(self, registry: &Registry, form: Form) -> bool {
        match self {
            Self::Cosign(_) | Self::Kyverno => {
                form == Form::Tag || registry.referrers_status() != 405
            }
            Self::Skopeo(_) => form == Form::Tag,
            Self::SigstoreGo => form == Form::Bundle,
        }
    }

    /// Asks it about an image, by its tag where it has one, with a public key in a PEM file. It is
    /// told to look for this form, where it can be told.
    #[must_use]
    pub fn of(self, registry: &Registry, image: &Image, key: &Path, form: Form) -> Verdict {
        let reference = match image.tag.as_str() {
            "" => image.by_digest(),
            _ => image.by_tag(),
        };
        match self {
            Self::Cosign(major) => cosign(major, registry, &reference, key, form).into(),
            Self::Skopeo(identity) => skopeo::copy(registry, &reference, key, identity).into(),
            Self::Kyverno => {
                let key = std::fs::read_to_string(key).expect("a public key");
                let demand = kyverno::Demand::Signature;
                kyverno::apply(registry, &reference, &key, form, demand).into()
            }
            Self::SigstoreGo => bundles(registry, image, key),
        }
    }
}

fn cosign(major: u8, registry: &Registry, image: &str, key: &Path, form: Form) -> Output {
    let cosign = match major {
        2 => Cosign::v2(),
        _ => Cosign::v3(),
    };
    let key = key.to_str().expect("a path in UTF-8");
    let cosign = cosign.registry(registry);
    cosign.verify_form(Path::new("/"), key, image, form)
}

/// One good bundle is enough, as for the others.
fn bundles(registry: &Registry, image: &Image, key: &Path) -> Verdict {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("bundle.json");
    let mut said = String::from("sigstore-go:\n");
    for bundle in registry.bundles(image) {
        std::fs::write(&file, bundle).expect("a file");
        let output = sigstore_go::verify(key, &image.digest, &file);
        if output.accepted() {
            return output.into();
        }
        said += &output.to_string();
    }
    Verdict {
        accepted: false,
        said,
    }
}

impl From<Output> for Verdict {
    fn from(output: Output) -> Self {
        Self {
            accepted: output.accepted(),
            said: output.to_string(),
        }
    }
}

impl Verdict {
    /// Checks that the image is admitted.
    #[track_caller]
    pub fn accepted(self) {
        assert!(self.accepted, "refused by {}", self.said);
    }

    /// Checks that it is not.
    #[track_caller]
    pub fn refused(self) {
        assert!(!self.accepted, "accepted by {}", self.said);
    }
}

#[cfg(test)]
mod tests;
