//! Threads for calls that block, with a deadline on each call.
//!
//! A PKCS#11 call cannot be interrupted. When one does not end in time its caller gets an error,
//! its thread is given up, and another takes its place; a module that hangs on every call uses up
//! [`MOST_GIVEN_UP`] threads, then the pool is closed. Nothing here needs an async runtime.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::oneshot;

use crate::error::Pkcs11Error;
use crate::seat::{Clock, Overdue, Seat};
use crate::watchdog::{self, Watched};

/// Threads that may hang before the pool is closed.
const MOST_GIVEN_UP: usize = 4;
/// The longest that dropping a pool waits for its threads to close their sessions.
const FAREWELL: Duration = Duration::from_secs(2);
const THREAD: &str = "touchmark-pkcs11";

/// A queue of calls and the threads that make them, each with its own `S`.
pub(crate) struct Pool<S: Default + 'static> {
    shared: Arc<Shared<S>>,
    /// Dropped first, so that idle workers end.
    queue: Option<Sender<Job<S>>>,
}

struct Shared<S> {
    jobs: Receiver<Job<S>>,
    limit: AtomicUsize,
    deadline: Duration,
    /// Jobs that were queued and are not over.
    pending: AtomicUsize,
    /// Threads that run and were not given up.
    working: AtomicUsize,
    given_up: AtomicUsize,
    watched: AtomicBool,
    seats: Mutex<Vec<Weak<Seat>>>,
    /// Woken when a thread ends.
    ended: (Mutex<()>, Condvar),
    state: PhantomData<fn(S)>,
}

struct Job<S> {
    reply: Arc<dyn Overdue>,
    work: Work<S>,
}

type Work<S> = Box<dyn FnOnce(&mut S, &Seat) + Send>;

/// Where the one answer goes: the job's, or the watchdog's.
struct Reply<T> {
    what: &'static str,
    after: Duration,
    sender: Mutex<Option<oneshot::Sender<Result<T, Pkcs11Error>>>>,
}

impl<T> Reply<T> {
    fn send(&self, result: Result<T, Pkcs11Error>) {
        let sender = self
            .sender
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(sender) = sender {
            // A caller that has gone needs no answer.
            let _ = sender.send(result);
        }
    }
}

impl<T: Send> Overdue for Reply<T> {
    fn overdue(&self) {
        self.send(Err(Pkcs11Error::Deadline {
            what: self.what,
            after: self.after,
        }));
    }
}

impl<S: Default + 'static> Pool<S> {
    pub(crate) fn new(limit: usize, deadline: Duration) -> Self {
        let (queue, jobs) = crossbeam_channel::unbounded();
        Self {
            shared: Arc::new(Shared {
                jobs,
                limit: AtomicUsize::new(limit.max(1)),
                deadline,
                pending: AtomicUsize::new(0),
                working: AtomicUsize::new(0),
                given_up: AtomicUsize::new(0),
                watched: AtomicBool::new(false),
                seats: Mutex::default(),
                ended: (Mutex::new(()), Condvar::new()),
                state: PhantomData,
            }),
            queue: Some(queue),
        }
    }

    /// Makes one call on a thread of the pool. `what` names it in a deadline's error.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        call: impl FnOnce(&mut S, Clock<'_>) -> Result<T, Pkcs11Error> + Send + 'static,
    ) -> Result<T, Pkcs11Error> {
        let after = self.shared.deadline;
        let receiver = self.submit(what, call)?;
        receiver
            .await
            .unwrap_or(Err(Pkcs11Error::Deadline { what, after }))
    }

    /// Whether any thread is left to do what is queued.
    pub(crate) fn is_staffed(&self) -> bool {
        self.shared.working.load(Ordering::Relaxed) > 0
    }

    fn submit<T: Send + 'static>(
        &self,
        what: &'static str,
        call: impl FnOnce(&mut S, Clock<'_>) -> Result<T, Pkcs11Error> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Pkcs11Error>>, Pkcs11Error> {
        let after = self.shared.deadline;
        let closed = || Pkcs11Error::Deadline { what, after };
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        let (sender, receiver) = oneshot::channel();
        let reply = Arc::new(Reply {
            what,
            after,
            sender: Mutex::new(Some(sender)),
        });
        let shared = Arc::clone(&self.shared);
        let answer = Arc::clone(&reply);
        let work = Box::new(move |state: &mut S, seat: &Seat| {
            let result = call(state, Clock::new(seat, after));
            if seat.end() {
                if seat.is_leaving() {
                    shared.dismiss();
                }
                // Before the answer: its receiver may queue the next job at once.
                shared.pending.fetch_sub(1, Ordering::Relaxed);
                answer.send(result);
            }
        });
        let pending = self.shared.pending.fetch_add(1, Ordering::Relaxed) + 1;
        self.shared
            .staff(pending)
            .map_err(|source| Pkcs11Error::System {
                what: "starting a thread".into(),
                source,
            })?;
        if self.shared.is_closed() {
            return Err(closed());
        }
        queue.send(Job { reply, work }).map_err(|_| closed())?;
        Ok(receiver)
    }
}

