//! Which connections there are. At most a fixed number is open at any moment, idle ones counted.
//!
//! An exchange takes a lane first, and there are as many lanes as connections. So whoever has a
//! lane and no connection finds either an idle one, or room for a new one, or an idle one to
//! another origin that is closed to make room.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use hyper::client::conn::http1::SendRequest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::{Origin, Outgoing};

/// Two at least: a copy reads from one connection what it writes to the other.
const LEAST: usize = 2;

/// How long a connection that is being closed is waited for, before another is closed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Lanes {
    free: Arc<Semaphore>,
    open: Arc<Semaphore>,
    idle: Idle,
}

type Idle = Arc<Mutex<VecDeque<Connection>>>;

/// The right to one exchange.
#[derive(Debug)]
pub(crate) struct Lane {
    idle: Idle,
    /// Given back when the lane is dropped.
    _permit: Permit,
}

/// The right to one open connection: it is held until the connection is closed.
#[derive(Debug)]
pub(super) struct Open {
    _permit: Permit,
}

/// `None` only where the semaphore was closed, which it never is.
type Permit = Option<OwnedSemaphorePermit>;

/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    pub(super) origin: Origin,
    pub(super) sender: SendRequest<Outgoing>,
    /// The proxy that requests are sent to instead of the origin.
    pub(super) forward: Option<Forward>,
    /// Ended with the connection.
    _driver: Driver,
}

/// A proxy that forwards plain HTTP.
#[derive(Clone)]
pub(super) struct Forward {
    /// What the proxy wants in `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

/// The task that moves a connection's bytes.
pub(super) struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Driver {
    pub(super) fn new(task: JoinHandle<()>) -> Self {
        Self(task)
    }
}

impl Connection {
    pub(super) fn new(
        origin: Origin,
        sender: SendRequest<Outgoing>,
        forward: Option<Forward>,
        driver: Driver,
    ) -> Self {
        Self {
            origin,
            sender,
            forward,
            _driver: driver,
        }
    }
}

impl Lanes {
    pub(super) fn new(connections: usize) -> Self {
        let connections = connections.clamp(LEAST, Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(connections)),
            open: Arc::new(Semaphore::new(connections)),
            idle: Arc::default(),
        }
    }

    pub(super) async fn lane(&self) -> Lane {
        self.lane_of(acquire(&self.free, 1).await)
    }

    /// Both at once: two that each hold one lane and wait for another would wait for ever.
    pub(super) async fn two_lanes(&self) -> (Lane, Lane) {
        let mut both = acquire(&self.free, 2).await;
        let second = both.as_mut().and_then(|both| both.split(1));
        (self.lane_of(both), self.lane_of(second))
    }

    fn lane_of(&self, permit: Permit) -> Lane {
        Lane {
            idle: Arc::clone(&self.idle),
            _permit: permit,
        }
    }

    /// An idle connection to that origin that is still open.
    pub(super) async fn idle(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut found = self.take(origin)?;
            if found.sender.ready().await.is_ok() {
                return Some(found);
            }
        }
    }

    fn take(&self, origin: &Origin) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        let found = idle.iter().rposition(|one| one.origin == *origin)?;
        idle.remove(found)
    }

    /// Room for one more connection; whoever asks has a lane. Where there is none, the connection
    /// that was idle longest is closed.
    pub(super) async fn open(&self) -> Open {
        loop {
            if let Ok(permit) = Arc::clone(&self.open).try_acquire_owned() {
                return Open {
                    _permit: Some(permit),
                };
            }
            self.close_oldest();
            let waited = tokio::time::timeout(LOOK_AGAIN, acquire(&self.open, 1)).await;
            if let Ok(permit) = waited {
                return Open { _permit: permit };
            }
        }
    }

    /// Closes the connection that was idle longest. One that its peer has closed makes no room:
    /// the room that it had is given back already.
    fn close_oldest(&self) {
        let mut idle = lock(&self.idle);
        while let Some(oldest) = idle.pop_front() {
            if !oldest.sender.is_closed() {
                return;
            }
        }
    }
}

impl Lane {
    /// Ends an exchange whose answer was read to its end: the connection may serve again.
    pub(super) fn give_back(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            lock(&self.idle).push_back(connection);
        }
    }
}

async fn acquire(semaphore: &Arc<Semaphore>, permits: u32) -> Permit {
    let acquired = Arc::clone(semaphore).acquire_many_owned(permits).await;
    acquired.ok()
}

/// A list of connections cannot be left half changed, so a poisoned lock is as good as any.
fn lock(idle: &Idle) -> std::sync::MutexGuard<'_, VecDeque<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection to {}", self.origin)
    }
}
