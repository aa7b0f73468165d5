//! One request of the distribution API, from its description to its answer: authorization,
//! redirects, retries, and the choice between HTTP and HTTPS.

mod call;
mod hop;
mod reply;
mod retry;
mod schemes;

pub(crate) use call::Call;
pub(crate) use reply::Reply;
pub(crate) use schemes::Schemes;

use http::{HeaderMap, StatusCode};

use crate::error::OciError;
use crate::registry::Operation;
use crate::transport::{Answer, Failure};
use retry::{Next, Tries};

/// The longest error answer in bytes: what is beyond is not read.
const ERROR_BODY: u64 = 64 * 1024;

impl Operation {
    /// Sends a call and reads the answer, at most `limit` bytes of it. Any status is an answer.
    pub(crate) async fn fetch(&self, call: &Call<'_>, limit: u64) -> Result<Reply, OciError> {
        let mut tries = Tries::new(call.repeatable);
        loop {
            let what = || format!("{} {}", call.method, call.shown());
            let tried = self.budget.within(what, self.attempt(call, limit)).await?;
            match tries.next(&tried) {
                Next::Done => return tried.map_err(Failure::into_error),
                Next::Again(wait) if self.budget.sleep(wait).await => {}
                Next::Again(wait) => {
                    return tried.map_or_else(
                        |failure| Err(failure.into_error()),
                        |reply| Err(reply.must_wait(call, wait)),
                    );
                }
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>, limit: u64) -> Result<Reply, Failure> {
        let answer = self.authorized(call).await?;
        let (status, headers) = (answer.status, answer.headers.clone());
        let what = call.shown();
        let body = if status.is_success() {
            answer.read(&self.budget, &what, limit).await
        } else {
            answer.read(&self.budget, &what, ERROR_BODY).await
        };
        match body {
            Ok(body) => Ok(Reply::new(call, status, headers, body)),
            // Too long an explanation is as good as none.
            Err(OciError::TooMuch { .. }) if !status.is_success() => {
                Ok(Reply::new(call, status, headers, bytes::Bytes::new()))
            }
            Err(error @ OciError::Unreachable { .. }) => Err(Failure::Broken {
                error,
                reused: false,
            }),
            Err(error) => Err(Failure::Final(error)),
        }
    }

    /// Sends a call, and once more with what the registry asks for.
    pub(crate) async fn authorized(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let mut used = self
            .auth()
            .known(self, call)
            .await
            .map_err(Failure::Final)?;
        loop {
            let (answer, at_home) = self.follow(call, used.as_ref(), &mut None).await?;
            if answer.status != StatusCode::UNAUTHORIZED || !at_home {
                return Ok(answer);
            }
            let asked = answer.headers.clone();
            if !challenges(&asked) {
                return Ok(answer);
            }
            answer.discard(&self.budget).await;
            let offer = self.auth().respond(self, call, &asked, used.as_ref()).await;
            used = Some(offer.map_err(Failure::Final)?);
        }
    }
}

fn challenges(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::WWW_AUTHENTICATE)
}