impl<S: Default + 'static> Shared<S> {
    fn is_closed(&self) -> bool {
        self.given_up.load(Ordering::Relaxed) > MOST_GIVEN_UP
    }

    /// Starts a worker where there are more jobs than workers.
    fn staff(self: &Arc<Self>, pending: usize) -> std::io::Result<()> {
        let working = self.working.load(Ordering::Relaxed);
        let limit = self.limit.load(Ordering::Relaxed);
        if working >= limit || working >= pending || self.is_closed() {
            return Ok(());
        }
        if !self.watched.swap(true, Ordering::Relaxed) {
            let tick =
                (self.deadline / 8).clamp(Duration::from_millis(5), Duration::from_millis(250));
            let shared: Weak<Self> = Arc::downgrade(self);
            watchdog::watch(shared, tick)?;
        }
        let hired = self
            .working
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |working| {
                (working < limit).then_some(working + 1)
            });
        if hired.is_err() {
            return Ok(());
        }
        let seat = Arc::new(Seat::default());
        self.seats
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&seat));
        let place = Place {
            shared: Arc::clone(self),
            seat,
        };
        thread::Builder::new()
            .name(THREAD.into())
            .spawn(move || place.work())
            .map(|_| ())
    }

    /// A worker leaves for good; no more than the others are hired from now on.
    fn dismiss(&self) {
        let left = self.working.fetch_sub(1, Ordering::Relaxed) - 1;
        self.limit.store(left.max(1), Ordering::Relaxed);
    }

    fn answer_all(&self) {
        self.jobs.try_iter().for_each(|job| job.reply.overdue());
    }
}

impl<S: Default + 'static> Watched for Shared<S> {
    /// Gives overdue workers up, and puts others in their place.
    fn inspect(self: Arc<Self>) {
        let now = Instant::now();
        let seats: Vec<_> = {
            let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
            seats.retain(|seat| seat.strong_count() > 0);
            seats.iter().filter_map(Weak::upgrade).collect()
        };
        for seat in seats {
            if !seat.is_given_up() && seat.give_up_if_overdue(now) {
                self.given_up.fetch_add(1, Ordering::Relaxed);
                self.working.fetch_sub(1, Ordering::Relaxed);
                let pending = self.pending.fetch_sub(1, Ordering::Relaxed) - 1;
                // Without a thread the queue would wait for ever: answer it instead.
                if self.staff(pending).is_err() {
                    self.answer_all();
                }
            }
        }
        if self.is_closed() {
            self.answer_all();
        }
    }
}

/// A worker thread's own end of the pool.
struct Place<S: Default + 'static> {
    shared: Arc<Shared<S>>,
    seat: Arc<Seat>,
}

impl<S: Default + 'static> Place<S> {
    fn work(self) {
        let mut state = S::default();
        while let Ok(job) = self.shared.jobs.recv() {
            self.seat.begin(job.reply, self.shared.deadline);
            (job.work)(&mut state, &self.seat);
            if self.seat.is_given_up() || self.seat.is_leaving() {
                break;
            }
        }
        // Sessions are closed here, before the pool's owner is told.
        drop(state);
    }
}

impl<S: Default + 'static> Drop for Place<S> {
    fn drop(&mut self) {
        if !self.seat.is_given_up() && !self.seat.is_leaving() {
            self.shared.working.fetch_sub(1, Ordering::Relaxed);
        }
        let (lock, condition) = &self.shared.ended;
        drop(lock.lock());
        condition.notify_all();
    }
}

impl<S: Default + 'static> Drop for Pool<S> {
    /// Waits for sessions to close: a process that exits in the middle of it crashes in some
    /// modules. Threads that hang are not waited for.
    fn drop(&mut self) {
        self.queue = None;
        if thread::current().name() == Some(THREAD) {
            return;
        }
        let (lock, condition) = &self.shared.ended;
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _ended = condition.wait_timeout_while(guard, FAREWELL, |()| {
            self.shared.working.load(Ordering::Relaxed) > 0
        });
    }
}

impl<S: Default + 'static> std::fmt::Debug for Pool<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("limit", &self.shared.limit)
            .field("working", &self.shared.working)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
