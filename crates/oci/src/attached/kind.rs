//! What is attached under a tag, and the tag's name.

use touchmark_core::Digest;

/// What is attached under a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Simple-signing payloads: `.sig`.
    Signature,
    /// DSSE envelopes: `.att`.
    Attestation,
    /// An SBOM that nobody signed: `.sbom`.
    Sbom,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Signature, Self::Attestation, Self::Sbom];

    /// How the tag ends, without the dot.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Signature => "sig",
            Self::Attestation => "att",
            Self::Sbom => "sbom",
        }
    }

    /// The tag for an image: `sha256-HEX.sig`.
    #[must_use]
    pub fn tag(self, image: &Digest) -> String {
        let (name, hex) = (image.algorithm().name(), image.to_hex());
        format!("{name}-{hex}.{}", self.suffix())
    }

    /// The image and kind that a tag is for; `None` for any other tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<(Digest, Self)> {
        let (image, suffix) = tag.split_once('.')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.suffix() == suffix)?;
        let digest = Digest::parse(&image.replacen('-', ":", 1))?;
        (kind.tag(&digest) == tag).then_some((digest, kind))
    }
}

#[cfg(test)]
mod tests {
    use touchmark_core::HashAlgorithm;

    use super::*;

    #[test]
    fn tags_are_written_and_read() {
        let digest = Digest::of(HashAlgorithm::Sha256, b"{}");
        for kind in Kind::ALL {
            assert_eq!(
                Kind::of_tag(&kind.tag(&digest)),
                Some((digest.clone(), kind))
            );
        }
        let hex = digest.to_hex();
        assert_eq!(Kind::Signature.tag(&digest), format!("sha256-{hex}.sig"));
        let others = [
            format!("sha256-{hex}"),
            format!("sha256-{hex}.txt"),
            format!("sha256:{hex}.sig"),
            format!("sha256-{}.sig", hex.to_uppercase()),
            "latest".into(),
        ];
        for other in others {
            assert_eq!(Kind::of_tag(&other), None, "{other}");
        }
    }
}
