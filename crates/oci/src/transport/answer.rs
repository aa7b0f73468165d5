//! An answer: its head, and a body that is read only within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::Lane;
use super::lanes::Connection;
use crate::budget::Budget;
use crate::error::OciError;

/// An answer whose body has not been read. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    host: String,
    body: Incoming,
    lane: Lane,
    /// Given back at the body's end.
    connection: Option<Connection>,
}

impl Answer {
    pub(super) fn new(response: Response<Incoming>, lane: Lane, connection: Connection) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            host: connection.origin.to_string(),
            body,
            lane,
            connection: Some(connection),
        }
    }

    /// Reads the whole body, at most `limit` bytes. The caller holds it to its deadline.
    pub(crate) async fn read(
        mut self,
        budget: &Budget,
        what: &str,
        limit: u64,
    ) -> Result<Bytes, OciError> {
        let mut whole = BytesMut::new();
        let announced = self.body.size_hint().lower();
        while let Some(chunk) = self.next(budget).await? {
            let length = (whole.len() as u64).saturating_add(chunk.len() as u64);
            if length.max(announced) > limit {
                return Err(OciError::TooMuch {
                    what: format!("{what}, in bytes,"),
                    limit,
                });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Reads what is left of a short body, so that the connection can serve again, and gives the
    /// lane back: whoever has two lanes must not have to wait for one.
    pub(crate) async fn discard(mut self, budget: &Budget) -> Lane {
        const SHORT: usize = 16 * 1024;
        let mut length = 0;
        while let Ok(Some(chunk)) = self.next(budget).await {
            length += chunk.len();
            if length > SHORT {
                break;
            }
        }
        self.lane
    }

    /// The next part of the body; `None` at its end, when the connection is free again.
    async fn next(&mut self, budget: &Budget) -> Result<Option<Bytes>, OciError> {
        let chunk = self.frame().await?;
        if let Some(chunk) = &chunk {
            budget.spend(chunk.len())?;
        }
        Ok(chunk)
    }

    /// The next part of a long body, for which `idle` may be waited.
    pub(crate) async fn stream(&mut self, idle: Duration) -> Result<Option<Bytes>, OciError> {
        let waited = tokio::time::timeout(idle, self.frame()).await;
        waited.map_err(|_| OciError::TimedOut {
            what: format!("the next bytes from {}", self.host),
            limit: idle,
        })?
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, OciError> {
        loop {
            match self.body.frame().await {
                // Trailers say nothing here.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) => {
                    return Err(OciError::Unreachable {
                        host: self.host.clone(),
                        source: error.into(),
                    });
                }
                None => {
                    if let Some(connection) = self.connection.take() {
                        self.lane.give_back(connection);
                    }
                    return Ok(None);
                }
            }
        }
    }
}
