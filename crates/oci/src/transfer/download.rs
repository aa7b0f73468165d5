//! Opens a blob where it is.

use http::{HeaderMap, StatusCode};

use crate::error::OciError;
use crate::exchange::{Call, challenges};
use crate::manifest::Descriptor;
use crate::reference::Repository;
use crate::registry::Operation;
use crate::transport::{Answer, Failure, Lane};

use super::stream::{Checked, Source};

impl Operation {
    /// Begins to read a blob of any size. The operation's deadline counts until the answer has
    /// begun, and from then on only how long it stands still.
    pub(crate) async fn open_blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<Checked, OciError> {
        let call = blob_call(repository, descriptor);
        let what = || call.shown();
        let answer = self
            .budget
            .within(what, Box::pin(self.authorized(&call)))
            .await?;
        self.checked(&call, answer.map_err(Failure::into_error)?, descriptor)
            .await
    }

    /// The same on a lane that is there already; or what the registry asks for, as it does where
    /// an authorization has run out.
    pub(super) async fn open_blob_on(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        lane: Lane,
    ) -> Result<Result<Checked, HeaderMap>, OciError> {
        let call = blob_call(repository, descriptor);
        let answer = self.on_lane(&call, lane).await?;
        if answer.status == StatusCode::UNAUTHORIZED && challenges(&answer.headers) {
            return Ok(Err(answer.headers));
        }
        self.checked(&call, answer, descriptor).await.map(Ok)
    }

    async fn checked(
        &self,
        call: &Call<'_>,
        answer: Answer,
        descriptor: &Descriptor,
    ) -> Result<Checked, OciError> {
        let what = format!("the blob {}@{}", call.repository, descriptor.digest);
        if !answer.status.is_success() {
            let reply = self
                .reply(call, answer)
                .await
                .map_err(Failure::into_error)?;
            return Err(reply.into_error(|| what));
        }
        let idle = self.limits().idle_time;
        let source = Source::Answer(Box::new(answer), idle);
        Ok(Checked::new(source, descriptor, what))
    }
}

/// Asks for a blob.
pub(super) fn blob_call<'a>(repository: &'a Repository, descriptor: &Descriptor) -> Call<'a> {
    Call::get(repository, format!("blobs/{}", descriptor.digest))
}
