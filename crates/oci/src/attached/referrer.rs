//! Attaches a bundle to an image: as a manifest that refers to it.

use std::collections::BTreeMap;

use bytes::Bytes;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use touchmark_core::Digest;

use super::append::Again;
use super::{Appended, BUNDLE_MEDIA_TYPE, Places, Replace, Subject, TRIES};
use crate::calls::fallback_tag;
use crate::error::OciError;
use crate::manifest::{Descriptor, Image, Index, Manifest, media_type};
use crate::reference::{Reference, Repository, Target};
use crate::registry::Operation;

/// Where a referrer says its predicate type.
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// A bundle that is to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBundle {
    /// The bundle, JSON of version 0.3 with a DSSE envelope.
    pub bundle: Bytes,
    /// The predicate type of its statement.
    pub predicate_type: String,
    /// What its manifest says when it was made. Making it again at another time makes another
    /// referrer.
    pub created: OffsetDateTime,
}

impl Operation {
    /// Attaches a bundle to an image, looks whether it is listed, and writes it again if it is
    /// not. Where the registry has no referrers API, the index that stands in for it is updated.
    ///
    /// # Errors
    /// [`OciError::Lost`] where it was not listed each time; otherwise what went wrong.
    pub async fn attach_bundle(
        &self,
        places: &Places,
        subject: &Subject,
        bundle: NewBundle,
        replace: &Replace,
    ) -> Result<Appended, OciError> {
        let repository = places.repository_for(&subject.repository);
        let config = self
            .push_blob(repository, media_type::EMPTY, Bytes::from_static(b"{}"))
            .await?;
        let layer = self
            .push_blob(repository, BUNDLE_MEDIA_TYPE, bundle.bundle.clone())
            .await?;
        let image = referrer(subject, config, layer, &bundle)?;
        let manifest = Manifest::of_image(&image)?;
        self.list(
            repository,
            &subject.manifest.digest,
            Some(&image),
            &manifest,
        )
        .await?;
        let not_deleted = self
            .replace_referrers(repository, &subject.manifest.digest, &manifest, replace)
            .await?;
        Ok(Appended {
            reference: repository.at(manifest.digest().clone()),
            manifest: manifest.descriptor().clone(),
            contended: false,
            was_there: false,
            not_deleted,
            again: Again::Bundle(places.clone(), subject.clone(), bundle),
        })
    }

    /// Writes a referrer until it is listed.
    pub(crate) async fn list(
        &self,
        repository: &Repository,
        subject: &Digest,
        image: Option<&Image>,
        manifest: &Manifest,
    ) -> Result<(), OciError> {
        let turn = self.turns().of(&repository.at(subject.clone()));
        let _turn = turn.lock().await;
        let target = Target::from(manifest.digest());
        for round in 0..TRIES {
            self.pause(round).await;
            self.push_manifest(repository, &target, manifest).await?;
            let listed = self.referrers(repository, subject).await?;
            // A list that was cut off may have it where nobody looks.
            if has(&listed.manifests, manifest.digest()) || (listed.api && listed.truncated) {
                return Ok(());
            }
            if !listed.api {
                let index = listed.stand_in.unwrap_or_default();
                self.list_by_tag(repository, subject, image, manifest, index)
                    .await?;
                let again = self.referrers_tag(repository, subject).await?;
                if has(&again.manifests, manifest.digest()) || again.truncated {
                    return Ok(());
                }
            }
        }
        let lost = repository.at(manifest.digest().clone());
        Err(OciError::Lost(lost.to_string()))
    }

    /// Adds a referrer to the index that stands in for the API.
    async fn list_by_tag(
        &self,
        repository: &Repository,
        subject: &Digest,
        image: Option<&Image>,
        manifest: &Manifest,
        mut index: Index,
    ) -> Result<(), OciError> {
        let mut entry = manifest.descriptor().clone();
        if let Some(image) = image {
            entry.artifact_type.clone_from(&image.artifact_type);
            entry.annotations.clone_from(&image.annotations);
        }
        index.manifests.push(entry);
        index.manifests.sort_by_key(|one| one.digest.to_string());
        self.push_stand_in(repository, subject, &index).await
    }

