//! What refers to a manifest: the referrers API, or the tag that stands in for it.

use http::{StatusCode, header};
use touchmark_core::Digest;

use super::pages;
use crate::error::OciError;
use crate::exchange::{Call, Reply};
use crate::manifest::{Descriptor, Index, Manifest, media_type};
use crate::reference::{Repository, Target};
use crate::registry::Operation;

/// What refers to a manifest.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Referrers {
    /// Their manifests, as they are listed. What a descriptor says beyond digest and size may be
    /// wrong or missing: writers differ.
    pub manifests: Vec<Descriptor>,
    /// Whether the list was cut off at [`crate::Limits::referrers`].
    pub truncated: bool,
    /// Whether the registry has the referrers API. If not, the list is that of the tag.
    pub api: bool,
    /// The index under the tag.
    pub(crate) stand_in: Option<Index>,
}

/// The tag that lists a manifest's referrers where the registry does not ("Referrers Tag Schema"
/// of the distribution specification).
pub(crate) fn fallback_tag(subject: &Digest) -> String {
    let mut tag = format!("{}-{}", subject.algorithm().name(), subject.to_hex());
    // At most 32 and 64 characters; only SHA-512 is longer.
    tag.truncate(subject.algorithm().name().len() + 1 + 64);
    tag
}

impl Operation {
    /// Lists what refers to a manifest.
    ///
    /// # Errors
    /// What went wrong. A manifest that nothing refers to, or that is not there, has an empty
    /// list.
    pub async fn referrers(
        &self,
        repository: &Repository,
        subject: &Digest,
    ) -> Result<Referrers, OciError> {
        let mut call = Call::get(repository, format!("referrers/{subject}"))
            .header(header::ACCEPT, media_type::OCI_INDEX)?;
        let mut found = Referrers::default();
        for page in 0..pages::PAGES {
            let reply = self.fetch(&call, self.limits().manifest_bytes).await?;
            if page == 0 && !has_api(&reply) {
                return self.by_tag(repository, subject, reply).await;
            }
            let next = pages::next(self, &call, &reply)?;
            let reply = reply.success(|| format!("the referrers of {subject}"))?;
            found.api = true;
            let listed = Manifest::new(media_type::OCI_INDEX, reply.body)
                .index()?
                .manifests;
            // Pages without end would go on for ever.
            let empty = listed.is_empty();
            found.add(listed, self.limits().referrers);
            match next {
                Some(next) if !found.truncated && !empty => call = call.at(next),
                Some(_) => {
                    found.truncated = true;
                    return Ok(found);
                }
                None => return Ok(found),
            }
        }
        found.truncated = true;
        Ok(found)
    }

    async fn by_tag(
        &self,
        repository: &Repository,
        subject: &Digest,
        reply: Reply,
    ) -> Result<Referrers, OciError> {
        let no_api = matches!(
            reply.status,
            StatusCode::OK
                | StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::BAD_REQUEST
                | StatusCode::NOT_ACCEPTABLE
        );
        if !no_api {
            return Err(reply.into_error(|| format!("the referrers of {subject}")));
        }
        self.referrers_tag(repository, subject).await
    }

    /// What the tag lists that stands in for the referrers API.
    pub(crate) async fn referrers_tag(
        &self,
        repository: &Repository,
        subject: &Digest,
    ) -> Result<Referrers, OciError> {
        let mut found = Referrers::default();
        let tag = Target::Tag(fallback_tag(subject));
        if let Some(manifest) = self.find_manifest(repository, &tag).await? {
            let index = manifest.index()?;
            found.add(index.manifests.clone(), self.limits().referrers);
            found.stand_in = Some(index);
        }
        Ok(found)
    }
}

impl Referrers {
    fn add(&mut self, listed: Vec<Descriptor>, limit: usize) {
        let room = limit.saturating_sub(self.manifests.len());
        self.truncated |= listed.len() > room;
        self.manifests.extend(listed.into_iter().take(room));
    }
}

/// Only an index is an answer of the API: some registries answer any path with 200.
fn has_api(reply: &Reply) -> bool {
    let kind = reply.header(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    reply.status == StatusCode::OK && kind == media_type::OCI_INDEX
}
