//! Entries of a transparency log, as a bundle carries them.

use super::Version;
use super::wire;
use crate::error::FormatError;

/// One entry of a transparency log (`dev.sigstore.rekor.v1.TransparencyLogEntry`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The index over all shards of the log.
    pub log_index: u64,
    /// The log's id, raw: SHA-256 of its public key for Rekor v1.
    pub log_id: Vec<u8>,
    /// The kind of the body, such as `hashedrekord`.
    pub kind: String,
    /// The version of the kind, such as `0.0.1`.
    pub kind_version: String,
    /// When the log says that it took the entry, in Unix seconds; zero where it does not say.
    pub integrated_time: u64,
    /// The log's signature over the entry (the signed entry timestamp), raw; never empty.
    pub inclusion_promise: Option<Vec<u8>>,
    /// Where the entry stands in the log's Merkle tree.
    pub inclusion_proof: Option<InclusionProof>,
    /// The entry's body: canonical JSON (RFC 8785), never empty.
    pub body: Vec<u8>,
}

/// A Merkle inclusion proof (RFC 6962 §2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The leaf's index in this tree.
    pub log_index: u64,
    /// The tree's root hash, raw.
    pub root_hash: Vec<u8>,
    /// The number of leaves.
    pub tree_size: u64,
    /// The sibling hashes from the leaf up, raw.
    pub hashes: Vec<Vec<u8>>,
    /// The signed checkpoint, as text; never empty.
    pub checkpoint: String,
}

impl LogEntry {
    /// Checks what sigstore-go checks of an entry, and that it holds what its bundle's version
    /// asks for. sigstore-go is content when any entry does; here each must.
    pub(super) fn from_wire(
        index: usize,
        entry: wire::LogEntry,
        version: Version,
    ) -> Result<Self, FormatError> {
        let kind = entry
            .kind_version
            .ok_or(FormatError::Missing("tlogEntries.kindVersion"))?
            .0;
        let entry = Self {
            log_index: entry.log_index.map_or(0, |count| count.0),
            log_id: wire::required(
                entry.log_id.and_then(|id| id.0.key_id),
                "tlogEntries.logId.keyId",
            )?,
            kind: kind.kind.unwrap_or_default(),
            kind_version: kind.version.unwrap_or_default(),
            integrated_time: entry.integrated_time.map_or(0, |count| count.0),
            inclusion_promise: entry
                .inclusion_promise
                .map(|promise| {
                    wire::required(
                        promise.0.signed_entry_timestamp,
                        "tlogEntries.inclusionPromise.signedEntryTimestamp",
                    )
                })
                .transpose()?,
            inclusion_proof: entry
                .inclusion_proof
                .map(|proof| InclusionProof::from_wire(proof.0))
                .transpose()?,
            body: wire::required(entry.canonicalized_body, "tlogEntries.canonicalizedBody")?,
        };
        entry.check_version(index, version)?;
        Ok(entry)
    }

    fn check_version(&self, index: usize, version: Version) -> Result<(), FormatError> {
        let why = match version {
            Version::V0_1 if self.inclusion_promise.is_none() => {
                "a version 0.1 bundle needs an inclusionPromise"
            }
            Version::V0_2 | Version::V0_3 if self.inclusion_proof.is_none() => {
                "a bundle of version 0.2 or later needs an inclusionProof"
            }
            _ => return Ok(()),
        };
        Err(FormatError::Invalid {
            field: format!("tlogEntries[{index}]"),
            why,
        })
    }

    /// Whether two entries are the same place in the same log.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        self.log_id == other.log_id && self.log_index == other.log_index
    }
}

impl InclusionProof {
    fn from_wire(proof: wire::InclusionProof) -> Result<Self, FormatError> {
        let checkpoint = proof
            .checkpoint
            .and_then(|checkpoint| checkpoint.0.envelope)
            .filter(|envelope| !envelope.is_empty())
            .ok_or(FormatError::Missing(
                "tlogEntries.inclusionProof.checkpoint.envelope",
            ))?;
        Ok(Self {
            log_index: proof.log_index.map_or(0, |count| count.0),
            root_hash: proof.root_hash.map(|hash| hash.0).unwrap_or_default(),
            tree_size: proof.tree_size.map_or(0, |count| count.0),
            hashes: proof
                .hashes
                .map(|hashes| hashes.0.into_iter().map(|hash| hash.0).collect())
                .unwrap_or_default(),
            checkpoint,
        })
    }
}
