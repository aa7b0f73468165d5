//! The parts of evidence that nothing here verifies, named so that nobody trusts them.

use std::fmt;

use crate::bundle::{Bundle, LogEntry};
use crate::error::printable;
use crate::evidence::Evidence;
use crate::layer::Beside;

/// A part of the evidence that is not verified here, and so vouches for nothing.
///
/// `Display` is the stable form in output: `tlogEntries[0] (hashedrekord 0.0.1)`,
/// `rfc3161Timestamps[0]`, `rekorBundle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotChecked {
    /// A transparency log entry of a bundle.
    LogEntry {
        /// Its place.
        index: usize,
        /// Its kind as the bundle states it.
        kind: String,
        /// The kind's version as the bundle states it.
        version: String,
    },
    /// An RFC 3161 timestamp of a bundle.
    Timestamp {
        /// Its place.
        index: usize,
    },
    /// The log entry of a legacy bundle, or beside a legacy image signature.
    RekorBundle,
}

impl fmt::Display for NotChecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogEntry {
                index,
                kind,
                version,
            } => {
                let (kind, version) = (printable(kind, 32), printable(version, 32));
                write!(f, "tlogEntries[{index}] ({kind} {version})")
            }
            Self::Timestamp { index } => write!(f, "rfc3161Timestamps[{index}]"),
            Self::RekorBundle => f.write_str("rekorBundle"),
        }
    }
}

/// What of the evidence is not checked, in the order of the file.
pub(crate) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    match evidence {
        Evidence::Detached(_) => Vec::new(),
        Evidence::LegacyBundle(bundle) => {
            let entry = bundle.rekor.iter().map(|_| NotChecked::RekorBundle);
            entry.collect()
        }
        Evidence::Bundle(bundle) => of_bundle(bundle),
    }
}

/// What of a bundle is not checked.
pub(crate) fn of_bundle(bundle: &Bundle) -> Vec<NotChecked> {
    let entry = |(index, entry): (usize, &LogEntry)| NotChecked::LogEntry {
        index,
        kind: entry.kind.clone(),
        version: entry.kind_version.clone(),
    };
    let timestamps = 0..bundle.timestamps.len();
    let entries = bundle.log_entries.iter().enumerate().map(entry);
    entries
        .chain(timestamps.map(|index| NotChecked::Timestamp { index }))
        .collect()
}

/// What of a layer's annotations is not checked.
pub(crate) fn of_layer(beside: &Beside) -> Vec<NotChecked> {
    let entry = beside.log_entry.then_some(NotChecked::RekorBundle);
    let timestamp = beside
        .timestamp
        .then_some(NotChecked::Timestamp { index: 0 });
    entry.into_iter().chain(timestamp).collect()
}
