//! Finds a plugin's program.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How the name of every plugin's program begins.
pub(super) const PREFIX: &str = "sigstore-kms-";

/// The first program of that name that may be executed.
pub(super) fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    if !is_name(name) {
        return None;
    }
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(format!("{PREFIX}{name}")))
        .find(|program| is_executable(program))
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(allowed)
}

fn is_executable(program: &Path) -> bool {
    mode(program).is_some_and(|mode| mode & 0o111 != 0)
}

/// Whether every user of the machine may change the program, and so get our secrets.
pub(super) fn is_world_writable(program: &Path) -> bool {
    mode(program).is_some_and(|mode| mode & 0o002 != 0)
}

/// The permissions of a regular file, behind any links.
fn mode(program: &Path) -> Option<u32> {
    let metadata = program.metadata().ok()?;
    metadata.is_file().then(|| metadata.permissions().mode())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_first_executable_on_the_path_wins() {
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        program(one.path(), "sigstore-kms-a", 0o644);
        let expected = program(two.path(), "sigstore-kms-a", 0o755);
        fs::create_dir(one.path().join("sigstore-kms-b")).unwrap();
        let path = std::env::join_paths([one.path(), two.path()]).unwrap();
        assert_eq!(find("a", &path), Some(expected));
        assert_eq!(find("b", &path), None);
        assert_eq!(find("c", &path), None);
    }

    #[test]
    fn relative_folders_are_passed_over() {
        let here = tempfile::tempdir_in(".").unwrap();
        program(here.path(), "sigstore-kms-a", 0o755);
        let relative = Path::new(here.path().file_name().unwrap());
        assert!(relative.is_dir());
        assert_eq!(find("a", relative.as_os_str()), None);
        assert_eq!(find("a", OsStr::new("")), None);
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sigstore-kms-")).unwrap();
        program(folder.path(), "evil", 0o755);
        for name in ["", "/../evil", "A", "a_b", "a.b", "ü", "a b"] {
            assert_eq!(find(name, folder.path().as_os_str()), None, "{name}");
        }
    }

    #[test]
    fn a_program_that_everybody_may_change_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_world_writable(&program(folder.path(), "a", 0o757)));
        assert!(!is_world_writable(&program(folder.path(), "b", 0o775)));
    }
}
