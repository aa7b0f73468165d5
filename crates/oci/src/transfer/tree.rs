//! A manifest with all that it names: an index's children, an image's blobs.

use std::collections::HashSet;

use tokio::task::JoinSet;
use touchmark_core::Digest;

use super::{Store, upload};
use crate::error::OciError;
use crate::manifest::{Descriptor, Image, Manifest};
use crate::reference::Target;

/// How deep indexes may be in each other.
const DEPTH: usize = 4;

/// How many manifests one image may have.
const MANIFESTS: usize = 1000;

impl Store {
    /// Fetches a manifest by its digest.
    pub(crate) async fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, OciError> {
        match self {
            Self::Remote(registry, repository) => {
                let target = Target::from(&descriptor.digest);
                registry.operation().manifest(repository, &target).await
            }
            Self::Local(folder) => folder.manifest(descriptor).await,
        }
    }

    /// Writes a manifest by its digest. What it names is to be there already.
    pub(crate) async fn put_manifest(&self, manifest: &Manifest) -> Result<(), OciError> {
        match self {
            Self::Remote(registry, repository) => {
                let target = Target::from(manifest.digest());
                let operation = registry.operation();
                let pushed = operation.push_manifest(repository, &target, manifest).await;
                pushed.map(|_| ())
            }
            Self::Local(folder) => folder.put(manifest.digest(), manifest.bytes()),
        }
    }

    /// Brings a manifest and all that it names to another place, children first. Returns all
    /// manifests of the image, the one that was named last.
    pub(crate) async fn bring_tree(
        &self,
        root: &Manifest,
        to: &Self,
    ) -> Result<Vec<Manifest>, OciError> {
        let manifests = self.tree(root).await?;
        for manifest in &manifests {
            if !manifest.is_index() {
                self.bring_blobs(&manifest.image()?, to).await?;
            }
            to.put_manifest(manifest).await?;
        }
        Ok(manifests)
    }

    /// All manifests of an image, children before those that name them.
    pub(crate) async fn tree(&self, root: &Manifest) -> Result<Vec<Manifest>, OciError> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        self.walk(root.clone(), 0, &mut seen, &mut found).await?;
        Ok(found)
    }

    async fn walk(
        &self,
        manifest: Manifest,
        depth: usize,
        seen: &mut HashSet<Digest>,
        found: &mut Vec<Manifest>,
    ) -> Result<(), OciError> {
        if !seen.insert(manifest.digest().clone()) {
            return Ok(());
        }
        if depth > DEPTH || seen.len() > MANIFESTS {
            return Err(OciError::TooMuch {
                what: "the number of an image's manifests, or of indexes in each other,".into(),
                limit: if depth > DEPTH { DEPTH } else { MANIFESTS } as u64,
            });
        }
        if manifest.is_index() {
            for child in manifest.index()?.manifests {
                let child = self.manifest(&child).await?;
                Box::pin(self.walk(child, depth + 1, seen, found)).await?;
            }
        }
        found.push(manifest);
        Ok(())
    }

    /// Brings an image's configuration and layers, several at once; the lanes say how many.
    pub(crate) async fn bring_blobs(&self, image: &Image, to: &Self) -> Result<(), OciError> {
        let mut tasks = JoinSet::new();
        let blobs = std::iter::once(&image.config).chain(&image.layers);
        let mut seen = HashSet::new();
        for blob in blobs.filter(|blob| !is_elsewhere(blob)) {
            if seen.insert(blob.digest.clone()) {
                let (from, to, blob) = (self.clone(), to.clone(), blob.clone());
                tasks.spawn(async move { from.bring_blob(&blob, &to).await });
            }
        }
        while let Some(done) = tasks.join_next().await {
            // A task ends early only with its runtime.
            done.map_err(|error| OciError::setup_by("a transfer was ended", error))??;
        }
        Ok(())
    }

    async fn bring_blob(&self, blob: &Descriptor, to: &Self) -> Result<(), OciError> {
        match to {
            Self::Remote(registry, repository) => {
                upload::to_registry(self, registry, repository, blob).await
            }
            Self::Local(folder) => upload::to_folder(self, folder, blob).await,
        }
    }
}

/// Layers that may not be distributed are where their URLs say, and in no registry.
fn is_elsewhere(blob: &Descriptor) -> bool {
    blob.media_type.contains("nondistributable") || blob.media_type.contains("foreign")
}
