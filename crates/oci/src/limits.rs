//! How much is taken from a registry.

use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// How much is taken from a registry before it is refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How long one operation may take, all its requests, retries and waits together.
    pub operation_time: Duration,
    /// How many bytes of answers one operation may read.
    pub operation_bytes: u64,
    /// The longest manifest or index in bytes.
    pub manifest_bytes: u64,
    /// The longest blob in bytes that is read into memory: a payload, envelope or bundle.
    pub blob_bytes: u64,
    /// How many referrers of one image are looked at.
    pub referrers: usize,
    /// How many layers of one `.sig` or `.att` manifest are looked at.
    pub layers: usize,
    /// How many tags of one repository are listed.
    pub tags: usize,
    /// How long a stream of layer data may stand still.
    pub idle_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            operation_time: Duration::from_secs(20),
            operation_bytes: 200 * MIB,
            manifest_bytes: 4 * MIB,
            blob_bytes: 128 * MIB,
            referrers: 1000,
            layers: 1000,
            tags: 100_000,
            idle_time: Duration::from_secs(20),
        }
    }
}
