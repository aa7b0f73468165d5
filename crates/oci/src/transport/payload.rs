//! What a request carries.

use std::fmt;
use std::io;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

/// A request's body as hyper takes it.
pub(crate) type Outgoing = UnsyncBoxBody<Bytes, io::Error>;

/// What a request carries.
pub(crate) enum Payload {
    /// Bytes in memory, perhaps none: the request can be sent again.
    Bytes(Bytes),
    /// Bytes that come from elsewhere and are sent once.
    Stream(Outgoing),
}

impl Payload {
    pub(super) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }

    pub(super) fn into_body(self) -> Outgoing {
        match self {
            Self::Bytes(bytes) => Full::new(bytes)
                .map_err(|never| match never {})
                .boxed_unsync(),
            Self::Stream(body) => body,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}
