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

use crate::auth::denied;
use crate::error::OciError;
use crate::registry::Operation;
use crate::transport::{Answer, Failure, Lane};
use retry::{Next, Tries};

/// The most authorizations that one call is sent with: one that was kept and has run out, one that
/// another call just got, and a new one.
const AUTHORIZATIONS: usize = 3;

/// The longest error answer in bytes: what is beyond is not read.
const ERROR_BODY: u64 = 64 * 1024;

impl Operation {
    /// Sends a call and reads the answer, at most `limit` bytes of it. Any status is an answer.
    pub(crate) async fn fetch(&self, call: &Call<'_>, limit: u64) -> Result<Reply, OciError> {
        let mut tries = Tries::new(call.repeatable);
        loop {
            let what = || format!("{} {}", call.method, call.shown());
            // Boxed: it is large, and every other future would have it inside.
            let attempt = Box::pin(self.attempt(call, limit));
            let outcome = self.budget.within(what, attempt).await?;
            match tries.next(&outcome) {
                Next::Done => return outcome.map_err(Failure::into_error),
                Next::Again(wait) if self.budget.sleep(wait).await => {}
                Next::Again(wait) => {
                    return outcome.map_or_else(
                        |failure| Err(failure.into_error()),
                        |reply| Err(reply.must_wait(call, wait)),
                    );
                }
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>, limit: u64) -> Result<Reply, Failure> {
        let answer = self.authorized(call).await?;
        if !answer.status.is_success() {
            return self.reply(call, answer).await;
        }
        let (status, headers) = (answer.status, answer.headers.clone());
        let body = answer.read(&self.budget, &call.shown(), limit).await;
        let body = body.map_err(Failure::of_body)?;
        Ok(Reply::new(call, status, headers, body))
    }

    /// Reads an answer that is an error. Too long an explanation is as good as none.
    pub(crate) async fn reply(&self, call: &Call<'_>, answer: Answer) -> Result<Reply, Failure> {
        let (status, headers) = (answer.status, answer.headers.clone());
        let what = call.shown();
        let read = answer.read(&self.budget, &what, ERROR_BODY);
        let read = self.budget.within(|| call.shown(), read).await;
        let body = match read.map_err(Failure::Final)? {
            Ok(body) => body,
            Err(OciError::TooMuch { .. }) => bytes::Bytes::new(),
            Err(error) => return Err(Failure::of_body(error)),
        };
        Ok(Reply::new(call, status, headers, body))
    }

    /// Sends a call on a lane that is there already, with the authorization that is known.
    pub(crate) async fn on_lane(&self, call: &Call<'_>, lane: Lane) -> Result<Answer, OciError> {
        let used = self.auth().kept(call).await;
        let mut lane = Some(lane);
        let follow = Box::pin(self.follow(call, used.as_ref(), &mut lane));
        let answered = self.budget.within(|| call.shown(), follow).await?;
        let (answer, at_home) = answered.map_err(Failure::into_error)?;
        if answer.status == StatusCode::UNAUTHORIZED && !at_home {
            let reply = self
                .reply(call, answer)
                .await
                .map_err(Failure::into_error)?;
            return Err(reply.into_error(|| call.shown()));
        }
        Ok(answer)
    }

    /// Gets the authorization that an answer asked for. Whoever calls this has no lane: it takes
    /// one itself.
    pub(crate) async fn renew(&self, call: &Call<'_>, asked: &HeaderMap) -> Result<(), OciError> {
        let used = self.auth().kept(call).await;
        let respond = Box::pin(self.auth().respond(self, call, asked, used.as_ref()));
        self.budget.within(|| call.shown(), respond).await??;
        Ok(())
    }

    /// Sends a call, and again with what the registry asks for.
    pub(crate) async fn authorized(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let mut used = self
            .auth()
            .known(self, call)
            .await
            .map_err(Failure::Final)?;
        for _ in 0..AUTHORIZATIONS {
            let (answer, at_home) = self.follow(call, used.as_ref(), &mut None).await?;
            if answer.status != StatusCode::UNAUTHORIZED || !at_home {
                return Ok(answer);
            }
            let asked = answer.headers.clone();
            if !challenges(&asked) {
                return Ok(answer);
            }
            drop(answer.discard(&self.budget).await);
            let offer = self.auth().respond(self, call, &asked, used.as_ref()).await;
            used = Some(offer.map_err(Failure::Final)?);
        }
        // Some registries hand out tokens that allow nothing, instead of none.
        let message = ": it does not accept the tokens that it names a server for";
        Err(Failure::Final(denied(call, message)))
    }
}

/// Whether an answer asks for an authorization.
pub(crate) fn challenges(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::WWW_AUTHENTICATE)
}
