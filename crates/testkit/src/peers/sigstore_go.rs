//! sigstore-go as a judge of bundles (`tests/peers/sigstore-go-verify`).

use std::path::Path;

use crate::peers::product;
use crate::program::{Output, Program};

/// Judges a bundle file by a public key and the digest (`sha256:HEX`) of what was signed, without
/// any log. On success standard output is sigstore-go's result, as JSON.
#[must_use]
pub fn verify(key: &Path, digest: &str, bundle: &Path) -> Output {
    Program::new(product("sigstore-go-verify", "sigstore-go-verify"))
        .arg(key)
        .arg(digest)
        .arg(bundle)
        .run()
}
