//! Uploads of any size: one `PUT` whose body comes from elsewhere.

use std::io;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Uri, header};

use super::download::blob_call;
use super::stream::{Checked, Source};
use super::{Store, file};
use crate::calls::finish_at;
use crate::error::OciError;
use crate::exchange::{Call, challenges};
use crate::manifest::Descriptor;
use crate::reference::Repository;
use crate::registry::{Operation, Registry};
use crate::transport::{Answer, Failure, Lane, Parts, Payload};

/// How often a transfer is begun again that broke off, or whose authorization had run out.
const TRIES: usize = 4;

/// How long a registry may take to answer after the last byte: it may have to store gigabytes.
const FINISH: Duration = Duration::from_mins(2);

/// How an attempt went.
enum Attempt {
    Done,
    /// The source asks for another authorization.
    SourceAsks(HeaderMap),
    /// The destination does.
    TargetAsks(HeaderMap),
}

/// Brings a blob to a repository, once per run; nothing is sent where it is there already, or can
/// be had from another repository of the same registry.
pub(super) async fn to_registry(
    from: &Store,
    registry: &Registry,
    repository: &Repository,
    blob: &Descriptor,
) -> Result<(), OciError> {
    let operation = registry.operation();
    let cell = operation.written().cell(repository, &blob.digest);
    let bring = || async {
        if operation.blob_exists(repository, blob).await? {
            return Ok(());
        }
        bring(from, registry, repository, blob).await
    };
    cell.get_or_try_init(bring).await?;
    Ok(())
}

async fn bring(
    from: &Store,
    registry: &Registry,
    repository: &Repository,
    blob: &Descriptor,
) -> Result<(), OciError> {
    let mut tries = 0;
    loop {
        tries += 1;
        // Each try has a deadline of its own: the one before may have moved gigabytes.
        let operation = registry.operation();
        let begun = begin(&operation, from, repository, blob).await;
        let outcome = match begun {
            Ok(None) => return Ok(()),
            Ok(Some(at)) => operation.attempt_upload(from, repository, blob, &at).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(Attempt::Done) => return Ok(()),
            Ok(asked) if tries < TRIES => renew(registry, from, repository, blob, asked).await?,
            Err(OciError::Unreachable { .. }) if tries < TRIES => {}
            Ok(_) => {
                return Err(OciError::Denied {
                    registry: repository.registry().into(),
                    status: 401,
                    message: ": its authorizations end too soon".into(),
                });
            }
            Err(error) => return Err(error),
        }
    }
}

/// Gets the authorization that was asked for, now that no lane is held.
async fn renew(
    registry: &Registry,
    from: &Store,
    repository: &Repository,
    blob: &Descriptor,
    asked: Attempt,
) -> Result<(), OciError> {
    let operation = registry.operation();
    match (asked, from) {
        (Attempt::SourceAsks(asked), Store::Remote(_, source)) => {
            operation.renew(&blob_call(source, blob), &asked).await
        }
        (Attempt::TargetAsks(asked), _) => {
            let put = Call::new(Method::PUT, repository, String::new());
            operation.renew(&put, &asked).await
        }
        _ => Ok(()),
    }
}

/// Begins an upload, or mounts the blob.
async fn begin(
    operation: &Operation,
    from: &Store,
    repository: &Repository,
    blob: &Descriptor,
) -> Result<Option<Uri>, OciError> {
    const PATH: &str = "blobs/uploads/";
    if let Store::Remote(_, source) = from
        && source.registry() == repository.registry()
    {
        let digest = blob.digest.to_string().replace(':', "%3A");
        let name = source.name().replace('/', "%2F");
        let path = format!("{PATH}?mount={digest}&from={name}");
        return operation
            .begin_upload(repository, &path, Some(source))
            .await;
    }
    operation.begin_upload(repository, PATH, None).await
}

impl Operation {
    async fn attempt_upload(
        &self,
        from: &Store,
        repository: &Repository,
        blob: &Descriptor,
        at: &Uri,
    ) -> Result<Attempt, OciError> {
        let (content, lane) = match from {
            Store::Local(folder) => {
                let file = folder.open_blob(&blob.digest).await?;
                let what = format!("the blob {} on disk", blob.digest);
                let content = Checked::new(Source::File(file), blob, what);
                (content, self.transport().lane().await)
            }
            Store::Remote(_, source) => {
                let (first, second) = self.transport().two_lanes().await;
                match self.open_blob_on(source, blob, first).await? {
                    Ok(content) => (content, second),
                    Err(asked) => return Ok(Attempt::SourceAsks(asked)),
                }
            }
        };
        self.send_upload(repository, blob, at, content, lane).await
    }

    async fn send_upload(
        &self,
        repository: &Repository,
        blob: &Descriptor,
        at: &Uri,
        content: Checked,
        lane: Lane,
    ) -> Result<Attempt, OciError> {
        let put = Call::new(Method::PUT, repository, String::new()).at(finish_at(at, blob)?);
        let put = put.header(header::CONTENT_TYPE, "application/octet-stream")?;
        let (parts, payload) = Payload::stream(blob.size);
        let authorization = self.auth().kept(&put).await;
        let mut lane = Some(lane);
        let mut sent = Box::pin(self.first(&put, authorization.as_ref(), &mut lane, payload));
        let mut fed = Box::pin(feed(content, parts, self.limits().idle_time));
        let answered = tokio::select! {
            answered = &mut sent => answered,
            fed = &mut fed => {
                fed?;
                let waited = tokio::time::timeout(FINISH, &mut sent).await;
                waited.map_err(|_| OciError::TimedOut { what: put.shown(), limit: FINISH })?
            }
        };
        let (answer, _, _) = answered.map_err(Failure::into_error)?;
        self.answered(&put, answer).await
    }

    async fn answered(&self, put: &Call<'_>, answer: Answer) -> Result<Attempt, OciError> {
        if answer.status == StatusCode::UNAUTHORIZED && challenges(&answer.headers) {
            return Ok(Attempt::TargetAsks(answer.headers));
        }
        let reply = self.reply(put, answer).await;
        let reply = reply.map_err(Failure::into_error)?;
        let what = || format!("the upload to {}", put.repository);
        reply.success(what).map(|_| Attempt::Done)
    }
}

/// Gives a body its bytes as fast as they are taken.
async fn feed(mut content: Checked, body: Parts, idle: Duration) -> Result<(), OciError> {
    loop {
        let chunk = match content.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok(()),
            Err(error) => {
                // Without this, the request would wait for the rest. If nobody takes it any more,
                // the request is over anyway.
                let wrong = io::Error::other("the content is not what it should be");
                let _ = body.try_send(Err(wrong));
                return Err(error);
            }
        };
        let taken = tokio::time::timeout(idle, body.send(Ok(chunk))).await;
        let taken = taken.map_err(|_| OciError::TimedOut {
            what: "sending the next bytes".into(),
            limit: idle,
        })?;
        if taken.is_err() {
            // Nobody takes them any more: the answer says why.
            return std::future::pending().await;
        }
    }
}

/// Brings a blob to a folder.
pub(super) async fn to_folder(
    from: &Store,
    folder: &crate::layout::Folder,
    blob: &Descriptor,
) -> Result<(), OciError> {
    let Store::Remote(registry, repository) = from else {
        return Ok(());
    };
    if folder.has_blob(blob).await {
        return Ok(());
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let operation = registry.operation();
        let outcome = match operation.open_blob(repository, blob).await {
            Ok(content) => file::store(folder, &blob.digest, content).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(OciError::Unreachable { .. }) if tries < TRIES => {}
            done => return done,
        }
    }
}