    async fn push_stand_in(
        &self,
        repository: &Repository,
        subject: &Digest,
        index: &Index,
    ) -> Result<(), OciError> {
        let tag = Target::Tag(fallback_tag(subject));
        let manifest = Manifest::of_index(index)?;
        self.push_manifest(repository, &tag, &manifest).await?;
        Ok(())
    }

    /// Deletes the other referrers of the same predicate type, after the new one is there. Tells
    /// which the registry does not delete.
    async fn replace_referrers(
        &self,
        repository: &Repository,
        subject: &Digest,
        new: &Manifest,
        replace: &Replace,
    ) -> Result<Vec<Digest>, OciError> {
        let Replace::PredicateType(predicate_type) = replace else {
            return Ok(Vec::new());
        };
        let found = self
            .bundles(&in_there(repository), repository, subject)
            .await?;
        let old: Vec<_> = found
            .candidates
            .into_iter()
            .filter(|one| one.manifest.digest != *new.digest())
            .filter(|one| says(one.image.as_ref(), predicate_type))
            .map(|one| one.manifest.digest)
            .collect();
        if !found.api && !old.is_empty() {
            let now = self.referrers_tag(repository, subject).await?;
            let mut index = now.stand_in.unwrap_or_default();
            index.manifests.retain(|one| !old.contains(&one.digest));
            self.push_stand_in(repository, subject, &index).await?;
        }
        let mut not_deleted = Vec::new();
        for digest in old {
            match self.delete(repository, &Target::from(&digest)).await {
                Ok(()) | Err(OciError::NotFound(_)) => {}
                // Without the API, it is off the list, which is what counts.
                Err(OciError::Refused { .. } | OciError::Denied { .. }) if !found.api => {}
                Err(OciError::Refused { .. } | OciError::Denied { .. }) => {
                    not_deleted.push(digest);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(not_deleted)
    }

    /// Whether a referrer is listed.
    pub(super) async fn is_listed(
        &self,
        repository: &Repository,
        subject: &Digest,
        reference: &Reference,
    ) -> Result<bool, OciError> {
        let listed = self.referrers(repository, subject).await?;
        let digest = reference.digest();
        Ok(digest.is_some_and(|digest| has(&listed.manifests, digest)) || listed.truncated)
    }
}

/// The referrer's manifest, field by field as cosign writes it, with the artifact's type also
/// where the specification wants it.
fn referrer(
    subject: &Subject,
    mut config: Descriptor,
    layer: Descriptor,
    bundle: &NewBundle,
) -> Result<Image, OciError> {
    let created = bundle
        .created
        .replace_nanosecond(0)
        .unwrap_or(bundle.created);
    let created = created
        .format(&Rfc3339)
        .map_err(|error| OciError::setup_by("the time of a bundle cannot be written", error))?;
    config.artifact_type = Some(BUNDLE_MEDIA_TYPE.into());
    let (kind, digest, size) = (
        subject.manifest.media_type.as_str(),
        subject.manifest.digest.clone(),
        subject.manifest.size,
    );
    Ok(Image {
        schema_version: 2,
        media_type: Some(media_type::OCI_MANIFEST.into()),
        artifact_type: Some(BUNDLE_MEDIA_TYPE.into()),
        config,
        layers: vec![layer],
        subject: Some(Descriptor::new(kind, digest, size)),
        annotations: BTreeMap::from([
            ("org.opencontainers.image.created".into(), created),
            ("dev.sigstore.bundle.content".into(), "dsse-envelope".into()),
            (PREDICATE_TYPE.into(), bundle.predicate_type.clone()),
        ]),
        other: serde_json::Map::new(),
    })
}

fn has(list: &[Descriptor], digest: &Digest) -> bool {
    list.iter().any(|one| one.digest == *digest)
}

fn says(image: Option<&Image>, predicate_type: &str) -> bool {
    let said = image.and_then(|image| image.annotations.get(PREDICATE_TYPE));
    said.is_some_and(|said| said == predicate_type)
}

fn in_there(repository: &Repository) -> Places {
    Places {
        repository: Some(repository.clone()),
        docker_media_types: false,
    }
}
