//! Appends signatures or attestations to those under an image's tag.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use touchmark_core::Digest;

use super::merge::{Existing, has_image_config, merge};
use super::{Kind, NewBundle, Places, Replace, Subject, TRIES};
use crate::error::OciError;
use crate::manifest::{Descriptor, Image, Manifest, from_json};
use crate::reference::Reference;
use crate::registry::Operation;

/// A signature or attestation that is to be attached under a tag.
#[derive(Clone, Debug)]
pub struct NewLayer {
    /// Its type.
    pub media_type: String,
    /// Its content.
    pub payload: Bytes,
    /// Its annotations, the signature among them.
    pub annotations: BTreeMap<String, String>,
    /// Says of another layer's annotations, of the same content, that they say the same. Then this
    /// one need not be added: two ECDSA signatures by one key always differ.
    pub repeats: Option<Repeats>,
}

/// Compares a layer's annotations with those that it is asked for.
#[derive(Clone)]
pub struct Repeats(Arc<Comparison>);

type Comparison = dyn Fn(&BTreeMap<String, String>) -> bool + Send + Sync;

impl Repeats {
    /// Wraps the comparison.
    pub fn new(
        compare: impl Fn(&BTreeMap<String, String>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(compare))
    }
}

impl fmt::Debug for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Repeats")
    }
}

impl NewLayer {
    fn is_repeated_by(&self, other: &Descriptor, own: &Descriptor) -> bool {
        let has_content = other.digest == own.digest && other.media_type == own.media_type;
        let says_the_same = |repeats: &Repeats| (repeats.0)(&other.annotations);
        has_content && self.repeats.as_ref().is_some_and(says_the_same)
    }

    pub(super) fn descriptor(&self) -> Descriptor {
        Descriptor {
            annotations: self.annotations.clone(),
            ..Descriptor::of(self.media_type.as_str(), &self.payload)
        }
    }
}

/// Something that was attached, and could be lost to another writer.
#[derive(Clone, Debug)]
pub struct Appended {
    /// Where it is: the tag, or the referrer's own digest.
    pub reference: Reference,
    /// The manifest that has it.
    pub manifest: Descriptor,
    /// Whether it had been there before, and nothing was written.
    pub was_there: bool,
    /// Whether somebody else wrote there at the same time.
    pub contended: bool,
    /// Digests of referrers that were to be replaced and that the registry does not delete.
    pub not_deleted: Vec<Digest>,
    pub(super) again: Again,
}

/// What it takes to write it again.
#[derive(Clone, Debug)]
pub(super) enum Again {
    Layers(Places, Subject, Kind, Vec<NewLayer>),
    Bundle(Places, Subject, NewBundle),
}

impl Operation {
    /// Appends layers to those under an image's tag, which stay as they are; looks whether they
    /// are there, and writes them again if another writer was faster. A layer that is there
    /// already, annotations and all, is not written again.
    ///
    /// What fails half-way leaves the tag as it was: it changes with the last request of all.
    ///
    /// # Errors
    /// [`OciError::Lost`] where others overwrote it each time; [`OciError::TooMuch`] beyond
    /// [`crate::Limits::layers`]; otherwise what went wrong.
    pub async fn append(
        &self,
        places: &Places,
        subject: &Subject,
        kind: Kind,
        layers: Vec<NewLayer>,
        replace: &Replace,
    ) -> Result<Appended, OciError> {
        let reference = places.reference(&subject.repository, &subject.manifest.digest, kind);
        let turn = self.turns().of(&reference);
        let _turn = turn.lock().await;
        // Content first: nothing names it yet, and the time between reading and writing the tag,
        // in which another writer may be lost, becomes as short as it can be.
        for layer in &layers {
            let (kind, payload) = (layer.media_type.as_str(), layer.payload.clone());
            self.push_blob(reference.repository(), kind, payload)
                .await?;
        }
        let mut existing = self.attached_manifest(&reference).await?;
        let mut contended = false;
        for round in 0..TRIES {
            let missing = missing(existing.as_ref().map(|(_, image)| image), &layers);
            let replaces = round == 0 && *replace != Replace::Nothing;
            if let Some((manifest, _)) = &existing
                && missing.is_empty()
                && !replaces
            {
                return Ok(Appended {
                    reference,
                    manifest: manifest.descriptor().clone(),
                    was_there: round == 0,
                    contended,
                    not_deleted: Vec::new(),
                    again: Again::Layers(places.clone(), subject.clone(), kind, layers),
                });
            }
            self.pause(round).await;
            let found = existing.map(|(_, image)| image);
            let missing = if replaces { layers.clone() } else { missing };
            let written = self
                .write(places, &reference, found, &missing, replace)
                .await?;
            existing = self.attached_manifest(&reference).await?;
            contended |= existing
                .as_ref()
                .is_none_or(|(manifest, _)| *manifest.digest() != written);
        }
        Err(OciError::Lost(reference.to_string()))
    }

