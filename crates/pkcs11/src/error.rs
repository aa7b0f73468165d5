//! What can go wrong with a token, by who must act.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cryptoki::error::{Error as CryptokiError, RvError};
use touchmark_core::interaction::InteractionError;
use touchmark_core::{
    ErrorKind, Explain, Fault, KeyId, KeyUriError, PublicKeyError, SignatureError,
};

use crate::ckr;

/// Why the backend could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// A URI that is not acceptable.
    #[error("unusable PKCS#11 URI")]
    Uri(#[from] UriProblem),
    /// No module, or a file that is none, or one that does not start.
    #[error("{}", module_text(path, *problem))]
    Module {
        /// The module's file, as it was given.
        path: PathBuf,
        /// What is wrong with it.
        problem: ModuleProblem,
        /// What the loader or the module said.
        source: Option<CryptokiError>,
    },
    /// Not exactly one token matches. Decided before any login.
    #[error("{problem}")]
    Token {
        /// None or several, and which.
        problem: TokenProblem,
    },
    /// Not exactly one key matches, or not the right one, or it may not be used.
    #[error("{problem} on token {token:?}")]
    Key {
        /// The token's label.
        token: String,
        /// What is wrong.
        problem: KeyProblem,
    },
    /// The PIN is missing, wrong or locked.
    #[error("{problem} for token {token:?}")]
    Pin {
        /// The token's label.
        token: String,
        /// What is wrong.
        problem: PinProblem,
    },
    /// A named source of the PIN cannot be read.
    #[error(transparent)]
    Interaction(#[from] InteractionError),
    /// The token cannot do this.
    #[error("token {token:?} {what}")]
    Unsupported {
        /// The token's label.
        token: String,
        /// What it cannot do, as a predicate: "does not make rsa-4096 keys".
        what: String,
    },
    /// A message too long to hand to a token in one piece.
    #[error("the message is longer than {limit} bytes, too long for pure Ed25519 on a token")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// An operation did not end in time; it was abandoned.
    #[error("{what}: no answer within {after:?}")]
    Deadline {
        /// What was under way.
        what: &'static str,
        /// The deadline.
        after: Duration,
    },
    /// The module or the token failed.
    #[error("{what} failed ({})", ckr::name(source))]
    Device {
        /// What was under way.
        what: &'static str,
        /// What the module said.
        source: CryptokiError,
    },
    /// A file or thread of this machine failed.
    #[error("{what} failed")]
    System {
        /// What was under way, and on what.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The token or a file holds something that cannot be read.
    #[error("unreadable {what}")]
    Malformed {
        /// What cannot be read.
        what: &'static str,
        /// Why.
        source: MalformedSource,
    },
}

/// What is wrong with a URI.
#[derive(Debug, thiserror::Error)]
pub enum UriProblem {
    /// Not a `pkcs11:` URI.
    #[error("{0:?} is not the scheme pkcs11")]
    Scheme(String),
    /// An attribute that RFC 7512 has not, that is not used here, or on the wrong side of `?`.
    #[error("the attribute {0:?} is not known in this place")]
    Unknown(String),
    /// A value that the attribute does not take.
    #[error("{value:?} is no value for {name}")]
    Value {
        /// The attribute.
        name: &'static str,
        /// The value, percent-decoded.
        value: String,
    },
    /// An attribute that the operation needs is not there.
    #[error("the URI names no {0}")]
    Missing(&'static str),
    /// The attribute syntax itself.
    #[error(transparent)]
    Malformed(KeyUriError),
}

/// What is wrong with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleProblem {
    /// No module was named at all.
    NotNamed,
    /// There is no such file.
    Missing,
    /// The file is no shared library for this machine, or lacks one it needs.
    NotALibrary,
    /// A shared library without `C_GetFunctionList`.
    NotPkcs11,
    /// `C_Initialize` failed.
    NotStarted,
}

/// Why no one token was found.
#[derive(Debug, thiserror::Error)]
pub enum TokenProblem {
    /// No token matches.
    #[error("no token matches; found: {}", list(.0))]
    None(Vec<String>),
    /// More than one does.
    #[error("{} tokens match: {}", .0.len(), list(.0))]
    Several(Vec<String>),
}

/// Why a key is not usable.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// No key matches.
    #[error("no key matches; found: {}", list(.0))]
    None(Vec<String>),
    /// More than one does.
    #[error("{} keys match: {}", .0.len(), list(.0))]
    Several(Vec<String>),
    /// A key is there already.
    #[error("a key is already there: {}", list(.0))]
    Exists(Vec<String>),
    /// `type` names something that does not sign.
    #[error("the URI's type names no private key")]
    NotPrivate,
    /// `CKA_SIGN` is false.
    #[error("the key is disabled (CKA_SIGN is false)")]
    Disabled,
    /// The public half is nowhere to be had.
    #[error("the private key's public half is not to be found")]
    NoPublicKey,
    /// The token came back with another key in this place.
    #[error("the key is now {found}, it was {expected}")]
    Replaced {
        /// The key that is there now.
        found: KeyId,
        /// The key that was opened.
        expected: KeyId,
    },
    /// A certificate for another key.
    #[error("the certificate is for {certified}, the key is {key}")]
    OtherCertificate {
        /// The key that the certificate certifies.
        certified: KeyId,
        /// The key beside which it was to be stored.
        key: KeyId,
    },
    /// The token made a key that could be copied out; it was destroyed again.
    #[error("the token made a key that can be extracted; it was destroyed")]
    Extractable,
}

/// Why there was no login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinProblem {
    /// Nobody gave one.
    #[error("no PIN")]
    Missing,
    /// It is wrong; what the token says now.
    #[error("wrong PIN ({0})")]
    Wrong(PinTries),
    /// Locked by wrong tries.
    #[error("the PIN is locked")]
    Locked,
    /// One more wrong try locks it, and that was not allowed for.
    #[error("only one PIN try is left: not used")]
    FinalTry,
    /// No user PIN was ever set.
    #[error("no user PIN has been set")]
    NotInitialized,
    /// It must be changed first.
    #[error("the PIN has expired")]
    Expired,
}

