//! Registries as real programs, and servers that lie.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod access;
mod attached;
mod breaking;
mod cosign;
mod liar;
mod lies;
mod moving;
mod proxies;
mod redirects;
mod setup;
