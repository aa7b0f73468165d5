//! Why a plugin did not do what it was asked.

use std::io;

use touchmark_core::{ErrorKind, Explain, KeyAlgorithm, KeyId, PublicKeyError, SignatureError};

use super::quote::Quote;
use crate::wire::WireError;

/// Why a plugin did not do what it was asked. `program` is the plugin's name,
/// `sigstore-kms-NAME`; `stderr` is the end of what it wrote to standard error.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The program cannot be started, or is not safe to start.
    #[error("{program} cannot be started")]
    Start {
        /// The plugin.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program was killed, or crashed.
    #[error("{program} was ended by signal {signal}{stderr}")]
    Died {
        /// The plugin.
        program: String,
        /// The signal's number.
        signal: i32,
        /// What it wrote.
        stderr: Quote,
    },
    /// The program took too long, and was killed with all that it had started.
    #[error("{program} did not answer within {seconds} s{stderr}")]
    TimedOut {
        /// The plugin.
        program: String,
        /// The limit.
        seconds: f32,
        /// What it wrote.
        stderr: Quote,
    },
    /// The program wrote too much, and was killed.
    #[error("{program} answered with more than {limit} bytes{stderr}")]
    TooLong {
        /// The plugin.
        program: String,
        /// The limit in bytes.
        limit: usize,
        /// What it wrote.
        stderr: Quote,
    },
    /// The answer is not one JSON object of the protocol.
    #[error("{program} answered with {answered} instead of one JSON object{stderr}")]
    NotJson {
        /// The plugin.
        program: String,
        /// What the answer is, in words.
        answered: &'static str,
        /// What is wrong with it.
        source: WireError,
        /// What it wrote.
        stderr: Quote,
    },
    /// The plugin answered with an error.
    #[error("{program} failed: {message}{stderr}")]
    Refused {
        /// The plugin.
        program: String,
        /// Its own words.
        message: String,
        /// What it wrote.
        stderr: Quote,
    },
    /// The answer has no result.
    #[error("{program} answered {method} without a result")]
    Missing {
        /// The plugin.
        program: String,
        /// The method that was called.
        method: &'static str,
    },
    /// The answer's public key is malformed or not supported.
    #[error("{program} returned an unusable public key")]
    PublicKey {
        /// The plugin.
        program: String,
        /// What is wrong with it.
        source: PublicKeyError,
    },
    /// The answer's signature is malformed.
    #[error("{program} returned a malformed signature")]
    Signature {
        /// The plugin.
        program: String,
        /// What is wrong with it.
        source: SignatureError,
    },
    /// A key was to be made where there is one.
    #[error("{program} has such a key already: {key_id}")]
    Exists {
        /// The plugin.
        program: String,
        /// The key that is there.
        key_id: KeyId,
    },
    /// The plugin makes no keys of the algorithm that was asked for.
    #[error("{program} makes no {wanted} key, but {offered}")]
    Algorithm {
        /// The plugin.
        program: String,
        /// What was asked for.
        wanted: KeyAlgorithm,
        /// What it makes, or made, in its own words.
        offered: String,
    },
    /// The message cannot be read, or is too long to be handed over.
    #[error("the message cannot be handed to {program}")]
    Message {
        /// The plugin.
        program: String,
        /// What is wrong with it.
        source: io::Error,
    },
}

impl Explain for PluginError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Start { .. } | Self::Died { .. } | Self::TimedOut { .. } => {
                ErrorKind::Unreachable
            }
            Self::TooLong { .. }
            | Self::NotJson { .. }
            | Self::Missing { .. }
            | Self::PublicKey { .. }
            | Self::Signature { .. } => ErrorKind::Malformed,
            Self::Exists { .. } => ErrorKind::Key,
            Self::Algorithm { .. } => ErrorKind::Usage,
            Self::Message { source, .. } if source.kind() == io::ErrorKind::FileTooLarge => {
                ErrorKind::Usage
            }
            Self::Refused { .. } | Self::Message { .. } => ErrorKind::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Start { source, .. } => start_hint(source).into(),
            Self::Died { program, .. } => {
                format!("run `{program} v1 '{{}}'` by hand, or update the plugin")
            }
            Self::TimedOut { .. } => TIMEOUT_HINT.into(),
            Self::TooLong { .. } | Self::NotJson { .. } => PROTOCOL_HINT.into(),
            Self::Refused { program, .. } => {
                format!("check the key's name and what {program} needs in its environment")
            }
            Self::Missing { .. } | Self::Signature { .. } => {
                "the plugin is faulty: update it, or tell its vendor".into()
            }
            Self::PublicKey { source, .. } => return source.hint(),
            Self::Exists { .. } => "give the new key another name".into(),
            Self::Algorithm { .. } => "ask for an algorithm that it makes".into(),
            Self::Message { .. } if self.kind() == ErrorKind::Usage => MESSAGE_HINT.into(),
            Self::Message { .. } => return None,
        })
    }
}

const TIMEOUT_HINT: &str = "check that its service can be reached; a plugin cannot ask for a \
     secret here, so give it by environment or file";

const PROTOCOL_HINT: &str = "a plugin prints one JSON object on standard output and nothing else: \
     its log belongs on standard error";

const MESSAGE_HINT: &str = "pure Ed25519 needs the whole message, at most 64 MiB of it: use an \
     ECDSA or RSA key for larger files";

fn start_hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "the program must be executable for you, and not writable for everybody: chmod o-w"
        }
        io::ErrorKind::NotFound => "the program, or the interpreter that it names, is not there",
        io::ErrorKind::ArgumentListTooLong => "give the key a shorter name",
        _ => "check that the program runs on this machine",
    }
}
