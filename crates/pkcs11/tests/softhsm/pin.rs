//! An interaction that counts how often it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use touchmark_core::interaction::{InteractionError, PasswordRequest, PinRequest};
use touchmark_core::{Interaction, SecretString};

/// Answers every PIN request with the same PIN, or with none.
#[derive(Debug)]
pub(crate) struct Answers {
    pin: Option<&'static str>,
    asked: AtomicUsize,
}

impl Answers {
    pub(crate) fn new(pin: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            pin,
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Interaction for Answers {
    fn pin(&self, _request: &PinRequest) -> Result<Option<SecretString>, InteractionError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.pin.map(SecretString::from))
    }

    fn password(&self, _: &PasswordRequest) -> Result<Option<SecretString>, InteractionError> {
        Ok(None)
    }

    fn notify(&self, _note: &str) {}
}
