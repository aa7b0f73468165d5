//! What is signed or verified: a file, standard input, or only a digest.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use touchmark_core::{Digest, ErrorKind, HashAlgorithm, Message};

use crate::error::CliError;
use crate::report;
use crate::stdin_password;

/// One input of a blob verb, as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    File(PathBuf),
    Stdin,
    Digest(Digest),
}

/// The exit code where an artifact is not there, as cosign has it.
const NOT_FOUND: u8 = 11;

impl Input {
    pub(crate) fn parse(name: &OsStr) -> Result<Self, CliError> {
        // A name that is no text is the name of a file.
        let Some(text) = name.to_str() else {
            return Ok(Self::File(PathBuf::from(name)));
        };
        if text == "-" {
            stdin_password::stdin_is_data();
            return Ok(Self::Stdin);
        }
        let is_digest = HashAlgorithm::ALL.iter().any(|hash| {
            text.strip_prefix(hash.name())
                .is_some_and(|rest| rest.starts_with(':'))
        });
        match Digest::parse(text) {
            Some(digest) if digest.algorithm() == HashAlgorithm::Sha256 => Ok(Self::Digest(digest)),
            _ if is_digest => Err(CliError::usage(format!("{text:?} is not a SHA-256 digest"))
                .hint(
                    "write sha256: and 64 hex digits; for a file of that name write ./ before it",
                )),
            _ => Ok(Self::File(PathBuf::from(text))),
        }
    }

    /// The path where the bundle is written or looked for by default: `FILE.sigstore.json`.
    pub(crate) fn default_bundle(&self) -> Option<PathBuf> {
        let Self::File(path) = self else { return None };
        let mut name = path.clone().into_os_string();
        name.push(".sigstore.json");
        Some(PathBuf::from(name))
    }

    /// As results name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "-".into(),
            Self::Digest(digest) => digest.to_string(),
        }
    }

    /// Makes it readable as often as it takes. Blocks.
    pub(crate) fn open(&self) -> Result<Artifact, CliError> {
        let source = match self {
            Self::File(path) => open_file(path)?,
            Self::Stdin => Source::Spooled(spool(&mut io::stdin().lock()).map_err(|error| {
                CliError::new(ErrorKind::Failed, "standard input cannot be read").cause(&error)
            })?),
            Self::Digest(digest) => Source::Digest(digest.clone()),
        };
        Ok(Artifact {
            source,
            digests: Mutex::default(),
        })
    }
}

/// The names without `*.sigstore.json`, of which a note is made, where there are several: a
/// shell's `*` matches bundles too.
pub(crate) fn without_bundles<'a>(
    names: &'a [OsString],
    done: &str,
) -> Result<Vec<&'a OsStr>, CliError> {
    let is_bundle = |name: &OsStr| name.as_encoded_bytes().ends_with(b".sigstore.json");
    let mut kept = Vec::new();
    for name in names {
        if names.len() > 1 && is_bundle(name) {
            let name = name.display();
            report::note(&format!("note: {name} is a bundle and was not {done}"));
        } else {
            kept.push(name.as_os_str());
        }
    }
    if kept.is_empty() {
        return Err(CliError::usage(format!("there is nothing to be {done}"))
            .hint("name the files beside the bundles; a bundle alone is taken as a file"));
    }
    Ok(kept)
}

fn open_file(path: &Path) -> Result<Source, CliError> {
    let failed = |error: io::Error| {
        let code = if error.kind() == io::ErrorKind::NotFound {
            NOT_FOUND
        } else {
            1
        };
        CliError::file("read", path, &error).with_code(code)
    };
    let mut file = File::open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?.file_type();
    if kind.is_dir() {
        return Err(
            CliError::new(ErrorKind::Failed, format!("{} is a folder", path.display()))
                .hint("name the files in it"),
        );
    }
    if kind.is_file() {
        return Ok(Source::File(path.to_owned()));
    }
    // A pipe, as the shell's `<(…)` makes it.
    spool(&mut file).map(Source::Spooled).map_err(failed)
}

/// Copies a stream to an unnamed temporary file: it can be read once only, and some schemes read
/// twice. Memory stays flat.
fn spool(stream: &mut dyn Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(stream, &mut file)?;
    Ok(file)
}

/// An input's bytes, with the digests that were already computed.
#[derive(Debug)]
pub(crate) struct Artifact {
    source: Source,
    digests: Mutex<Vec<Digest>>,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    Spooled(File),
    Digest(Digest),
}

impl Artifact {
    /// The SHA-256 digest, if it was computed or given.
    pub(crate) fn known_sha256(&self) -> Option<Digest> {
        match &self.source {
            Source::Digest(digest) => Some(digest.clone()),
            _ => self.cached(HashAlgorithm::Sha256),
        }
    }

    fn cached(&self, algorithm: HashAlgorithm) -> Option<Digest> {
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        digests
            .iter()
            .find(|digest| digest.algorithm() == algorithm)
            .cloned()
    }
}

impl Message for Artifact {
    fn digest(&self, algorithm: HashAlgorithm) -> io::Result<Digest> {
        if let Source::Digest(digest) = &self.source {
            return Message::digest(digest, algorithm);
        }
        if let Some(digest) = self.cached(algorithm) {
            return Ok(digest);
        }
        let digest = Digest::read(algorithm, self.open()?)?;
        self.digests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(digest.clone());
        Ok(digest)
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        match &self.source {
            Source::File(path) => Ok(Box::new(File::open(path)?)),
            Source::Spooled(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Ok(Box::new(file))
            }
            Source::Digest(digest) => digest.open(),
        }
    }

    fn len_hint(&self) -> Option<u64> {
        match &self.source {
            Source::File(path) => path
                .metadata()
                .ok()
                .filter(std::fs::Metadata::is_file)
                .map(|meta| meta.len()),
            Source::Spooled(file) => file.metadata().ok().map(|meta| meta.len()),
            Source::Digest(_) => None,
        }
    }
}
