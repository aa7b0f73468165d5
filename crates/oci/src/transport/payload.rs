//! What a request carries.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// A request's body as hyper takes it.
pub(crate) type Outgoing = UnsyncBoxBody<Bytes, io::Error>;

/// Where the parts of a body are put in; an error ends the request.
pub(crate) type Parts = mpsc::Sender<io::Result<Bytes>>;

/// How many parts wait to be sent.
const WAITING: usize = 4;

/// What a request carries.
pub(crate) enum Payload {
    /// Bytes in memory, perhaps none: the request can be sent again.
    Bytes(Bytes),
    /// Bytes that come from elsewhere and are sent once.
    Stream(Outgoing),
}

impl Payload {
    /// A body of that many bytes, which are put in part by part.
    pub(crate) fn stream(size: u64) -> (Parts, Self) {
        let (parts, waiting) = mpsc::channel(WAITING);
        let body = Stream {
            waiting,
            left: size,
        };
        (parts, Self::Stream(body.boxed_unsync()))
    }

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

/// A body of a known size. http-body-util has a channel too, but it may drop the last part where
/// the sender is dropped right after it: it asks for parts first, and then whether the sender is
/// gone.
struct Stream {
    waiting: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let wrong = |what: &str| Poll::Ready(Some(Err(io::Error::other(what.to_owned()))));
        match ready!(self.waiting.poll_recv(cx)) {
            Some(Ok(part)) => match self.left.checked_sub(part.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Poll::Ready(Some(Ok(Frame::data(part))))
                }
                None => wrong("there is more to send than was announced"),
            },
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None if self.left > 0 => wrong("there is less to send than was announced"),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of a body of that size into which these parts were put.
    fn sent(size: u64, parts: Vec<io::Result<Bytes>>) -> Result<Bytes, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let (sender, payload) = Payload::stream(size);
        let feeding = runtime.spawn(async move {
            for part in parts {
                if sender.send(part).await.is_err() {
                    return;
                }
            }
        });
        let body = runtime.block_on(payload.into_body().collect());
        drop(feeding);
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_part_arrives_however_fast_the_sender_is_gone() {
        for _ in 0..2000 {
            let part = Ok(Bytes::from_static(b"whole"));
            assert_eq!(sent(5, vec![part]).unwrap(), "whole");
        }
    }

    #[test]
    fn a_body_of_another_size_or_with_an_error_is_no_body() {
        let part = || Ok(Bytes::from_static(b"abc"));
        assert!(sent(4, vec![part()]).unwrap_err().contains("less"));
        assert!(sent(2, vec![part()]).unwrap_err().contains("more"));
        let broken = vec![part(), Err(io::Error::other("broken"))];
        assert!(sent(6, broken).unwrap_err().contains("broken"));
        assert_eq!(sent(0, Vec::new()).unwrap(), "");
    }
}
