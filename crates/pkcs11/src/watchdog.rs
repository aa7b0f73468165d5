//! One thread that looks after the deadlines of every pool in the process.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

/// What has deadlines.
pub(crate) trait Watched: Send + Sync {
    /// Does what has become due.
    fn inspect(self: Arc<Self>);
}

/// A pool, and how often it is looked at.
type Charge = (Weak<dyn Watched>, Duration);

/// `None` while no thread runs.
static CHARGES: Mutex<Option<Vec<Charge>>> = Mutex::new(None);
static JOINED: Condvar = Condvar::new();

/// Has a pool looked at every `tick`, or more often, until it is dropped.
///
/// # Errors
/// The thread cannot be started.
pub(crate) fn watch(pool: Weak<dyn Watched>, tick: Duration) -> io::Result<()> {
    let mut charges = CHARGES.lock().unwrap_or_else(PoisonError::into_inner);
    if charges.is_none() {
        thread::Builder::new()
            .name("touchmark-pkcs11-watchdog".into())
            .spawn(keep_watch)?;
    }
    charges.get_or_insert_default().push((pool, tick));
    JOINED.notify_all();
    Ok(())
}

/// Ends when the last pool has gone.
fn keep_watch() {
    let mut charges = CHARGES.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let Some(list) = charges.as_mut() else { return };
        list.retain(|(pool, _)| pool.strong_count() > 0);
        let Some(tick) = list.iter().map(|(_, tick)| *tick).min() else {
            *charges = None;
            return;
        };
        let pools: Vec<_> = list.iter().map(|(pool, _)| Weak::clone(pool)).collect();
        // Unlocked, since a pool may be dropped here, or start another.
        drop(charges);
        pools
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(Watched::inspect);
        charges = CHARGES.lock().unwrap_or_else(PoisonError::into_inner);
        charges = JOINED
            .wait_timeout(charges, tick)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}
