//! HTTP/1.1 over connections whose number, trust and route are decided here.

mod answer;
mod connect;
mod failure;
mod lanes;
mod origin;
mod payload;
mod proxy;
mod tls;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};

pub(crate) use answer::Answer;
pub(crate) use failure::Failure;
pub(crate) use lanes::Lane;
pub(crate) use origin::{Origin, Scheme, is_loopback, join, shown};
pub(crate) use payload::{Outgoing, Parts, Payload};

use crate::error::OciError;
use crate::options::Options;
use connect::Connector;
use lanes::{Connection, Lanes};

/// Sends requests. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Transport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lanes: Lanes,
    connector: Connector,
    user_agent: HeaderValue,
    /// The registries of this run, as the user named them.
    named: Mutex<HashSet<Origin>>,
}

impl Transport {
    pub(crate) fn new(options: &Options) -> Result<Self, OciError> {
        let user_agent = HeaderValue::try_from(&options.user_agent)
            .map_err(|error| OciError::setup_by("the user agent cannot be sent", error))?;
        Ok(Self(Arc::new(Inner {
            lanes: Lanes::new(options.connections),
            connector: Connector::new(options)?,
            user_agent,
            named: Mutex::default(),
        })))
    }

    /// Tells that an origin is a registry that the user named, and no place that a registry leads
    /// to: it may see the client's certificate.
    pub(crate) fn name(&self, origin: &Origin) {
        let mut named = self.0.named.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(origin) {
            named.insert(origin.clone());
        }
    }

    /// Waits until one more exchange may begin.
    pub(crate) async fn lane(&self) -> Lane {
        self.0.lanes.lane().await
    }

    /// Waits until two more exchanges may begin that need each other.
    pub(crate) async fn two_lanes(&self) -> (Lane, Lane) {
        self.0.lanes.two_lanes().await
    }

    /// Sends one request and waits for the answer's head. Redirects, authorization and retries
    /// are the caller's.
    pub(crate) async fn send(
        &self,
        lane: Lane,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        payload: Payload,
    ) -> Result<Answer, Failure> {
        let origin = Origin::of(uri).map_err(Failure::Final)?;
        let fresh = payload.is_stream();
        let (mut connection, reused) = self.connection(&origin, fresh).await?;
        let request = self.request(&connection, method, uri, &origin, headers, payload);
        match connection.sender.send_request(request).await {
            Ok(response) => Ok(Answer::new(response, lane, connection)),
            Err(error) => Err(Failure::of_request(&origin, error, reused)),
        }
    }

    async fn connection(
        &self,
        origin: &Origin,
        fresh: bool,
    ) -> Result<(Connection, bool), Failure> {
        if !fresh && let Some(idle) = self.0.lanes.idle(origin).await {
            return Ok((idle, true));
        }
        let open = self.0.lanes.open().await;
        let named = self
            .0
            .named
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(origin);
        let connection = self.0.connector.connect(origin, named, open).await?;
        Ok((connection, false))
    }

    fn request(
        &self,
        connection: &Connection,
        method: Method,
        uri: &Uri,
        origin: &Origin,
        headers: HeaderMap,
        payload: Payload,
    ) -> Request<Outgoing> {
        let mut request = Request::new(payload.into_body());
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        let headers = request.headers_mut();
        headers.insert(header::HOST, origin.host_header());
        headers.insert(header::USER_AGENT, self.0.user_agent.clone());
        *request.uri_mut() = match &connection.forward {
            // Through a proxy without a tunnel, the whole URI is sent (RFC 9112 §3.2.2).
            Some(forward) => {
                if let Some(authorization) = &forward.authorization {
                    headers.insert(header::PROXY_AUTHORIZATION, authorization.clone());
                }
                uri.clone()
            }
            None => origin::path_only(uri),
        };
        request
    }
}
