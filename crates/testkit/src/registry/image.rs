//! Images and other artifacts, small and made without touchmark's own code.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::Registry;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Two empty records end a tar archive; this one has nothing else.
const EMPTY_TAR: [u8; 1024] = [0; 1024];

/// `sha256:` and the digest of bytes in lower-case hex.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(digest(&SHA256, bytes)))
}

/// Something pushed: an image, an index or an artifact.
#[derive(Clone, Debug)]
pub struct Image {
    /// `127.0.0.1:PORT/NAME`.
    pub repository: String,
    /// The repository's name, without the host.
    pub name: String,
    /// Its tag; empty where it has none.
    pub tag: String,
    /// `sha256:HEX` of its manifest.
    pub digest: String,
    /// The size of its manifest in bytes.
    pub size: usize,
    /// The media type of its manifest.
    pub media_type: String,
}

impl Image {
    /// `127.0.0.1:PORT/NAME:TAG`.
    #[must_use]
    pub fn by_tag(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }

    /// `127.0.0.1:PORT/NAME@sha256:HEX`.
    #[must_use]
    pub fn by_digest(&self) -> String {
        format!("{}@{}", self.repository, self.digest)
    }

    /// The tag that cosign derives from the digest, with `sig`, `att` or `sbom` at its end.
    #[must_use]
    pub fn tag_for(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.digest.replace(':', "-"))
    }

    /// Its descriptor.
    #[must_use]
    pub fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest, "size": self.size})
    }

    /// The same image as another address shows it: a [`super::Counter`], for one.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        let repository = format!("{address}/{}", self.name);
        Self {
            repository,
            ..self.clone()
        }
    }
}

impl Registry {
    /// Pushes an image for linux/amd64 with one empty layer. Its digest follows from the
    /// repository's name and the tag: the same names give the same image.
    #[track_caller]
    pub fn push_image(&self, repository: &str, tag: &str) -> Image {
        self.push_platform(repository, tag, "amd64")
    }

    /// Pushes an index of two images (linux/amd64 and linux/arm64, without tags) and returns it
    /// and both.
    #[track_caller]
    pub fn push_index(&self, repository: &str, tag: &str) -> (Image, [Image; 2]) {
        let images = ["amd64", "arm64"].map(|architecture| {
            let image = self.push_platform(repository, "", architecture);
            (architecture, image)
        });
        let manifests: Vec<_> = images
            .iter()
            .map(|(architecture, image)| {
                let mut descriptor = image.descriptor();
                descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
                descriptor
            })
            .collect();
        let index = json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests,
            "annotations": {"touchmark.test/tag": tag},
        });
        let index = self.push(repository, tag, &index);
        (index, images.map(|(_, image)| image))
    }

    /// Pushes an artifact of one blob: a chart, a document, anything.
    #[track_caller]
    pub fn push_artifact(&self, repository: &str, tag: &str, kind: &str, blob: &[u8]) -> Image {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind,
            "config": self.empty(repository),
            "layers": [self.descriptor(repository, kind, blob)],
        });
        self.push(repository, tag, &manifest)
    }

    /// Pushes an artifact that refers to another (`subject`), as a bundle does. Where the registry
    /// has no referrers API, only the manifest is pushed: see [`Registry::push_fallback`].
    #[track_caller]
    pub fn push_referrer(&self, subject: &Image, kind: &str, blob: &[u8]) -> Image {
        let repository = &subject.name;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind,
            "config": self.empty(repository),
            "layers": [self.descriptor(repository, kind, blob)],
            "subject": subject.descriptor(),
        });
        self.push(repository, "", &manifest)
    }

    /// Writes the fallback tag of `subject`: an index of these referrers and no others.
    #[track_caller]
    pub fn push_fallback(&self, subject: &Image, referrers: &[Image]) {
        let manifests: Vec<_> = referrers.iter().map(Image::descriptor).collect();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        self.push_manifest(&subject.name, &subject.digest.replace(':', "-"), &index);
    }

    /// Pushes a blob and describes it.
    #[track_caller]
    pub fn descriptor(&self, repository: &str, media_type: &str, blob: &[u8]) -> Value {
        let digest = self.push_blob(repository, blob);
        json!({"mediaType": media_type, "digest": digest, "size": blob.len()})
    }

    /// Pushes a manifest; an empty tag leaves it with its digest only.
    #[track_caller]
    pub fn push(&self, repository: &str, tag: &str, manifest: &Value) -> Image {
        let digest = self.push_manifest(repository, tag, manifest);
        Image {
            repository: self.repository(repository),
            name: repository.to_owned(),
            tag: tag.to_owned(),
            digest,
            size: serde_json::to_vec(manifest).expect("JSON").len(),
            media_type: manifest["mediaType"]
                .as_str()
                .expect("a mediaType")
                .to_owned(),
        }
    }

    fn push_platform(&self, repository: &str, tag: &str, architecture: &str) -> Image {
        let config = json!({
            "architecture": architecture, "os": "linux", "config": {},
            "author": format!("{repository}:{tag}"),
            "rootfs": {"type": "layers", "diff_ids": [digest_of(&EMPTY_TAR)]},
        });
        let config = serde_json::to_vec(&config).expect("JSON");
        let config_type = "application/vnd.oci.image.config.v1+json";
        let layer_type = "application/vnd.oci.image.layer.v1.tar";
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": self.descriptor(repository, config_type, &config),
            "layers": [self.descriptor(repository, layer_type, &EMPTY_TAR)],
        });
        self.push(repository, tag, &manifest)
    }

    fn empty(&self, repository: &str) -> Value {
        self.descriptor(repository, "application/vnd.oci.empty.v1+json", b"{}")
    }
}
