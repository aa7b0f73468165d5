//! Files are written whole or not at all: to a temporary name beside the target, synced, renamed.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{NamedTempFile, PersistError};
use touchmark_core::ErrorKind;

use crate::error::CliError;

/// A file's content, ready to take its place.
#[derive(Debug)]
pub(crate) struct Staged {
    target: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// On disk under a temporary name.
    Temporary(NamedTempFile),
    /// For a device or pipe such as `/dev/stdout`, which must be written to, not replaced.
    Stream(Vec<u8>),
}

/// Who may read a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// 0600.
    Private,
    /// 0644, less the process's umask.
    Public,
}

/// Writes the content under a temporary name, synced. Nothing is visible under the target yet,
/// and the temporary file goes away unless it is put in place.
pub(crate) fn stage(target: &Path, content: &[u8], mode: Mode) -> Result<Staged, CliError> {
    let failed = |error| CliError::file("write", target, &error);
    // What a symbolic link points to is replaced, not the link.
    let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
    let is_stream = fs::metadata(&target).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    let content = if is_stream {
        Content::Stream(content.to_vec())
    } else {
        Content::Temporary(write(&target, content, mode).map_err(failed)?)
    };
    Ok(Staged { target, content })
}

fn write(target: &Path, content: &[u8], mode: Mode) -> io::Result<NamedTempFile> {
    let bits = match mode {
        Mode::Private => 0o600,
        Mode::Public => 0o644,
    };
    let mut file = tempfile::Builder::new()
        .prefix(".touchmark-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(bits))
        .tempfile_in(folder(target))
        // The error names the temporary file, which means nothing to a reader.
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Folders in which files took their places: that is durable once they are synced, and one sync
/// serves all files in a folder.
#[derive(Debug, Default)]
pub(crate) struct Folders(Mutex<BTreeSet<PathBuf>>);

impl Folders {
    fn add(&self, folder: &Path) {
        let mut folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !folders.contains(folder) {
            folders.insert(folder.to_owned());
        }
    }

    /// Syncs each once.
    pub(crate) fn sync(&self) -> Result<(), CliError> {
        let folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        folders.iter().try_for_each(|folder| {
            sync(folder).map_err(|error| CliError::file("write", folder, &error))
        })
    }
}

impl Staged {
    /// Takes the target's place, whatever was there.
    pub(crate) fn replace(self) -> Result<(), CliError> {
        let folders = Folders::default();
        self.replace_in(&folders)?;
        folders.sync()
    }

    /// The same, but the folder is only noted, for the caller to sync.
    pub(crate) fn replace_in(self, folders: &Folders) -> Result<(), CliError> {
        let Self { target, content } = self;
        match content {
            Content::Stream(bytes) => fs::write(&target, bytes),
            Content::Temporary(file) => file
                .persist(&target)
                .map(|_| folders.add(folder(&target)))
                .map_err(|failed: PersistError| failed.error),
        }
        .map_err(|error| CliError::file("write", &target, &error))
    }

    /// Takes the target's place only where there is nothing yet.
    pub(crate) fn create(self) -> Result<(), CliError> {
        let Self { target, content } = self;
        match content {
            Content::Stream(bytes) => fs::write(&target, bytes),
            Content::Temporary(file) => file
                .persist_noclobber(&target)
                .map_err(|failed: PersistError| failed.error)
                .and_then(|_| sync(folder(&target))),
        }
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => already_exists(&target),
            _ => CliError::file("write", &target, &error),
        })
    }
}

/// Writes one file, replacing what was there.
pub(crate) fn replace(target: &Path, content: &[u8], mode: Mode) -> Result<(), CliError> {
    stage(target, content, mode)?.replace()
}

/// Writes several new files: all or, where one of them exists and `overwrite` is not set, none.
pub(crate) fn write_together(files: Vec<Staged>, overwrite: bool) -> Result<(), CliError> {
    if overwrite {
        return files.into_iter().try_for_each(Staged::replace);
    }
    let mut made: Vec<PathBuf> = Vec::new();
    for file in files {
        let target = file.target.clone();
        if let Err(error) = file.create() {
            // Nothing else of this run may stay behind; a failure to remove changes no verdict.
            for path in made {
                let _ = fs::remove_file(path);
            }
            return Err(error);
        }
        made.push(target);
    }
    Ok(())
}

pub(crate) fn already_exists(path: &Path) -> CliError {
    CliError::new(ErrorKind::Key, format!("{} already exists", path.display()))
        .hint("give --yes to overwrite it, or choose another name")
}

/// A rename is durable once its folder is synced.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn folder(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
