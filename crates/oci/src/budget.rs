//! What one operation may still take: time and bytes, shared by all its requests.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::OciError;
use crate::limits::Limits;

/// The time and bytes that are left. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    deadline: Instant,
    time: Duration,
    bytes: u64,
    spent: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Shared {
            deadline: Instant::now() + limits.operation_time,
            time: limits.operation_time,
            bytes: limits.operation_bytes,
            spent: AtomicU64::new(0),
        }))
    }

    /// Waits for something, but not beyond the deadline.
    pub(crate) async fn within<F: Future>(
        &self,
        what: impl FnOnce() -> String,
        future: F,
    ) -> Result<F::Output, OciError> {
        let done = timeout_at(self.0.deadline, future).await;
        done.map_err(|_| self.timed_out(what()))
    }

    /// Sleeps, if the deadline leaves that much time; else there is no use in waiting.
    pub(crate) async fn sleep(&self, wait: Duration) -> bool {
        let left = self.0.deadline.saturating_duration_since(Instant::now());
        if wait >= left {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }

    pub(crate) fn timed_out(&self, what: String) -> OciError {
        OciError::TimedOut {
            what,
            limit: self.0.time,
        }
    }

    /// Counts bytes that were read.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), OciError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let before = self.0.spent.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.0.bytes {
            return Ok(());
        }
        Err(OciError::TooMuch {
            what: "what the registry answered, in bytes over all,".into(),
            limit: self.0.bytes,
        })
    }
}
