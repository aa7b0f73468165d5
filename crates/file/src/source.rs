//! Where the text of a key is: a file or an environment variable.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;

use touchmark_core::KeyUri;
use touchmark_core::uri::FILE;
use zeroize::Zeroizing;

use crate::error::FileError;

/// The most that is read: an RSA-4096 key is 5 KiB.
const LIMIT: u64 = 1024 * 1024;

/// The scheme of keys in environment variables.
pub(crate) const ENV: &str = "env";

/// A key's place.
pub(crate) enum Source {
    Path(String),
    Variable(String),
}

impl Source {
    pub(crate) fn of(key: &KeyUri) -> Result<Self, FileError> {
        match key.scheme() {
            FILE => Ok(Self::Path(key.body().to_owned())),
            ENV => Ok(Self::Variable(key.body().to_owned())),
            _ => Err(FileError::NotFound(key.to_string())),
        }
    }

    /// What a person calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Variable(name) => format!("{ENV}://{name}"),
        }
    }

    /// The whole text, at most 1 MiB.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let bytes = match self {
            Self::Path(path) => read_file(path).map_err(|source| FileError::Read {
                subject: self.name(),
                source,
            })?,
            Self::Variable(name) => variable(name)
                .map(|value| Zeroizing::new(value.into_vec()))
                .ok_or_else(|| FileError::NotFound(self.name()))?,
        };
        if bytes.len() as u64 > LIMIT {
            return Err(FileError::malformed("larger than 1 MiB"));
        }
        Ok(bytes)
    }
}

/// One byte past the limit is read, which tells a file that is larger.
fn read_file(path: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len().min(LIMIT);
    // Room for the whole file now: a vector that grows leaves copies of the key behind.
    let capacity = usize::try_from(length).unwrap_or(0) + 8 * 1024;
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name that no variable can have is a variable that is not set; `env::var_os` would not panic
/// on it today, but may.
fn variable(name: &str) -> Option<OsString> {
    let possible = !name.is_empty() && !name.contains(['=', '\0']);
    possible.then(|| env::var_os(name)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use touchmark_core::{ErrorKind, Explain};

    #[test]
    fn a_file_of_a_mebibyte_is_read_and_a_larger_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let source = Source::of(&KeyUri::from_path(path.to_str().unwrap())).unwrap();
        fs::write(&path, vec![b'a'; 1 << 20]).unwrap();
        assert_eq!(source.read().unwrap().len(), 1 << 20);
        fs::write(&path, vec![b'a'; (1 << 20) + 1]).unwrap();
        let error = source.read().unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
        let endless = Source::Path("/dev/zero".into());
        assert_eq!(endless.read().unwrap_err().kind(), ErrorKind::Malformed);
    }

    #[test]
    fn a_missing_file_or_variable_and_another_scheme_match_no_key() {
        for uri in [
            "/nonexistent/a.key",
            "env://TOUCHMARK_NOT_SET",
            "env://",
            "env://A=B",
        ] {
            let source = Source::of(&uri.parse().unwrap()).unwrap();
            assert_eq!(source.read().unwrap_err().kind(), ErrorKind::Key, "{uri}");
        }
        assert!(Source::of(&"pkcs11:object=a".parse().unwrap()).is_err());
    }

    #[test]
    fn a_folder_is_no_key() {
        let error = Source::Path("/".into()).read().unwrap_err();
        assert!(matches!(error, FileError::Read { .. }), "{error}");
    }
}
