//! Looking at a module without using it: for `doctor`.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::error::Pkcs11Error;
use crate::module::{self, Module, Turns};
use crate::token::{self, TokenDescription};

/// What a module says about itself and its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleReport {
    /// The module's file, without links.
    pub path: PathBuf,
    /// What the library is.
    pub description: String,
    /// Who made it.
    pub manufacturer: String,
    /// Its version, `MAJOR.MINOR`.
    pub version: String,
    /// The version of PKCS#11 that it speaks.
    pub cryptoki_version: String,
    /// The tokens in its slots, initialised or not.
    pub tokens: Vec<TokenDescription>,
}

/// Loads and initialises a module and describes its tokens. Never logs in. Blocks the calling
/// thread, at most for the deadline.
///
/// # Errors
/// The file is no module, the module does not start or answer, or the deadline passed.
pub fn probe(module: &Path, deadline: Duration) -> Result<ModuleReport, Pkcs11Error> {
    let path = module::canonical(module)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("touchmark-pkcs11-probe".into())
        .spawn(move || {
            // Nobody waits any more where the deadline has passed.
            let _ = sender.send(look(&path, deadline));
        })
        .map_err(|source| Pkcs11Error::System {
            what: "starting a thread".into(),
            source,
        })?;
    receiver
        .recv_timeout(deadline)
        .unwrap_or(Err(Pkcs11Error::Deadline {
            what: "looking at the module",
            after: deadline,
        }))
}

fn look(path: &Path, deadline: Duration) -> Result<ModuleReport, Pkcs11Error> {
    let turns = Turns {
        serialize: true,
        deadline,
    };
    let _turn = turns.wait(path)?;
    let module = Module::load(path)?;
    let tokens = token::all(&module)?;
    let library = module.library.clone();
    Ok(ModuleReport {
        path: path.to_owned(),
        description: library.description,
        manufacturer: library.manufacturer,
        version: library.version,
        cryptoki_version: library.cryptoki,
        tokens: tokens.into_iter().map(|(_, token)| token).collect(),
    })
}
