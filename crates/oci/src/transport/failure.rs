//! Why a request got no answer, and whether it may be sent again.

use std::error::Error as StdError;
use std::io;

use super::Origin;
use crate::error::OciError;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Sending it again cannot help, or is not allowed.
    Final(OciError),
    /// The connection failed; a request that may be repeated may be sent again.
    Broken {
        error: OciError,
        /// The connection had served before, and may have been closed while it was idle: the
        /// next try needs no pause.
        reused: bool,
    },
    /// The host does not speak TLS, as it seems.
    NotTls(OciError),
    /// What came is no HTTP: perhaps the host wants TLS.
    NotHttp(OciError),
}

impl Failure {
    /// Connecting failed.
    pub(super) fn of_connect(origin: &Origin, source: impl Into<crate::error::Cause>) -> Self {
        let source = source.into();
        let not_tls = is_not_tls(&*source);
        let distrusted = find::<rustls::Error>(&*source).is_some();
        let error = OciError::Unreachable {
            host: origin.to_string(),
            source,
        };
        match (not_tls, distrusted) {
            (true, _) => Self::NotTls(error),
            (false, true) => Self::Final(error),
            (false, false) => Self::Broken {
                error,
                reused: false,
            },
        }
    }

    /// An established connection failed before the answer's head was there.
    pub(super) fn of_request(origin: &Origin, error: hyper::Error, reused: bool) -> Self {
        let not_http = !reused && error.is_parse();
        let error = OciError::Unreachable {
            host: origin.to_string(),
            source: error.into(),
        };
        if not_http {
            return Self::NotHttp(error);
        }
        Self::Broken { error, reused }
    }

    /// Reading an answer's body failed: a broken connection may have been the network's fault.
    pub(crate) fn of_body(error: OciError) -> Self {
        match error {
            error @ OciError::Unreachable { .. } => Self::Broken {
                error,
                reused: false,
            },
            error => Self::Final(error),
        }
    }

    pub(crate) fn into_error(self) -> OciError {
        match self {
            Self::Final(error)
            | Self::Broken { error, .. }
            | Self::NotTls(error)
            | Self::NotHttp(error) => error,
        }
    }
}

/// A peer that answers a TLS greeting in another protocol, or hangs up at once.
fn is_not_tls(error: &(dyn StdError + 'static)) -> bool {
    let other = find::<rustls::Error>(error);
    let other = matches!(other, Some(rustls::Error::InvalidMessage(_)));
    let hung_up = find::<io::Error>(error).map(io::Error::kind);
    other || hung_up == Some(io::ErrorKind::UnexpectedEof)
}

/// The first cause of that type. An I/O error hides what it wraps from `source`.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}