    /// Lets another writer finish that writes at the same time.
    pub(super) async fn pause(&self, round: usize) {
        let longest = match round {
            0 => return,
            round => 40 << round.min(5),
        };
        let wait = Duration::from_millis(fastrand::u64(longest / 4..longest));
        self.budget.sleep(wait).await;
    }

    /// Writes the tag with what was found under it and the new layers; the manifest's digest.
    async fn write(
        &self,
        places: &Places,
        reference: &Reference,
        found: Option<Image>,
        added: &[NewLayer],
        replace: &Replace,
    ) -> Result<Digest, OciError> {
        let repository = reference.repository();
        let existing = match found {
            Some(image) => Some(self.with_config(reference, image).await?),
            None => None,
        };
        let keep = match &existing {
            Some((image, _)) => self.kept(repository, image, added, replace).await?,
            None => Vec::new(),
        };
        let mut merged = merge(places, existing, &keep, added)?;
        self.check_count(reference, merged.image.layers.len())?;
        let kind = merged.image.config.media_type.clone();
        let config = self
            .push_blob(repository, &kind, merged.config.into())
            .await?;
        merged.image.config = Descriptor {
            annotations: merged.image.config.annotations,
            ..config
        };
        let manifest = Manifest::of_image(&merged.image)?;
        let target = reference.target();
        self.push_manifest(repository, &target, &manifest).await?;
        Ok(manifest.digest().clone())
    }

    async fn with_config(
        &self,
        reference: &Reference,
        mut image: Image,
    ) -> Result<Existing, OciError> {
        if !has_image_config(&image) {
            let docker = image.media_type.as_deref() == Some(crate::media_type::DOCKER_MANIFEST);
            image.config.media_type = if docker {
                crate::media_type::DOCKER_CONFIG.into()
            } else {
                crate::media_type::OCI_CONFIG.into()
            };
            return Ok((image, None));
        }
        let bytes = self.blob(reference.repository(), &image.config).await?;
        let config: Value = from_json(&format!("the configuration of {reference}"), &bytes)?;
        Ok((image, Some(config)))
    }

    fn check_count(&self, reference: &Reference, layers: usize) -> Result<(), OciError> {
        let limit = self.limits().layers;
        if layers <= limit {
            return Ok(());
        }
        Err(OciError::TooMuch {
            what: format!("the number of layers of {reference}"),
            limit: limit as u64,
        })
    }
}

/// Those that a manifest does not have.
fn missing(image: Option<&Image>, layers: &[NewLayer]) -> Vec<NewLayer> {
    let has = |layer: &&NewLayer| {
        let wanted = layer.descriptor();
        let is_there = |one: &Descriptor| same(one, &wanted) || layer.is_repeated_by(one, &wanted);
        image.is_some_and(|image| image.layers.iter().any(is_there))
    };
    layers.iter().filter(|layer| !has(layer)).cloned().collect()
}

/// The same content with the same annotations: registries and writers may add fields.
fn same(one: &Descriptor, other: &Descriptor) -> bool {
    one.digest == other.digest
        && one.media_type == other.media_type
        && one.annotations == other.annotations
}
