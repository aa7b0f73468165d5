//! Names of images: `registry/repository[:tag][@digest]`.

mod parse;

use std::fmt;
use std::str::FromStr;

use touchmark_core::{Digest, HashAlgorithm};

use crate::error::OciError;

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
        parse::reference(text).map_err(|why| OciError::Reference {
            given: text.into(),
            why: why.into(),
        })
    }
}

/// Registries address content by SHA-256 or SHA-512 (OCI image specification, "Digests"), in
/// lower-case hex.
pub(crate) fn parse_digest(text: &str) -> Result<Digest, &'static str> {
    let digest = Digest::parse(text).filter(|digest| digest.to_string() == text);
    match digest {
        Some(digest) if digest.algorithm() != HashAlgorithm::Sha384 => Ok(digest),
        _ => Err("a digest is sha256: or sha512: and lower-case hex"),
    }
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
