//! The programs that signatures are checked with, and where they are.

pub mod cosign;
pub mod judge;
pub mod kyverno;
pub mod openssl;
pub mod pki;
pub mod sigstore_go;
pub mod skopeo;

use std::path::PathBuf;

use crate::INSTALL;

pub use cosign::Cosign;
pub use judge::Judge;

/// A product of `tests/peers/build.sh`: file `file` of peer `name`.
///
/// Panics where it has not been built.
#[must_use]
pub fn product(name: &str, file: &str) -> PathBuf {
    let path = cache().join(name).join(file);
    assert!(path.exists(), "{} is not there: {INSTALL}", path.display());
    path
}

/// `$TOUCHMARK_PEERS`, else as `tests/peers/env.sh` has it.
fn cache() -> PathBuf {
    if let Some(peers) = set("TOUCHMARK_PEERS") {
        return peers;
    }
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    caches.expect("HOME is set").join("touchmark-peers")
}

fn set(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}
