//! Loaded modules: one `C_Initialize` per process and file, never finalised.
//!
//! The table is this crate's only static, because the standard makes the state per process
//! (PKCS#11 §5.4). `C_Finalize` is never called: with another thread inside a call it crashes
//! `SoftHSM`, and after a second `C_Initialize` old sessions would silently name new ones.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use crate::ckr;
use crate::error::{ModuleProblem, Pkcs11Error};
use crate::raw_sign::RawSign;
use crate::start_lock::StartLock;

/// A slot of the table; its own lock, so that a module that hangs holds up nobody else.
type Entry = Arc<Mutex<Option<Arc<Module>>>>;

static MODULES: LazyLock<Mutex<HashMap<PathBuf, Entry>>> = LazyLock::new(Mutex::default);

/// An initialised module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) path: PathBuf,
    pub(crate) context: Pkcs11,
    pub(crate) raw: RawSign,
    pub(crate) library: Library,
}

/// What a module says about itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Library {
    pub(crate) manufacturer: String,
    pub(crate) description: String,
    pub(crate) version: String,
    pub(crate) cryptoki: String,
}

/// How processes take turns at starting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    pub(crate) serialize: bool,
    pub(crate) deadline: Duration,
}

impl Turns {
    /// Waits for this process's turn with one module; `None` where turns are not taken.
    pub(crate) fn wait(self, module: &Path) -> Result<Option<StartLock>, Pkcs11Error> {
        self.serialize
            .then(|| StartLock::acquire(module, self.deadline))
            .transpose()
    }
}

impl Module {
    /// The module in a file, loaded and initialised if it is not yet. The caller holds the start
    /// lock of `canonical(path)`.
    pub(crate) fn load(path: &Path) -> Result<Arc<Self>, Pkcs11Error> {
        let entry = Arc::clone(
            MODULES
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(path.to_owned())
                .or_default(),
        );
        let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = &*entry {
            return Ok(Arc::clone(module));
        }
        let module = Arc::new(Self::start(path)?);
        *entry = Some(Arc::clone(&module));
        Ok(module)
    }

    fn start(path: &Path) -> Result<Self, Pkcs11Error> {
        let context = Pkcs11::new(path).map_err(|error| not_loaded(path, error))?;
        let raw = RawSign::load(path).map_err(|error| not_loaded(path, error))?;
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match context.initialize(arguments) {
            // Another user of the module in this process was first.
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) | Ok(()) => {}
            Err(error) => return Err(problem(path, ModuleProblem::NotStarted, Some(error))),
        }
        let library = Library::read(&context)
            .map_err(|error| problem(path, ModuleProblem::NotStarted, Some(error)))?;
        Ok(Self {
            path: path.to_owned(),
            context,
            raw,
            library,
        })
    }
}

impl Library {
    fn read(context: &Pkcs11) -> Result<Self, Error> {
        let info = context.get_library_info()?;
        Ok(Self {
            manufacturer: info.manufacturer_id().to_owned(),
            description: info.library_description().to_owned(),
            version: info.library_version().to_string(),
            cryptoki: info.cryptoki_version().to_string(),
        })
    }
}

/// The file's one name, by which modules and their locks are told apart.
pub(crate) fn canonical(path: &Path) -> Result<PathBuf, Pkcs11Error> {
    path.canonicalize()
        .ok()
        .filter(|path| path.is_file())
        .ok_or_else(|| problem(path, ModuleProblem::Missing, None))
}

fn not_loaded(path: &Path, error: Error) -> Pkcs11Error {
    let reason = match &error {
        Error::LibraryLoading(_) => ModuleProblem::NotALibrary,
        Error::MissingSymbol(_) | Error::NullFunctionPointer => ModuleProblem::NotPkcs11,
        other if ckr::code(other).is_some() => ModuleProblem::NotStarted,
        _ => ModuleProblem::NotPkcs11,
    };
    problem(path, reason, Some(error))
}

fn problem(path: &Path, problem: ModuleProblem, source: Option<Error>) -> Pkcs11Error {
    Pkcs11Error::Module {
        path: path.to_owned(),
        problem,
        source,
    }
}
