//! What tests share, so that each says only what it is about.
//!
//! - [`suite`]: what every `Provider` and `Signer` must do, whatever is behind it.
//! - [`token`]: fresh SoftHSM and kryoptic tokens, and keys in them made by foreign tools.
//! - [`cli`]: runs the command line in a folder and an environment of its own.
//! - [`peers`]: the programs that signatures are checked with: cosign, skopeo, Kyverno,
//!   sigstore-go, OpenSSL, pkcs11-tool.
//! - [`program`]: one run of any program, its output and its deadline.
//! - [`registry`]: registries on this machine, images in them, and a counter of requests.
//! - [`mod@bench`]: what benchmarks print, and how they compare.
//!
//! Everything here panics where something is amiss: that is how a test fails. What is missing on
//! the machine is named together with the command that installs it; nothing is skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a dev-dependency of tests: they fail by panicking, and a check may end a line"
)]

pub mod bench;
pub mod cli;
pub mod peers;
pub mod program;
pub mod registry;
pub mod suite;
pub mod token;

use std::future::Future;

/// What to do where a prerequisite is missing; part of every such panic.
pub const INSTALL: &str = "run `sh tests/install.sh`";

/// Runs a future to its end on a fresh runtime with two worker threads, timers included.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
