//! One token that is in use: its slot, its login, and its worker threads' sessions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use touchmark_core::Interaction;

use crate::error::{KeyProblem, PinProblem, Pkcs11Error};
use crate::module::{Module, Turns};
use crate::pool::Pool;
use crate::seat::Clock;
use crate::token::{self, TokenDescription};
use crate::uri::Pkcs11Uri;

/// For how long a description need not be read again. Between reading it and logging in, another
/// process can change it in any case.
const FRESH: Duration = Duration::from_millis(100);

/// A token in use.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) module: Arc<Module>,
    pub(crate) turns: Turns,
    pub(crate) interaction: Arc<dyn Interaction>,
    pub(crate) use_final_pin_try: bool,
    /// Grows each time the token was looked for again; sessions of an earlier one are not used.
    generation: AtomicU64,
    place: Mutex<(Slot, TokenDescription)>,
    /// When the connection was made, with the description of that moment.
    made: Instant,
    /// Only one thread logs in at a time. Holds why the PIN was refused: it is not tried again.
    pub(crate) gate: Mutex<Option<PinProblem>>,
    /// A person is being asked for the PIN, so that those who wait stop their clocks.
    pub(crate) asking: AtomicBool,
    pub(crate) pool: Pool<Worker>,
}

/// What a worker thread keeps between jobs.
#[derive(Default)]
pub(crate) struct Worker {
    open: Option<OpenSession>,
}

/// A session and what it found.
pub(crate) struct OpenSession {
    pub(crate) session: Session,
    pub(crate) generation: u64,
    /// Handles of the keys that were opened, by their numbers.
    pub(crate) handles: HashMap<u64, ObjectHandle>,
}

/// What a job needs of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Public objects.
    Public,
    /// Private keys: the user is logged in.
    User,
}

impl Connection {
    pub(crate) fn new(
        module: Arc<Module>,
        place: (Slot, TokenDescription),
        turns: Turns,
        options: &crate::Pkcs11Options,
        interaction: Arc<dyn Interaction>,
    ) -> Self {
        Self {
            module,
            turns,
            interaction,
            use_final_pin_try: options.use_final_pin_try,
            generation: AtomicU64::new(0),
            place: Mutex::new(place),
            made: Instant::now(),
            gate: Mutex::new(None),
            asking: AtomicBool::new(false),
            pool: Pool::new(options.sessions, options.deadline),
        }
    }

    pub(crate) fn slot(&self) -> Slot {
        self.place().0
    }

    /// The token as it was when it was last looked for.
    pub(crate) fn description(&self) -> TokenDescription {
        self.place().1.clone()
    }

    /// The token as it was an instant ago, on a connection that is just being used first.
    pub(crate) fn fresh_description(&self) -> Option<TokenDescription> {
        let is_fresh = self.generation() == 0 && self.made.elapsed() < FRESH;
        is_fresh.then(|| self.description())
    }

    pub(crate) fn label(&self) -> String {
        self.place().1.label.clone()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn place(&self) -> MutexGuard<'_, (Slot, TokenDescription)> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a job with the worker's session, which is opened and logged in first where it is not.
    /// After a fatal code, session, token and login are opened again and the job runs once more.
    pub(crate) fn with_session<T>(
        &self,
        worker: &mut Worker,
        uri: &Pkcs11Uri,
        access: Access,
        clock: Clock<'_>,
        mut job: impl FnMut(&mut OpenSession) -> Result<T, Pkcs11Error>,
    ) -> Result<T, Pkcs11Error> {
        let mut attempt = |worker: &mut Worker| {
            let open = self.ready(worker, uri, access, clock)?;
            job(open)
        };
        let seen = self.generation();
        let first = match attempt(worker) {
            Err(error) if error.is_fatal() => error,
            Err(error) => {
                if may_have_begun(&error) {
                    worker.open = None;
                }
                return Err(error);
            }
            done => return done,
        };
        worker.open = None;
        let again = self
            .look_again(seen, uri)
            .and_then(|()| attempt(worker))
            .inspect_err(|_| worker.open = None);
        again.map_err(|second| if is_absence(&second) { first } else { second })
    }

    /// The worker's session, as `access` needs it.
    fn ready<'w>(
        &self,
        worker: &'w mut Worker,
        uri: &Pkcs11Uri,
        access: Access,
        clock: Clock<'_>,
    ) -> Result<&'w mut OpenSession, Pkcs11Error> {
        let generation = self.generation();
        let open = match worker.open.take() {
            Some(open) if open.generation == generation => open,
            stale => {
                drop(stale);
                OpenSession {
                    session: self.open_session(false).inspect_err(|error| {
                        if error.is_session_count() {
                            clock.leave();
                        }
                    })?,
                    generation,
                    handles: HashMap::new(),
                }
            }
        };
        let open = worker.open.insert(open);
        if access == Access::User && open.handles.is_empty() {
            self.log_in(&open.session, uri.pin_source.as_ref(), clock)?;
        }
        Ok(open)
    }

    /// Opens a session, read-only or not.
    pub(crate) fn open_session(&self, write: bool) -> Result<Session, Pkcs11Error> {
        let _turn = self.turns.wait(&self.module.path)?;
        let context = &self.module.context;
        let session = if write {
            context.open_rw_session(self.slot())
        } else {
            context.open_ro_session(self.slot())
        };
        session.map_err(Pkcs11Error::device("opening a session"))
    }

    /// Looks for the token once more, unless another thread has done so since.
    fn look_again(&self, seen: u64, uri: &Pkcs11Uri) -> Result<(), Pkcs11Error> {
        let mut place = self.place();
        if self.generation() != seen {
            return Ok(());
        }
        let _turn = self.turns.wait(&self.module.path)?;
        *place = token::select(&self.module, &uri.token)?;
        self.generation.store(seen + 1, Ordering::Release);
        Ok(())
    }
}

/// Whether an operation may still be under way in the session, which the next would trip over.
/// Other errors keep the session, and with the last session the login.
fn may_have_begun(error: &Pkcs11Error) -> bool {
    matches!(
        error,
        Pkcs11Error::Device { .. } | Pkcs11Error::Pin { .. } | Pkcs11Error::Interaction(_)
    )
}

/// Whether an error only says that the token or the key has gone. Then what was seen first tells
/// more.
fn is_absence(error: &Pkcs11Error) -> bool {
    matches!(
        error,
        Pkcs11Error::Token { .. }
            | Pkcs11Error::Key {
                problem: KeyProblem::None(_),
                ..
            }
    )
}
