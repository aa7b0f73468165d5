//! One process at a time initialises a module and logs in.
//!
//! `SoftHSM` truncates and rewrites `token.object` at each login; a process that starts meanwhile
//! reads half of it and sees no token, or one without a PIN. The lock is a file per module in a
//! directory that only this user can write to.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use touchmark_core::{Digest, HashAlgorithm};

use crate::error::Pkcs11Error;

/// Between two looks at a lock that another holds. A start takes some milliseconds.
const POLL: Duration = Duration::from_millis(1);

/// Held until dropped; the system releases it when the process ends in any way.
#[derive(Debug)]
pub(crate) struct StartLock {
    _file: File,
}

impl StartLock {
    /// Waits for the lock of one module.
    pub(crate) fn acquire(module: &Path, deadline: Duration) -> Result<Self, Pkcs11Error> {
        Self::acquire_in(&runtime_directory(), module, deadline)
    }

    fn acquire_in(
        directory: &Path,
        module: &Path,
        deadline: Duration,
    ) -> Result<Self, Pkcs11Error> {
        let system = |source| Pkcs11Error::System {
            what: format!("the start lock in {}", directory.display()),
            source,
        };
        let file = open(directory, module).map_err(system)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if start.elapsed() < deadline => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(Pkcs11Error::Deadline {
                        what: "waiting for another process to start the module",
                        after: deadline,
                    });
                }
                Err(TryLockError::Error(source)) => return Err(system(source)),
            }
        }
    }
}

/// `$XDG_RUNTIME_DIR/touchmark`, else a directory of this user's in the temporary one.
fn runtime_directory() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|value| !value.is_empty()) {
        Some(runtime) => PathBuf::from(runtime).join("touchmark"),
        None => std::env::temp_dir().join(format!("touchmark-{}", user())),
    }
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn open(directory: &Path, module: &Path) -> io::Result<File> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // In a shared directory anyone may have been there first: with a link, or a directory of
    // theirs in which they could replace or hold our lock.
    let found = fs::symlink_metadata(directory)?;
    if !found.is_dir() || found.uid() != user() || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "not a directory that only this user can write to",
        ));
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(directory.join(file_name(module)))
}

/// Paths are longer than file names may be, and hold separators.
fn file_name(module: &Path) -> String {
    let digest = Digest::of(HashAlgorithm::Sha256, module.as_os_str().as_encoded_bytes());
    format!("start-{}.lock", &digest.to_hex()[..32])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use touchmark_core::{ErrorKind, Explain};

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn the_second_waits_until_the_first_is_done() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("run");
        let first = StartLock::acquire_in(&directory, Path::new("/m.so"), SHORT).unwrap();
        let other = StartLock::acquire_in(&directory, Path::new("/other.so"), SHORT);
        assert!(other.is_ok(), "another module has another lock");
        let error = StartLock::acquire_in(&directory, Path::new("/m.so"), SHORT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        drop(first);
        StartLock::acquire_in(&directory, Path::new("/m.so"), SHORT).unwrap();
    }

    #[test]
    fn a_link_or_an_open_directory_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let link = parent.path().join("link");
        symlink(parent.path(), &link).unwrap();
        assert!(StartLock::acquire_in(&link, Path::new("/m.so"), SHORT).is_err());
        let open = parent.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        assert!(StartLock::acquire_in(&open, Path::new("/m.so"), SHORT).is_err());
    }
}
