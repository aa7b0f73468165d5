//! The backend on SoftHSM.

// Helpers outside `#[test]` functions fail tests by panicking, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod find;
mod manage;
mod module;
mod pin;
mod sign;
mod support;
