//! Proxies, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;

use super::connect::Socket;
use super::failure::Failure;
use super::lanes::{Driver, Forward};
use super::{Origin, origin};
use crate::error::OciError;
use crate::options::Environment;

/// Which origins are reached through which proxy.
pub(super) struct Proxies(Matcher);

/// One proxy.
pub(super) struct Proxy {
    pub(super) origin: Origin,
    authorization: Option<HeaderValue>,
}

impl Proxies {
    pub(super) fn new(environment: &Environment) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let matcher = Matcher::builder()
            .all(text(&environment.all_proxy))
            .http(text(&environment.http_proxy))
            .https(text(&environment.https_proxy))
            .no(text(&environment.no_proxy));
        Self(matcher.build())
    }

    /// The proxy of an origin. This machine itself is reached without one, as Go programs do.
    pub(super) fn of(&self, origin: &Origin) -> Result<Option<Proxy>, OciError> {
        if origin::is_loopback(&origin.host_and_port()) {
            return Ok(None);
        }
        let Some(found) = self.0.intercept(&origin.uri()?) else {
            return Ok(None);
        };
        let proxy = Origin::of(found.uri()).map_err(|_| {
            OciError::setup(format!(
                "the proxy {} cannot be used: only proxies of HTTP and HTTPS are",
                origin::shown(found.uri())
            ))
        })?;
        let mut authorization = found.basic_auth().cloned();
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Ok(Some(Proxy {
            origin: proxy,
            authorization,
        }))
    }
}

impl Proxy {
    pub(super) fn forward(&self) -> Forward {
        Forward {
            authorization: self.authorization.clone(),
        }
    }

    /// Asks for a tunnel (RFC 9110 §9.3.6).
    pub(super) async fn tunnel(&self, socket: Socket, to: &Origin) -> Result<Socket, Failure> {
        let broken = |error: hyper::Error| Failure::of_connect(&self.origin, error);
        let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(socket))
            .await
            .map_err(broken)?;
        let driver = Driver::new(tokio::spawn(async move {
            let _ = connection.with_upgrades().await;
        }));
        let request = self.connect_request(to).map_err(Failure::Final)?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(Failure::Final(OciError::Refused {
                request: format!(
                    "CONNECT {} at the proxy {}",
                    to.host_and_port(),
                    self.origin
                ),
                status: answer.status().as_u16(),
                message: String::new(),
            }));
        }
        let tunnel = hyper::upgrade::on(answer).await.map_err(broken)?;
        drop(driver);
        Ok(Box::new(TokioIo::new(tunnel)))
    }

    fn connect_request(&self, to: &Origin) -> Result<Request<Empty<Bytes>>, OciError> {
        let target = to.host_and_port();
        let malformed = |error: http::Error| OciError::malformed(target.clone(), error);
        let uri = Uri::try_from(&target).map_err(|error| malformed(error.into()))?;
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(uri)
            .header(header::HOST, &target);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::PROXY_AUTHORIZATION, authorization.clone());
        }
        request.body(Empty::new()).map_err(malformed)
    }
}
