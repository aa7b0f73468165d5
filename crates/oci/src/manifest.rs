//! Manifests, indexes and descriptors (OCI image specification 1.1), and Docker's older forms.
//!
//! Fields that are not known here are kept, so that what others wrote survives being written
//! again.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use touchmark_core::{Digest, HashAlgorithm};

use crate::error::OciError;

/// Media types.
pub mod media_type {
    /// An image manifest (OCI).
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An image index (OCI).
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// An image manifest (Docker).
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// A manifest list (Docker).
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// An image's configuration (OCI).
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// An image's configuration (Docker).
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// The empty configuration of an artifact: the blob `{}`.
    pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
}

/// Points to content: its type, digest and size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The content's type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// SHA-256 or SHA-512 of the content.
    #[serde(with = "digest_text")]
    pub digest: Digest,
    /// The content's length in bytes.
    pub size: u64,
    /// An artifact's type, where the content is a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Free text by key.
    #[serde(
        default,
        deserialize_with = "null_is_empty",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
    /// What else there is: `urls`, `platform`, `data`, and what is not known here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Descriptor {
    /// Describes content in memory, by SHA-256.
    #[must_use]
    pub fn of(media_type: impl Into<String>, content: &[u8]) -> Self {
        Self::new(
            media_type,
            Digest::of(HashAlgorithm::Sha256, content),
            u64::try_from(content.len()).unwrap_or(u64::MAX),
        )
    }

    /// Describes content of that digest and size in bytes.
    #[must_use]
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            artifact_type: None,
            annotations: BTreeMap::new(),
            other: Map::new(),
        }
    }

    /// Compares content with what is promised here.
    ///
    /// # Errors
    /// [`OciError::Mismatch`].
    pub fn check(&self, what: &str, content: &[u8]) -> Result<(), OciError> {
        let found = Digest::of(self.digest.algorithm(), content);
        self.check_found(what, content.len() as u64, &found)
    }

    pub(crate) fn check_found(
        &self,
        what: &str,
        size: u64,
        digest: &Digest,
    ) -> Result<(), OciError> {
        let mismatch = |property, expected: String, found: String| OciError::Mismatch {
            what: what.into(),
            property,
            expected,
            found,
        };
        if size != self.size {
            return Err(mismatch("size", self.size.to_string(), size.to_string()));
        }
        if *digest != self.digest {
            return Err(mismatch(
                "digest",
                self.digest.to_string(),
                digest.to_string(),
            ));
        }
        Ok(())
    }
}

/// An image manifest, which is also how artifacts are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Always 2.
    pub schema_version: u8,
    /// The manifest's own type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What kind of artifact it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The configuration blob.
    pub config: Descriptor,
    /// The content blobs.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub layers: Vec<Descriptor>,
    /// The manifest that this one says something about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Free text by key.
    #[serde(
        default,
        deserialize_with = "null_is_empty",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
    /// What is not known here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// An index: a list of manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u8,
    /// The index's own type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The manifests.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub manifests: Vec<Descriptor>,
    /// What else there is: `subject`, `annotations`, `artifactType`, and what is not known here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            schema_version: 2,
            media_type: Some(media_type::OCI_INDEX.into()),
            manifests: Vec::new(),
            other: Map::new(),
        }
    }
}

/// A manifest or index as it is stored: its bytes are what is signed and addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    descriptor: Descriptor,
    bytes: Bytes,
}

