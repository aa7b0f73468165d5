//! What a run shares over all registries, and one operation of it.

use std::sync::Arc;

use crate::attached::Turns;
use crate::auth::Auth;
use crate::budget::Budget;
use crate::calls::Written;
use crate::error::OciError;
use crate::exchange::Schemes;
use crate::limits::Limits;
use crate::options::Options;
use crate::transport::Transport;

/// Access to registries: connections, tokens and settings. Made once per run; clones share all.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    transport: Transport,
    auth: Auth,
    schemes: Schemes,
    written: Written,
    turns: Turns,
    limits: Limits,
}

impl Registry {
    /// Reads the certificates that the options name. Nothing is connected, and no credentials
    /// are looked for, before a request needs them.
    ///
    /// # Errors
    /// [`OciError::Setup`] where the options cannot be used.
    pub fn new(options: &Options) -> Result<Self, OciError> {
        Ok(Self(Arc::new(Shared {
            transport: Transport::new(options)?,
            auth: Auth::new(options),
            schemes: Schemes::new(options),
            written: Written::default(),
            turns: Turns::default(),
            limits: options.limits.clone(),
        })))
    }

    /// Begins work on one image: its time starts now.
    #[must_use]
    pub fn operation(&self) -> Operation {
        Operation {
            registry: self.clone(),
            budget: Budget::new(&self.0.limits),
        }
    }

    /// How much is taken from a registry.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
}

/// Work on one image: all its requests share one deadline and one number of bytes. Clones are
/// the same operation, so that its requests may run side by side.
#[derive(Clone, Debug)]
pub struct Operation {
    registry: Registry,
    pub(crate) budget: Budget,
}

impl Operation {
    /// What the operation is part of.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.registry.0.transport
    }

    pub(crate) fn auth(&self) -> &Auth {
        &self.registry.0.auth
    }

    pub(crate) fn schemes(&self) -> &Schemes {
        &self.registry.0.schemes
    }

    pub(crate) fn written(&self) -> &Written {
        &self.registry.0.written
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.registry.0.turns
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.registry.0.limits
    }
}
