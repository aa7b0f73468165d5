//! What a folder that `save`, cosign's too, wrote holds beside its image.
//!
//! cosign marks the image, its signatures and its attestations in `index.json` by the annotation
//! `kind`, and leaves bundles out: they are the blobs whose subject is the image.

use std::fs;
use std::path::{Path, PathBuf};

use touchmark_core::{Digest, ErrorKind};
use touchmark_oci::{Descriptor, Image, Kind, Manifest, media_type};

use super::finding::Form;
use super::found::{Evidence, Found};
use crate::error::CliError;
use crate::input_file::{self, ReadError};

const KIND: &str = "kind";
const IMAGES: [&str; 2] = [
    "dev.cosignproject.cosign/image",
    "dev.cosignproject.cosign/imageIndex",
];
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// As much as is read of a registry.
const MOST_BLOBS: usize = 10_000;
const MOST_LAYERS: usize = 1000;
const MANIFEST: u64 = 4 * 1024 * 1024;

/// The image's digest, and everything that may be its signature or an attestation of it.
pub(crate) fn find(folder: &Path, kind: Kind) -> Result<(Digest, Found), CliError> {
    let saved = Saved(folder.to_owned());
    let index = saved.index()?;
    let image = index
        .iter()
        .find(|one| marked(one).is_some_and(|kind| IMAGES.contains(&kind)))
        .ok_or_else(|| saved.malformed("index.json names no image"))?;
    // What is verified is what is there, not what the list says is there.
    saved.blob(image)?;
    let mut found = Found::default();
    let wanted = match kind {
        Kind::Attestation => "dev.cosignproject.cosign/atts",
        _ => "dev.cosignproject.cosign/sigs",
    };
    for attached in index.iter().filter(|one| marked(one) == Some(wanted)) {
        saved.add_layers(attached, &mut found)?;
    }
    saved.add_bundles(&image.digest, &mut found)?;
    Ok((image.digest.clone(), found))
}

fn marked(one: &Descriptor) -> Option<&str> {
    one.annotations.get(KIND).map(String::as_str)
}

struct Saved(PathBuf);

impl Saved {
    fn index(&self) -> Result<Vec<Descriptor>, CliError> {
        let path = self.0.join("index.json");
        let bytes = input_file::read_limited(&path).map_err(ReadError::into_cli)?;
        let index = Manifest::new(media_type::OCI_INDEX, bytes).index()?;
        Ok(index.manifests)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let folder = self.0.join("blobs").join(digest.algorithm().name());
        folder.join(digest.to_hex())
    }

    /// A blob, compared with its descriptor.
    fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, CliError> {
        let path = self.path(&descriptor.digest);
        let bytes = input_file::read_limited(&path).map_err(ReadError::into_cli)?;
        descriptor.check(&path.display().to_string(), &bytes)?;
        Ok(bytes)
    }

    fn add_layers(&self, attached: &Descriptor, found: &mut Found) -> Result<(), CliError> {
        let manifest = self.blob(attached)?;
        let image = Manifest::new(attached.media_type.as_str(), manifest).image()?;
        if image.layers.len() > MOST_LAYERS {
            return Err(self.malformed("there are more than 1,000 layers"));
        }
        for layer in image.layers {
            let evidence = match self.blob(&layer) {
                Ok(content) => Evidence::Layer {
                    content,
                    annotations: layer.annotations,
                },
                Err(error) => Evidence::Unreadable(error),
            };
            found.add(Form::Legacy, layer.digest.to_string(), evidence);
        }
        Ok(())
    }

    fn add_bundles(&self, image: &Digest, found: &mut Found) -> Result<(), CliError> {
        let folder = self.0.join("blobs").join("sha256");
        let failed = |error| CliError::file("read", &folder, &error);
        let mut names: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let length = entry.metadata().map_err(failed)?.len();
            if length <= MANIFEST {
                names.push(entry.path());
            }
            if names.len() > MOST_BLOBS {
                return Err(self.malformed("there are more than 10,000 blobs"));
            }
        }
        // A folder has no order of its own.
        names.sort();
        for path in names {
            if let Some((digest, layer)) = bundle_of(&path, image) {
                let evidence = match self.blob(&layer) {
                    Ok(bundle) => Evidence::Bundle(bundle),
                    Err(error) => Evidence::Unreadable(error),
                };
                found.add(Form::Bundle, digest, evidence);
            }
        }
        Ok(())
    }

    fn malformed(&self, what: &str) -> CliError {
        CliError::new(
            ErrorKind::Malformed,
            format!("{}: {what}", self.0.display()),
        )
        .hint("name the folder that `save` wrote")
    }
}

/// The digest of a manifest that is a bundle about the image, and its layer. Most blobs are
/// something else.
fn bundle_of(path: &Path, image: &Digest) -> Option<(String, Descriptor)> {
    let bytes = input_file::read_limited(path).ok()?;
    if !bytes.starts_with(b"{") {
        return None;
    }
    let manifest = Manifest::new(media_type::OCI_MANIFEST, bytes);
    let Image {
        subject,
        mut layers,
        ..
    } = manifest.image().ok()?;
    let layer = layers.pop()?;
    let is_bundle =
        layers.is_empty() && layer.media_type.starts_with(BUNDLE) && subject?.digest == *image;
    is_bundle.then(|| (manifest.digest().to_string(), layer))
}
