//! Small files from outside, read whole but never without a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use touchmark_core::ErrorKind;
use zeroize::Zeroizing;

use crate::error::CliError;

/// More than any key file, certificate, signature or bundle has.
const LIMIT: u64 = 16 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug)]
pub(crate) struct ReadError {
    path: PathBuf,
    source: io::Error,
}

/// Reads a file of at most 16 MiB.
pub(crate) fn read_limited(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    read_into(path, &mut bytes)?;
    Ok(bytes)
}

/// Reads standard input, of at most 16 MiB.
pub(crate) fn read_stdin() -> Result<Vec<u8>, ReadError> {
    let failed = |source| ReadError {
        path: PathBuf::from("standard input"),
        source,
    };
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes);
    match read.map_err(failed)? {
        length if u64::try_from(length).is_ok_and(|length| length <= LIMIT) => Ok(bytes),
        _ => Err(failed(io::Error::from(io::ErrorKind::FileTooLarge))),
    }
}

/// The same for a private key, wiped when it goes.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let mut bytes = Zeroizing::new(Vec::new());
    read_into(path, &mut bytes)?;
    Ok(bytes)
}

fn read_into(path: &Path, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
    let mut read = || {
        let file = File::open(path)?;
        // Room from the start: growing would leave copies of a secret behind.
        let expected = file.metadata()?.len().min(LIMIT);
        bytes.reserve(usize::try_from(expected).unwrap_or_default() + 1);
        file.take(LIMIT + 1).read_to_end(bytes)
    };
    let length = read().map_err(|source| ReadError {
        path: path.to_owned(),
        source,
    })?;
    if u64::try_from(length).is_ok_and(|length| length <= LIMIT) {
        return Ok(());
    }
    let source = io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB");
    Err(ReadError {
        path: path.to_owned(),
        source,
    })
}

impl ReadError {
    pub(crate) fn is_absent(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }

    pub(crate) fn into_cli(self) -> CliError {
        match self.source.kind() {
            io::ErrorKind::FileTooLarge => {
                let message = format!("{} is larger than 16 MiB", self.path.display());
                CliError::new(ErrorKind::Malformed, message)
            }
            _ => CliError::file("read", &self.path, &self.source),
        }
    }
}
