//! What is tried again, and when: back-off with jitter, and what `Retry-After` asks for.

use std::time::{Duration, SystemTime};

use http::{StatusCode, header};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::reply::Reply;
use crate::transport::Failure;

/// How often a call is sent at most.
const TRIES: u32 = 4;

/// The pause after the first failure; it doubles with each.
const PAUSE: Duration = Duration::from_millis(200);

/// What follows a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is what it is.
    Done,
    /// Try again after a pause.
    Again(Duration),
}

/// How often a call was sent.
#[derive(Debug)]
pub(super) struct Tries {
    repeatable: bool,
    sent: u32,
    stale: u32,
}

impl Tries {
    pub(super) fn new(repeatable: bool) -> Self {
        Self {
            repeatable,
            sent: 0,
            stale: 0,
        }
    }

    pub(super) fn next(&mut self, tried: &Result<Reply, Failure>) -> Next {
        match tried {
            // A connection that was closed while it was idle tells nothing about the registry.
            Err(Failure::Broken { reused: true, .. }) if self.repeatable && self.stale < TRIES => {
                self.stale += 1;
                Next::Again(Duration::ZERO)
            }
            Err(Failure::Broken { .. } | Failure::NotTls(_)) if self.repeatable => self.pause(None),
            // It says that it did not do it, so doing it again is safe for any call.
            Ok(reply) if is_busy(reply.status) => self.pause(retry_after(reply)),
            Ok(reply) if is_gateway(reply.status) && self.repeatable => {
                self.pause(retry_after(reply))
            }
            _ => Next::Done,
        }
    }

    fn pause(&mut self, asked: Option<Duration>) -> Next {
        self.sent += 1;
        if self.sent >= TRIES {
            return Next::Done;
        }
        let pause = PAUSE * 2_u32.pow(self.sent - 1);
        let jitter = pause.mul_f64(fastrand::f64() / 2.0);
        Next::Again(asked.unwrap_or_default().max(pause + jitter))
    }
}

fn is_busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE
}

fn is_gateway(status: StatusCode) -> bool {
    status == StatusCode::BAD_GATEWAY || status == StatusCode::GATEWAY_TIMEOUT
}

/// Seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.header(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    SystemTime::from(date)
        .duration_since(SystemTime::now())
        .ok()
}