impl Manifest {
    /// A manifest of that type, addressed by SHA-256.
    #[must_use]
    pub fn new(media_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            descriptor: Descriptor::of(media_type, &bytes),
            bytes,
        }
    }

    /// Content whose digest was compared already.
    pub(crate) fn checked(descriptor: Descriptor, bytes: Bytes) -> Self {
        Self { descriptor, bytes }
    }

    /// Writes an image manifest.
    ///
    /// # Errors
    /// [`OciError::Malformed`], which strings and numbers cannot cause.
    pub fn of_image(image: &Image) -> Result<Self, OciError> {
        let media_type = image.media_type.as_deref();
        Ok(Self::new(
            media_type.unwrap_or(media_type::OCI_MANIFEST),
            to_json("the manifest", image)?,
        ))
    }

    /// Writes an index.
    ///
    /// # Errors
    /// [`OciError::Malformed`], which strings and numbers cannot cause.
    pub fn of_index(index: &Index) -> Result<Self, OciError> {
        let media_type = index.media_type.as_deref();
        Ok(Self::new(
            media_type.unwrap_or(media_type::OCI_INDEX),
            to_json("the index", index)?,
        ))
    }

    /// Its type, digest and size: what names it as a subject or in an index.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.descriptor.digest
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.descriptor.media_type
    }

    /// The bytes themselves.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is an index, by its media type.
    #[must_use]
    pub fn is_index(&self) -> bool {
        is_index(self.media_type())
    }

    /// Reads it as an image manifest.
    ///
    /// # Errors
    /// [`OciError::Malformed`] where it is none, or could be read as an index too.
    pub fn image(&self) -> Result<Image, OciError> {
        let image: Image = self.parse()?;
        let other_kind = image.other.contains_key("manifests");
        self.check_kind(
            image.schema_version,
            image.media_type.as_deref(),
            other_kind,
        )?;
        Ok(image)
    }

    /// Reads it as an index.
    ///
    /// # Errors
    /// [`OciError::Malformed`] where it is none, or could be read as an image too.
    pub fn index(&self) -> Result<Index, OciError> {
        let index: Index = self.parse()?;
        let other_kind = ["layers", "config"]
            .iter()
            .any(|key| index.other.contains_key(*key));
        self.check_kind(
            index.schema_version,
            index.media_type.as_deref(),
            other_kind,
        )?;
        Ok(index)
    }

    fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, OciError> {
        from_json(&self.name(), &self.bytes)
    }

    /// One content, one meaning: readers that take the same bytes for different things would
    /// accept different images for one signature.
    fn check_kind(
        &self,
        version: u8,
        media_type: Option<&str>,
        other_kind: bool,
    ) -> Result<(), OciError> {
        let why = if version != 2 {
            "its schemaVersion is not 2"
        } else if media_type.is_some_and(|inner| inner != self.media_type()) {
            "its mediaType is not the one that the registry gave"
        } else if other_kind {
            "it has the fields of an image and of an index"
        } else {
            return Ok(());
        };
        Err(OciError::malformed(self.name(), why))
    }

    fn name(&self) -> String {
        format!("manifest {}", self.digest())
    }
}

/// Whether a media type is that of an index or manifest list.
#[must_use]
pub(crate) fn is_index(media_type: &str) -> bool {
    media_type == media_type::OCI_INDEX || media_type == media_type::DOCKER_LIST
}

pub(crate) fn from_json<'a, T: Deserialize<'a>>(
    what: &str,
    bytes: &'a [u8],
) -> Result<T, OciError> {
    serde_json::from_slice(bytes).map_err(|error| OciError::malformed(what, error))
}

pub(crate) fn to_json(what: &str, value: &impl Serialize) -> Result<Vec<u8>, OciError> {
    serde_json::to_vec(value).map_err(|error| OciError::malformed(what, error))
}

/// Go writes an empty list or map as `null`.
fn null_is_empty<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: serde::Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Digests as `algorithm:hex`.
mod digest_text {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;
    use touchmark_core::Digest;

    use crate::reference::parse_digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(from)?;
        parse_digest(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn manifest(json: &str) -> Manifest {
        Manifest::new(media_type::OCI_MANIFEST, json.as_bytes().to_vec())
    }

    #[test]
    fn unknown_fields_survive() {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"a/b","digest":"{DIGEST}","size":2,"data":"e30=","platform":{{"os":"x"}}}},"layers":[],"z":{{"y":1}}}}"#,
            media_type::OCI_MANIFEST
        );
        let image = manifest(&text).image().unwrap();
        let again = Manifest::of_image(&image).unwrap();
        let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        assert_eq!(value(again.bytes()), value(text.as_bytes()));
    }

    #[test]
    fn what_could_be_two_things_is_refused() {
        let config = format!(r#"{{"mediaType":"a","digest":"{DIGEST}","size":2}}"#);
        let refused = [
            format!(r#"{{"schemaVersion":2,"config":{config},"layers":[],"manifests":[]}}"#),
            format!(r#"{{"schemaVersion":1,"config":{config},"layers":[]}}"#),
            format!(r#"{{"schemaVersion":2,"mediaType":"x/y","config":{config},"layers":[]}}"#),
            format!(r#"{{"schemaVersion":2,"config":{config},"config":{config},"layers":[]}}"#),
            r#"{"schemaVersion":2,"config":{"digest":"sha256:0","size":2},"layers":[]}"#.into(),
            format!(r#"{{"schemaVersion":2,"config":{{"digest":"{DIGEST}","size":-2}}}}"#),
        ];
        for text in refused {
            assert!(manifest(&text).image().is_err(), "{text}");
        }
        let index = Manifest::new(
            media_type::OCI_INDEX,
            &br#"{"schemaVersion":2,"manifests":[],"layers":[]}"#[..],
        );
        assert!(index.index().is_err());
    }

    #[test]
    fn content_is_compared_with_its_descriptor() {
        let descriptor = Descriptor::of("a/b", b"{}");
        assert_eq!(descriptor.digest.to_string(), DIGEST);
        assert!(descriptor.check("x", b"{}").is_ok());
        let size = descriptor.check("x", b"{} ").unwrap_err().to_string();
        assert!(size.contains("size 3"), "{size}");
        let digest = descriptor.check("x", b"[]").unwrap_err().to_string();
        assert!(digest.contains("digest sha256:"), "{digest}");
    }
}
