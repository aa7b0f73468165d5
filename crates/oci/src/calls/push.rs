//! Writing: blobs first, then the manifest that names them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Uri, header};
use tokio::sync::OnceCell;
use touchmark_core::Digest;

use super::manifest::shown;
use crate::error::OciError;
use crate::exchange::{Call, Reply};
use crate::manifest::{Descriptor, Manifest};
use crate::reference::{Repository, Target};
use crate::registry::Operation;
use crate::transport::join;

/// The type of a blob that is written.
const OCTETS: &str = "application/octet-stream";

/// How often an upload is begun: an upload that broke off cannot be gone on with.
const UPLOADS: usize = 3;

/// Which blobs this run has written: some registries lose one of two uploads of the same blob at
/// the same time, so each is written once.
#[derive(Debug, Default)]
pub(crate) struct Written(Mutex<HashMap<(Repository, Digest), Once>>);

/// Set when the blob is there.
type Once = Arc<OnceCell<()>>;

impl Written {
    pub(crate) fn cell(&self, repository: &Repository, digest: &Digest) -> Once {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (repository.clone(), digest.clone());
        Arc::clone(cells.entry(key).or_default())
    }
}

/// What a registry said to a manifest that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// Whether it says that it lists the manifest among its subject's referrers (`OCI-Subject`).
    pub lists_referrer: bool,
}

impl Operation {
    /// Writes a blob, unless this run has written it already. Nothing names it yet, so an upload
    /// that fails leaves everything as it was.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn push_blob(
        &self,
        repository: &Repository,
        media_type: &str,
        content: Bytes,
    ) -> Result<Descriptor, OciError> {
        let descriptor = Descriptor::of(media_type, &content);
        let cell = self.written().cell(repository, &descriptor.digest);
        let write = || self.upload(repository, &descriptor, content);
        cell.get_or_try_init(write).await?;
        Ok(descriptor)
    }

    async fn upload(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        content: Bytes,
    ) -> Result<(), OciError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let location = self
                .begin_upload(repository, "blobs/uploads/", None)
                .await?;
            let Some(location) = location else {
                return Ok(());
            };
            let uri = finish_at(&location, descriptor)?;
            let put = Call::new(Method::PUT, repository, String::new()).at(uri);
            let mut put = put.body(OCTETS, content.clone())?;
            put.repeatable = false;
            match self.fetch(&put, 0).await {
                Err(OciError::Unreachable { .. }) if tries < UPLOADS => {}
                Ok(reply) if reply.status.is_server_error() && tries < UPLOADS => {}
                other => {
                    let what = || format!("the upload to {repository}");
                    return other?.success(what).map(|_| ());
                }
            }
        }
    }

    /// Begins an upload and tells where it goes on; `None` where the blob is there already, as
    /// after a mount.
    pub(crate) async fn begin_upload(
        &self,
        repository: &Repository,
        path: &str,
        from: Option<&Repository>,
    ) -> Result<Option<Uri>, OciError> {
        let mut call = Call::new(Method::POST, repository, path.into());
        // An upload that is begun twice is one that nobody goes on with.
        call.repeatable = true;
        call.also = from;
        let call = call.header(header::CONTENT_LENGTH, "0")?;
        let reply = self.fetch(&call, 64 * 1024).await?;
        let reply = reply.success(|| format!("the repository {repository}"))?;
        if reply.status == http::StatusCode::CREATED {
            return Ok(None);
        }
        location(&call, &reply, self).map(Some)
    }

    /// Writes a manifest or index under a tag or digest. Its blobs are to be there already.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn push_manifest(
        &self,
        repository: &Repository,
        target: &Target,
        manifest: &Manifest,
    ) -> Result<Pushed, OciError> {
        let call = Call::new(Method::PUT, repository, format!("manifests/{target}"));
        let call = call.body(manifest.media_type(), manifest.bytes().clone())?;
        let reply = self.fetch(&call, 64 * 1024).await?;
        let reply = reply.success(|| shown(repository, target))?;
        Ok(Pushed {
            lists_referrer: reply.headers.contains_key("oci-subject"),
        })
    }
}

fn location(call: &Call<'_>, reply: &Reply, operation: &Operation) -> Result<Uri, OciError> {
    let base = call.uri(operation.schemes().of(call.repository.registry()))?;
    let text = reply.header(header::LOCATION).unwrap_or_default();
    join(&base, text)
}

/// Where an upload ends: its place, with the digest added to the query.
pub(crate) fn finish_at(location: &Uri, descriptor: &Descriptor) -> Result<Uri, OciError> {
    let separator = match location.query() {
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    let digest = descriptor.digest.to_string().replace(':', "%3A");
    let text = format!("{location}{separator}digest={digest}");
    text.parse().map_err(|error: http::uri::InvalidUri| {
        OciError::malformed("the place of an upload", error)
    })
}