/// How many wrong user PINs the token still takes, as far as PKCS#11 tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinTries {
    /// No wrong PIN since the last right one (or the token does not count).
    #[error("fine")]
    Fine,
    /// `CKF_USER_PIN_COUNT_LOW`: at least one wrong PIN since the last right one.
    #[error("count low")]
    CountLow,
    /// `CKF_USER_PIN_FINAL_TRY`: the next wrong one locks.
    #[error("final try")]
    FinalTry,
    /// `CKF_USER_PIN_LOCKED`.
    #[error("locked")]
    Locked,
}

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MalformedSource {
    /// A public key.
    #[error(transparent)]
    PublicKey(#[from] PublicKeyError),
    /// A signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A DER structure.
    #[error(transparent)]
    Der(#[from] der::Error),
    /// Something that this version does not know, by name.
    #[error("unknown {0}")]
    Unknown(String),
}

fn module_text(path: &Path, problem: ModuleProblem) -> String {
    let path = path.display();
    match problem {
        ModuleProblem::NotNamed => "no PKCS#11 module is named".to_owned(),
        ModuleProblem::Missing => format!("there is no PKCS#11 module {path}"),
        ModuleProblem::NotALibrary => format!("{path} cannot be loaded as a shared library"),
        ModuleProblem::NotPkcs11 => format!("{path} is a library, but not a PKCS#11 module"),
        ModuleProblem::NotStarted => format!("the PKCS#11 module {path} does not start"),
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        "none".to_owned()
    } else {
        // Tokens list their objects in no order.
        let mut items = items.to_vec();
        items.sort();
        items.join(", ")
    }
}

impl Pkcs11Error {
    /// A failed call into the module.
    pub(crate) fn device(what: &'static str) -> impl FnOnce(CryptokiError) -> Self {
        move |source| Self::Device { what, source }
    }

    /// Something that cannot be read.
    pub(crate) fn malformed<E: Into<MalformedSource>>(
        what: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self::Malformed {
            what,
            source: source.into(),
        }
    }

    /// Whether the token has no more sessions to give.
    pub(crate) fn is_session_count(&self) -> bool {
        matches!(self, Self::Device { source, .. }
            if ckr::code(source) == Some(RvError::SessionCount))
    }

    /// Whether the session is of no further use, but a new one may be.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, Self::Device { source, .. } if ckr::is_fatal(source))
    }
}

impl From<Pkcs11Error> for Fault {
    fn from(error: Pkcs11Error) -> Self {
        Self::new(error)
    }
}

impl Explain for Pkcs11Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Uri(_)
            | Self::TooLarge { .. }
            | Self::Module {
                problem: ModuleProblem::NotNamed,
                ..
            } => ErrorKind::Usage,
            Self::Module { .. } | Self::Deadline { .. } | Self::Device { .. } => {
                ErrorKind::Unreachable
            }
            Self::Token { .. } | Self::Key { .. } | Self::Unsupported { .. } => ErrorKind::Key,
            Self::Pin { .. } => ErrorKind::Secret,
            Self::Interaction(error) => error.kind(),
            Self::System { .. } => ErrorKind::Failed,
            Self::Malformed { .. } => ErrorKind::Malformed,
        }
    }

    fn hint(&self) -> Option<String> {
        crate::hint::of(self)
    }
}
