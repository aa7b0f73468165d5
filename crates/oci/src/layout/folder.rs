//! The files of a layout: `oci-layout`, `index.json`, `blobs/ALGORITHM/HEX`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use touchmark_core::{Digest, Hasher};

use crate::error::OciError;
use crate::manifest::{Descriptor, Index, Manifest, from_json, to_json};

/// The only version there is (OCI image specification, "Image Layout").
const VERSION: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// The longest file in bytes that is read as a manifest or index.
const MANIFEST: u64 = 4 * 1024 * 1024;

/// How many blobs are looked at for referrers.
const BLOBS: usize = 10_000;

/// A layout.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A layout that is to be written. Blobs that are there stay; the index is replaced at the
    /// end.
    pub(super) fn create(root: &Path) -> Result<Self, OciError> {
        let folder = Self { root: root.into() };
        let blobs = root.join("blobs");
        for algorithm in ["sha256", "sha512"] {
            let made = std::fs::create_dir_all(blobs.join(algorithm));
            made.map_err(|error| folder.unwritable(error))?;
        }
        folder.replace("oci-layout", VERSION.as_bytes())?;
        Ok(folder)
    }

    /// A layout that is there.
    pub(super) fn open(root: &Path) -> Self {
        Self { root: root.into() }
    }

    pub(crate) fn shown(&self) -> String {
        self.root.display().to_string()
    }

    fn unwritable(&self, error: io::Error) -> OciError {
        OciError::setup_by(format!("{} cannot be written", self.shown()), error)
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        let folder = self.root.join("blobs").join(digest.algorithm().name());
        folder.join(digest.to_hex())
    }

    /// A new file beside a blob, which disappears unless it is kept.
    pub(crate) fn temporary(&self, digest: &Digest) -> Result<NamedTempFile, OciError> {
        let path = self.blob(digest);
        let folder = path.parent().unwrap_or(&self.root);
        let made = tempfile::Builder::new()
            .prefix(".blob-")
            .tempfile_in(folder);
        made.map_err(|error| self.unwritable(error))
    }

    /// Makes a new file the blob.
    pub(crate) fn keep(&self, file: NamedTempFile, digest: &Digest) -> Result<(), OciError> {
        let kept = file.persist(self.blob(digest));
        kept.map(|_| ())
            .map_err(|error| self.unwritable(error.error))
    }

    /// Writes a small blob.
    pub(crate) fn put(&self, digest: &Digest, content: &[u8]) -> Result<(), OciError> {
        let mut file = self.temporary(digest)?;
        let written = file
            .write_all(content)
            .and_then(|()| file.as_file().sync_all());
        written.map_err(|error| self.unwritable(error))?;
        self.keep(file, digest)
    }

    pub(super) fn write_index(&self, index: &Index) -> Result<(), OciError> {
        self.replace("index.json", &to_json("index.json", index)?)
    }

    fn replace(&self, name: &str, content: &[u8]) -> Result<(), OciError> {
        let written = || {
            let mut file = tempfile::Builder::new()
                .prefix(".new-")
                .tempfile_in(&self.root)?;
            file.write_all(content)?;
            file.as_file().sync_all()?;
            file.persist(self.root.join(name))
                .map_err(|error| error.error)?;
            Ok(())
        };
        written().map_err(|error| self.unwritable(error))
    }

    pub(super) async fn index(&self) -> Result<Index, OciError> {
        let path = self.root.join("index.json");
        let bytes = self.read(&path, MANIFEST).await?;
        from_json(&path.display().to_string(), &bytes)
    }

    /// Whether a blob is there, whole and right.
    pub(crate) async fn has_blob(&self, blob: &Descriptor) -> bool {
        let Ok(mut file) = self.open_blob(&blob.digest).await else {
            return false;
        };
        let mut hasher = Hasher::new(blob.digest.algorithm());
        let mut buffer = vec![0; 128 * 1024];
        let mut size = 0_u64;
        loop {
            match file.read(&mut buffer).await {
                Ok(0) => break,
                Ok(read) => {
                    hasher.update(&buffer[..read]);
                    size += read as u64;
                }
                Err(_) => return false,
            }
        }
        size == blob.size && hasher.finish() == blob.digest
    }

    /// Opens a blob, which is to be a file: anything else could be read without end.
    pub(crate) async fn open_blob(&self, digest: &Digest) -> Result<File, OciError> {
        self.open_file(&self.blob(digest)).await
    }

    async fn open_file(&self, path: &Path) -> Result<File, OciError> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => OciError::NotFound(path.display().to_string()),
            _ => OciError::setup_by(format!("{} cannot be read", path.display()), error),
        };
        let metadata = tokio::fs::metadata(path).await.map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(OciError::setup(format!("{} is no file", path.display())));
        }
        File::open(path).await.map_err(unreadable)
    }

    async fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, OciError> {
        let file = self.open_file(path).await?;
        let mut bytes = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut bytes).await;
        read.map_err(|error| {
            OciError::setup_by(format!("{} cannot be read", path.display()), error)
        })?;
        if bytes.len() as u64 > limit {
            return Err(OciError::TooMuch {
                what: format!("{}, in bytes,", path.display()),
                limit,
            });
        }
        Ok(bytes)
    }

    pub(crate) async fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, OciError> {
        let path = self.blob(&descriptor.digest);
        let bytes = self.read(&path, MANIFEST).await?;
        let what = path.display().to_string();
        let bare = Descriptor::new(
            descriptor.media_type.as_str(),
            descriptor.digest.clone(),
            descriptor.size,
        );
        bare.check(&what, &bytes)?;
        Ok(Manifest::checked(bare, bytes.into()))
    }

    /// A blob in memory, at most so many bytes, compared with its descriptor.
    pub(crate) async fn content(
        &self,
        blob: &Descriptor,
        limit: u64,
    ) -> Result<bytes::Bytes, OciError> {
        let path = self.blob(&blob.digest);
        let bytes = self.read(&path, limit.min(blob.size)).await?;
        blob.check(&path.display().to_string(), &bytes)?;
        Ok(bytes.into())
    }

    /// The digests of the blobs that could be manifests, by their size.
    pub(super) async fn small_blobs(&self) -> Result<Vec<Digest>, OciError> {
        let mut found = Vec::new();
        for algorithm in ["sha256", "sha512"] {
            let folder = self.root.join("blobs").join(algorithm);
            let unreadable =
                |error| OciError::setup_by(format!("{} cannot be read", folder.display()), error);
            let mut entries = match tokio::fs::read_dir(&folder).await {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(error)),
            };
            while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
                let name = entry.file_name();
                let name = name.to_str().unwrap_or_default();
                let Some(digest) = Digest::parse(&format!("{algorithm}:{name}")) else {
                    continue;
                };
                let metadata = entry.metadata().await.map_err(unreadable)?;
                if metadata.is_file() && metadata.len() <= MANIFEST {
                    found.push(digest);
                }
                if found.len() > BLOBS {
                    return Err(OciError::TooMuch {
                        what: format!("the number of blobs in {}", self.shown()),
                        limit: BLOBS as u64,
                    });
                }
            }
        }
        found.sort_by_key(ToString::to_string);
        Ok(found)
    }

    /// A small blob, compared with its digest; `None` where it is another.
    pub(super) async fn small_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, OciError> {
        let bytes = self.read(&self.blob(digest), MANIFEST).await?;
        Ok((Digest::of(digest.algorithm(), &bytes) == *digest).then_some(bytes))
    }
}
