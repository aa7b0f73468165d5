//! What the tests of the documentation share.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test program uses a part of it, and helpers of tests may panic as tests do"
)]

pub(crate) mod markdown;
pub(crate) mod mask;
pub(crate) mod scratch;

use std::path::PathBuf;

/// The root of the work tree.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize()
        .expect("the work tree")
}

/// The pages: `README.md` and everything in `docs/` that ends in `.md`, relative to the root.
pub(crate) fn pages() -> Vec<String> {
    let root = root();
    let mut pages = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/adr"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder of pages") {
            let name = entry.expect("an entry").file_name();
            let name = name.to_str().expect("a name in UTF-8");
            if name.rsplit_once('.').is_some_and(|(_, kind)| kind == "md") {
                pages.push(format!("{folder}/{name}"));
            }
        }
    }
    pages.sort();
    pages
}
