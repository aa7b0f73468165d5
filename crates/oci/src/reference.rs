//! Names of images: `registry/repository[:tag][@digest]`.

use std::fmt;
use std::str::FromStr;

use oci_spec::distribution::ParseError;
use touchmark_core::{Digest, HashAlgorithm};

use crate::error::OciError;

/// What Docker Hub is called in requests and, as cosign does, in signatures.
const DOCKER_HUB: &str = "index.docker.io";

/// A repository in a registry: `Display` is `registry/name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    registry: String,
    name: String,
}

impl Repository {
    /// The registry's host, with a port where one was given. Docker Hub is `index.docker.io`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository's path, such as `library/alpine`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The image of that digest in this repository.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Reference {
        Reference {
            repository: self.clone(),
            tag: None,
            digest: Some(digest),
        }
    }

    /// The image of that tag in this repository.
    #[must_use]
    pub fn tagged(&self, tag: impl Into<String>) -> Reference {
        Reference {
            repository: self.clone(),
            tag: Some(tag.into()),
            digest: None,
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.name)
    }
}

impl FromStr for Repository {
    type Err = OciError;

    /// Reads `registry/name` without tag and digest.
    fn from_str(text: &str) -> Result<Self, OciError> {
        let reference: Reference = text.parse()?;
        let last = text.rsplit('/').next().unwrap_or(text);
        if !last.contains([':', '@']) {
            return Ok(reference.repository);
        }
        Err(OciError::Reference {
            given: text.into(),
            why: "a repository has no tag and no digest".into(),
        })
    }
}

/// The name of an image. `Display` is the full form, `registry/repository[:tag][@digest]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    repository: Repository,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Where the image is.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag. `latest` where neither tag nor digest was given.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if it was given. Where there are both, the digest counts.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same image by digest; the tag, if any, is kept.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            ..self.clone()
        }
    }

    /// What the image is asked for by: its digest, else its tag.
    #[must_use]
    pub fn target(&self) -> Target {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Target::Digest(digest.clone()),
            (None, Some(tag)) => Target::Tag(tag.clone()),
            (None, None) => Target::Tag("latest".into()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.repository.fmt(f)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Reference {
    type Err = OciError;

    /// Reads a reference as docker and cosign do: without a registry it is one of Docker Hub.
    fn from_str(text: &str) -> Result<Self, OciError> {
        let refused = |why: String| OciError::Reference {
            given: text.into(),
            why,
        };
        let parsed = oci_spec::distribution::Reference::try_from(text)
            .map_err(|error| refused(explain(text, &error)))?;
        let digest = match parsed.digest() {
            None => None,
            Some(digest) => Some(parse_digest(digest).map_err(refused)?),
        };
        Ok(Self {
            repository: Repository {
                registry: hub(parsed.registry()),
                name: parsed.repository().into(),
            },
            tag: parsed.tag().map(Into::into),
            digest,
        })
    }
}

fn hub(registry: &str) -> String {
    match registry {
        "docker.io" | "registry-1.docker.io" => DOCKER_HUB.into(),
        other => other.into(),
    }
}

/// Registries address content by SHA-256 or SHA-512 (OCI image specification, "Digests"), in
/// lower-case hex.
pub(crate) fn parse_digest(text: &str) -> Result<Digest, String> {
    let digest = Digest::parse(text).filter(|digest| digest.to_string() == text);
    match digest {
        Some(digest) if digest.algorithm() != HashAlgorithm::Sha384 => Ok(digest),
        _ => Err("a digest is sha256: or sha512: and lower-case hex".into()),
    }
}

fn explain(text: &str, error: &ParseError) -> String {
    if text.contains("://") {
        return "a reference has no scheme: leave out the part before the registry's name".into();
    }
    if text.chars().any(|letter| letter.is_ascii_uppercase()) {
        return "repository names are lower case".into();
    }
    error.to_string()
}

/// By what a manifest is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A tag, which may move.
    Tag(String),
    /// A digest.
    Digest(Digest),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl From<&Digest> for Target {
    fn from(digest: &Digest) -> Self {
        Self::Digest(digest.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let digest = format!("@sha256:{HEX}");
        let cases = [
            ("alpine", "index.docker.io/library/alpine:latest".into()),
            ("a/b:1", "index.docker.io/a/b:1".into()),
            ("docker.io/a/b", "index.docker.io/a/b:latest".into()),
            ("localhost/a", "localhost/a:latest".into()),
            ("127.0.0.1:5000/a/b:v1", "127.0.0.1:5000/a/b:v1".into()),
            (
                &format!("r.example/a{digest}"),
                format!("r.example/a{digest}"),
            ),
            (
                &format!("r.example/a:t{digest}"),
                format!("r.example/a:t{digest}"),
            ),
        ];
        for (text, expected) in cases {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_digest_counts_more_than_a_tag() {
        let reference: Reference = format!("r.example/a:t@sha256:{HEX}").parse().unwrap();
        assert_eq!(reference.tag(), Some("t"));
        assert_eq!(reference.target().to_string(), format!("sha256:{HEX}"));
    }

    #[test]
    fn malformed_names_are_refused_with_a_reason() {
        let long = "a".repeat(300);
        let cases = [
            ("", "at least one"),
            ("https://r.example/a", "scheme"),
            ("r.example/A", "lower case"),
            ("r.example/a@sha256:12", "format"),
            ("r.example/a:ta g", "format"),
            (&long, "255"),
            (
                &format!("r.example/a@sha256:{}", HEX.to_uppercase()),
                "lower",
            ),
            (&format!("r.example/a@sha384:{HEX}{}", &HEX[..32]), "sha512"),
        ];
        for (text, word) in cases {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_repository_is_no_image() {
        assert!("r.example/a/b".parse::<Repository>().is_ok());
        assert!("localhost:5000/a".parse::<Repository>().is_ok());
        assert!("r.example/a:a".parse::<Repository>().is_err());
        assert!(
            format!("r.example/a@sha256:{HEX}")
                .parse::<Repository>()
                .is_err()
        );
    }
}
