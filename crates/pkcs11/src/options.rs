//! What a caller may set.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// Settings of a [`Pkcs11Provider`](crate::Pkcs11Provider).
#[derive(Clone, Debug)]
pub struct Pkcs11Options {
    /// The module for URIs without `module-path`.
    pub default_module: Option<PathBuf>,
    /// Sessions, and threads, per token; at least one is used. They start when work queues up.
    pub sessions: usize,
    /// The longest that one operation may take, or one process may hold up another at start. A
    /// person who types a PIN stops the clock.
    pub deadline: Duration,
    /// The same for making a key: a smart card takes minutes to find RSA primes.
    pub generation_deadline: Duration,
    /// Try a PIN although a wrong one would lock the token.
    pub use_final_pin_try: bool,
    /// Let only one process at a time initialise a module and log in.
    ///
    /// `SoftHSM` rewrites a token file at each login, and other processes that start at that moment
    /// read half of it: of eight, half fail. A module cannot be told to be `SoftHSM` before it is
    /// initialised, so all are serialised; it costs others some microseconds.
    pub serialize_startup: bool,
}

impl Default for Pkcs11Options {
    fn default() -> Self {
        Self {
            default_module: None,
            sessions: thread::available_parallelism().map_or(1, NonZero::get),
            deadline: Duration::from_secs(30),
            generation_deadline: Duration::from_mins(5),
            use_final_pin_try: false,
            serialize_startup: true,
        }
    }
}
