//! Where a worker thread sits: what it is doing, since when, and whether it was given up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a watchdog can do to a call that does not end.
pub(crate) trait Overdue: Send + Sync {
    /// Tells the caller that the deadline passed.
    fn overdue(&self);
}

/// One worker thread's place.
#[derive(Default)]
pub(crate) struct Seat {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    due: Option<Instant>,
    caller: Option<Arc<dyn Overdue>>,
    given_up: bool,
    leaving: bool,
}

impl Seat {
    /// The worker starts a job.
    pub(crate) fn begin(&self, caller: Arc<dyn Overdue>, deadline: Duration) {
        let mut state = self.lock();
        state.due = Some(Instant::now() + deadline);
        state.caller = Some(caller);
    }

    /// The job is over; `false` where the caller was told already that it would not be.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.lock();
        state.due = None;
        state.caller = None;
        !state.given_up
    }

    /// Stops the clock while a person is asked, or (`Some`) starts it anew.
    pub(crate) fn set_clock(&self, deadline: Option<Duration>) {
        self.lock().due = deadline.map(|deadline| Instant::now() + deadline);
    }

    /// Gives the worker up if its job is overdue, and tells the caller.
    pub(crate) fn give_up_if_overdue(&self, now: Instant) -> bool {
        let mut state = self.lock();
        if state.due.is_none_or(|due| now < due) {
            return false;
        }
        state.due = None;
        state.given_up = true;
        if let Some(caller) = state.caller.take() {
            caller.overdue();
        }
        true
    }

    /// Whether the worker was given up: somebody else has its work now.
    pub(crate) fn is_given_up(&self) -> bool {
        self.lock().given_up
    }

    /// Whether the worker leaves after this job.
    pub(crate) fn is_leaving(&self) -> bool {
        self.lock().leaving
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job's view of its deadline.
#[derive(Clone, Copy)]
pub(crate) struct Clock<'a> {
    seat: &'a Seat,
    deadline: Duration,
}

impl<'a> Clock<'a> {
    pub(crate) fn new(seat: &'a Seat, deadline: Duration) -> Self {
        Self { seat, deadline }
    }

    /// Runs something that waits for a person, off the clock.
    pub(crate) fn paused<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.seat.set_clock(None);
        let result = wait();
        self.restart();
        result
    }

    /// Starts the deadline anew.
    pub(crate) fn restart(&self) {
        self.seat.set_clock(Some(self.deadline));
    }

    /// The worker cannot do its work: it leaves after this job, and is not replaced.
    pub(crate) fn leave(&self) {
        self.seat.lock().leaving = true;
    }

    /// Starts another deadline.
    pub(crate) fn allow(&self, deadline: Duration) {
        self.seat.set_clock(Some(deadline));
    }
}
