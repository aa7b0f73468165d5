//! Why a registry did not do what it was asked, and what to do about it.

use std::error::Error as StdError;
use std::time::Duration;

use touchmark_core::{ErrorKind, Explain};

/// Any error, as a cause.
pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// Why something in a registry, or in a layout on disk, cannot be found, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OciError {
    /// The name of an image is malformed.
    #[error("{given:?} is no image reference: {why}")]
    Reference {
        /// The name, as the user gave it.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// A setting, file or credential of ours cannot be used.
    #[error("{what}")]
    Setup {
        /// What cannot be done, and the file or program it is about.
        what: String,
        /// Why.
        source: Option<Cause>,
    },
    /// The registry has no such manifest, tag, blob or repository.
    #[error("{0} is not there")]
    NotFound(String),
    /// The registry wants other credentials, or these may not do it.
    #[error("{registry} denied the request ({status}){message}")]
    Denied {
        /// The registry's host.
        registry: String,
        /// The HTTP status: 401 or 403.
        status: u16,
        /// The registry's own words, or nothing.
        message: String,
    },
    /// The registry answered a request with an error.
    #[error("{request} was answered with {status}{message}")]
    Refused {
        /// The method and URL.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The registry's own words, or nothing.
        message: String,
    },
    /// The host cannot be reached, its certificate is not trusted, or the connection broke.
    #[error("{host} cannot be reached, or broke the connection")]
    Unreachable {
        /// The host that was talked to.
        host: String,
        /// What happened.
        source: Cause,
    },
    /// It took longer than it may.
    #[error("{what} took longer than {} s", limit.as_secs_f32())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// The limit.
        limit: Duration,
    },
    /// There is more of something than is read.
    #[error("{what} is more than {limit}")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// Content is not what its descriptor, or its name, says.
    #[error("{what} has {property} {found}, but {expected} was expected")]
    Mismatch {
        /// Which content.
        what: String,
        /// `digest`, `size` or `media type`.
        property: &'static str,
        /// What was promised.
        expected: String,
        /// What came.
        found: String,
    },
    /// An answer, manifest or layout is malformed.
    #[error("{what} is malformed")]
    Malformed {
        /// What is malformed.
        what: String,
        /// What the reader said.
        source: Cause,
    },
    /// The registry led to a place where it is not safe to go.
    #[error("{host} leads to {to}, {why}")]
    Unsafe {
        /// Who led there.
        host: String,
        /// Where to.
        to: String,
        /// Why it is not followed.
        why: &'static str,
    },
    /// Another writer replaced what was written here, each time it was tried.
    #[error("{0} was overwritten by somebody else each time it was written")]
    Lost(String),
}

impl OciError {
    /// Malformed for a reason that was found here.
    pub(crate) fn malformed(what: impl Into<String>, why: impl Into<Cause>) -> Self {
        Self::Malformed {
            what: what.into(),
            source: why.into(),
        }
    }

    /// A setting that cannot be used, for a reason that was found here.
    pub(crate) fn setup(what: impl Into<String>) -> Self {
        Self::Setup {
            what: what.into(),
            source: None,
        }
    }

    /// A setting that cannot be used, for a reason that a reader gave.
    pub(crate) fn setup_by(what: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Setup {
            what: what.into(),
            source: Some(source.into()),
        }
    }

    /// Whether nothing was found, which is often an answer and no failure.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }
}

impl Explain for OciError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Reference { .. } | Self::Setup { .. } => ErrorKind::Usage,
            Self::NotFound(_) | Self::Refused { .. } | Self::Lost(_) => ErrorKind::Failed,
            Self::Denied { .. } => ErrorKind::Secret,
            Self::Unreachable { .. } | Self::TimedOut { .. } => ErrorKind::Unreachable,
            Self::TooMuch { .. }
            | Self::Mismatch { .. }
            | Self::Malformed { .. }
            | Self::Unsafe { .. } => ErrorKind::Malformed,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Reference { .. } => {
                "write REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:HEX"
            }
            Self::Setup { .. } => "check the file, program or flag that is named",
            Self::NotFound(_) => {
                "check the name; a registry also says so to those who may not read it"
            }
            Self::Denied { .. } => {
                "log in with `docker login`, or give --registry-username and \
                 --registry-password of an account that may do this"
            }
            Self::Refused { .. } => "the registry's own words above say what it did not like",
            Self::Unreachable { source, .. } => unreachable_hint(&**source),
            Self::TimedOut { .. } => "try again, or check the network and the registry's load",
            Self::TooMuch { .. } => {
                "this is more than any signed image needs: ask who wrote it there"
            }
            Self::Mismatch { .. } | Self::Malformed { .. } => {
                "the registry, or a proxy before it, is faulty or tampered with: do not use it"
            }
            Self::Unsafe { .. } => "do not use this registry until its operator has explained it",
            Self::Lost(_) => "run it again when no one else signs the same image",
        };
        Some(hint.into())
    }
}

/// What to do depends on how the connection failed.
fn unreachable_hint(source: &(dyn StdError + 'static)) -> &'static str {
    let mut cause = Some(source);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return "name the registry's authority with --registry-cacert; for a registry \
                    without TLS give --allow-http-registry";
        }
        let inner = error.downcast_ref::<std::io::Error>();
        // An I/O error hides what it wraps from `source`.
        cause = match inner.and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    "check the registry's name and port, the network, and HTTPS_PROXY and NO_PROXY"
}
