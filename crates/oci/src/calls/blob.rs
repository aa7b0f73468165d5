//! Blobs: payloads, bundles and configurations, read into memory.

use bytes::Bytes;
use http::{Method, StatusCode};

use crate::error::OciError;
use crate::exchange::Call;
use crate::manifest::Descriptor;
use crate::reference::Repository;
use crate::registry::Operation;

impl Operation {
    /// Fetches a blob into memory and compares it with its descriptor.
    ///
    /// # Errors
    /// [`OciError::TooMuch`] where its descriptor says more than [`crate::Limits::blob_bytes`];
    /// [`OciError::Mismatch`] where it is not what the descriptor says; otherwise what went wrong.
    pub async fn blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<Bytes, OciError> {
        let what = format!("the blob {repository}@{}", descriptor.digest);
        let limit = self.limits().blob_bytes;
        if descriptor.size > limit {
            return Err(OciError::TooMuch {
                what: format!("{what}, in bytes,"),
                limit,
            });
        }
        let call = Call::get(repository, format!("blobs/{}", descriptor.digest));
        let reply = self.fetch(&call, descriptor.size).await;
        let reply = reply.map_err(|error| longer(error, &what, descriptor))?;
        let body = reply.success(|| what.clone())?.body;
        descriptor.check(&what, &body)?;
        Ok(body)
    }

    /// Whether a blob is there.
    ///
    /// # Errors
    /// What went wrong, where the registry says neither yes nor no.
    pub async fn blob_exists(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<bool, OciError> {
        let path = format!("blobs/{}", descriptor.digest);
        let call = Call::new(Method::HEAD, repository, path);
        let reply = self.fetch(&call, 0).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        let what = || format!("the blob {repository}@{}", descriptor.digest);
        reply.success(what).map(|_| true)
    }
}

/// A body that goes on after its descriptor's size is the wrong one.
fn longer(error: OciError, what: &str, descriptor: &Descriptor) -> OciError {
    match error {
        OciError::TooMuch { limit, .. } if limit == descriptor.size => OciError::Mismatch {
            what: what.into(),
            property: "size",
            expected: limit.to_string(),
            found: "more".into(),
        },
        other => other,
    }
}
