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

    /// Whether it reads signatures of a form.
    #[must_use]
    pub fn reads(self, form: Form) -> bool {
        match self {
            Self::Cosign(_) | Self::Kyverno => true,
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
mod tests {
    use super::*;
    use crate::registry::Kind;

    /// What each cosign signed in each form is admitted by all who read that form, and nothing
    /// else is: so each judge is known to be able to refuse, and why an image is admitted.
    fn all_agree(kind: Kind) {
        let registry = Registry::start(kind);
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        for signer in [Cosign::v3(), Cosign::v2()] {
            let signer = signer.registry(&registry);
            signer.generate_key_pair(dir, "signer", "").success();
            signer.generate_key_pair(dir, "other", "").success();
            let (key, other) = (dir.join("signer.pub"), dir.join("other.pub"));
            for form in Form::BOTH {
                let name = format!("v{}-{form:?}", signer.major()).to_lowercase();
                let image = registry.push_image(&name, "signed");
                let moved = registry.push_image(&name, "moved");
                let unsigned = registry.push_image(&name, "unsigned");
                let reference = image.by_digest();
                let output = signer.sign(dir, "signer.key", &reference, form, &[]);
                output.success();
                registry.transplant(&image, &moved);
                let judges = Judge::ALL.into_iter().filter(|judge| judge.reads(form));
                for judge in judges.clone() {
                    judge.of(&registry, &image, &key, form).accepted();
                    judge.of(&registry, &image, &other, form).refused();
                    judge.of(&registry, &moved, &key, form).refused();
                    judge.of(&registry, &unsigned, &key, form).refused();
                }
                registry.spoil(&image);
                for judge in judges {
                    judge.of(&registry, &image, &key, form).refused();
                }
            }
        }
    }

    #[test]
    fn on_olareg() {
        all_agree(Kind::Olareg);
    }

    #[test]
    fn on_olareg_without_referrers() {
        all_agree(Kind::OlaregWithoutReferrers);
    }

    #[test]
    fn on_docker_registry() {
        all_agree(Kind::DockerRegistry);
    }

    #[test]
    fn on_one_with_tls_and_tokens() {
        all_agree(Kind::WithTokens);
    }
}
