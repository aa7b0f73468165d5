//! The recorded key files of `tests/vectors/keys`.

use std::fs;
use std::path::Path;

use touchmark_core::SecretString;

use crate::private_key::{KeyFile, PrivateKey, parse_private_key};

/// The algorithms, as the vectors' file names have them.
pub(crate) const ALGORITHMS: [&str; 7] = [
    "p256", "p384", "p521", "ed25519", "rsa2048", "rsa3072", "rsa4096",
];

/// The password of every encrypted vector, as the README beside them says.
pub(crate) fn password() -> SecretString {
    "correct horse battery staple".to_owned().into()
}

/// The path of a vector.
pub(crate) fn path(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/keys");
    folder.join(name).to_str().unwrap().to_owned()
}

/// The bytes of a vector.
pub(crate) fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A vector that is not encrypted.
pub(crate) fn plain(name: &str) -> PrivateKey {
    match parse_private_key(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}")) {
        KeyFile::Plain(key) => key,
        KeyFile::Encrypted(_) => panic!("{name} is encrypted"),
    }
}
