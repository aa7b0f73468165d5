//! Redirects, which only reads follow, and never with credentials for another host.

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::call::Call;
use crate::error::OciError;
use crate::registry::Operation;
use crate::transport::{Answer, Failure, Lane, Origin, Payload, Scheme, join, shown};

/// How many redirects are followed.
const REDIRECTS: usize = 5;

impl Operation {
    /// Sends a call and follows where it leads. Also tells whether the registry itself answered.
    pub(crate) async fn follow(
        &self,
        call: &Call<'_>,
        authorization: Option<&HeaderValue>,
        lane: &mut Option<Lane>,
    ) -> Result<(Answer, bool), Failure> {
        let payload = || Payload::Bytes(call.payload.clone());
        let (mut answer, mut uri, home) = self.first(call, authorization, lane, payload()).await?;
        for _ in 0..REDIRECTS {
            let Some(next) = redirect(call, &answer, &uri).map_err(Failure::Final)? else {
                let at_home = Origin::of(&uri).is_ok_and(|origin| origin == home);
                return Ok((answer, at_home));
            };
            let origin = Origin::of(&next).map_err(Failure::Final)?;
            let headers = headers(call, authorization.filter(|_| origin == home));
            let lane = answer.discard(&self.budget).await;
            answer = self
                .transport()
                .send(lane, call.method.clone(), &next, headers, payload())
                .await?;
            uri = next;
        }
        let Some(next) = redirect(call, &answer, &uri).map_err(Failure::Final)? else {
            let at_home = Origin::of(&uri).is_ok_and(|origin| origin == home);
            return Ok((answer, at_home));
        };
        Err(Failure::Final(OciError::Unsafe {
            host: call.repository.registry().into(),
            to: shown(&next),
            why: "after five other places",
        }))
    }

    /// Sends a call to where it goes first; the scheme is found out where both are allowed.
    pub(crate) async fn first(
        &self,
        call: &Call<'_>,
        authorization: Option<&HeaderValue>,
        lane: &mut Option<Lane>,
        payload: Payload,
    ) -> Result<(Answer, Uri, Origin), Failure> {
        let mut scheme = self.schemes().of(call.repository.registry());
        let mut payload = Some(payload);
        loop {
            let uri = call.uri(scheme).map_err(Failure::Final)?;
            let home = home(call, scheme).map_err(Failure::Final)?;
            self.transport().name(&home);
            let origin = Origin::of(&uri).map_err(Failure::Final)?;
            if home.scheme == Scheme::Https && origin.scheme == Scheme::Http {
                return Err(Failure::Final(downgrade(call, &uri)));
            }
            let headers = headers(call, authorization.filter(|_| origin == home));
            let body = payload
                .take()
                .unwrap_or(Payload::Bytes(call.payload.clone()));
            let lane = self.lane(lane).await;
            let sent = self
                .transport()
                .send(lane, call.method.clone(), &uri, headers, body)
                .await;
            match self
                .schemes()
                .other(call.repository.registry(), scheme, &sent)
            {
                Some(other) => scheme = other,
                None => return Ok((sent?, uri, home)),
            }
        }
    }

    async fn lane(&self, given: &mut Option<Lane>) -> Lane {
        match given.take() {
            Some(lane) => lane,
            None => self.transport().lane().await,
        }
    }
}

/// The registry itself.
fn home(call: &Call<'_>, scheme: Scheme) -> Result<Origin, OciError> {
    let text = format!("{}://{}/", scheme.as_str(), call.repository.registry());
    let uri: Uri = text
        .parse()
        .map_err(|error: http::uri::InvalidUri| OciError::malformed(text, error))?;
    Origin::of(&uri)
}

fn headers(call: &Call<'_>, authorization: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = call.headers.clone();
    if let Some(value) = authorization {
        headers.insert(header::AUTHORIZATION, value.clone());
    }
    headers
}

/// Where an answer leads.
fn redirect(call: &Call<'_>, answer: &Answer, from: &Uri) -> Result<Option<Uri>, OciError> {
    let leads = matches!(
        answer.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    if !leads {
        return Ok(None);
    }
    let location = answer.headers.get(header::LOCATION);
    let location = location.and_then(|value| value.to_str().ok()).unwrap_or("");
    let to = join(from, location)?;
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(OciError::Unsafe {
            host: call.repository.registry().into(),
            to: shown(&to),
            why: "and only reads are redirected",
        });
    }
    if from.scheme_str() == Some("https") && to.scheme_str() != Some("https") {
        return Err(downgrade(call, &to));
    }
    Ok(Some(to))
}

fn downgrade(call: &Call<'_>, to: &Uri) -> OciError {
    OciError::Unsafe {
        host: call.repository.registry().into(),
        to: shown(to),
        why: "which is without TLS",
    }
}
