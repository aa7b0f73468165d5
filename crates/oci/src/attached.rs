//! Signatures, attestations and SBOMs as cosign attaches them to an image: under tags made of its
//! digest (`sha256-HEX.sig`, `.att`, `.sbom`), and as bundles that refer to it.
//!
//! Registries have no compare-and-swap: a tag that two writers change at the same time keeps what
//! the last one wrote. So what is written here is looked at again, and written again where it was
//! lost; [`crate::Operation::last_look`] does so once more before the program ends. What remains
//! is the moment between the last look and another writer that had read before it: that writer
//! has to look again by itself, as this one does.

mod append;
mod bundles;
mod kind;
mod look;
mod merge;
mod places;
mod read;
mod referrer;
mod replace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use append::{Appended, NewLayer, Repeats};
pub use bundles::{BUNDLE_MEDIA_TYPE, Bundles, Candidate};
pub use kind::Kind;
pub use places::{Places, Subject};
pub use read::{Attached, Layer};
pub use referrer::NewBundle;
pub use replace::Replace;

use crate::reference::Reference;

/// How often something that was lost is written again.
const TRIES: usize = 6;

/// One writer of this run at a time for each tag and subject: we do not race with ourselves.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<Reference, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Whoever holds the lock of this may write to that place.
    pub(crate) fn of(&self, place: &Reference) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(place.clone()).or_default())
    }
}
