//! The PKCS#11 backend on real tokens: SoftHSM, kryoptic, and SoftHSM behind a module that fails
//! on demand. One file per capability.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking, and these helpers of theirs too"
)]

mod common;
mod failures;
mod manage;
mod open;
mod pin;
mod public_half;
mod reinitialised;
mod suite;

/// Makes a test of each function, once with a fresh SoftHSM token and once with kryoptic's.
macro_rules! on_each_module {
    ($($name:ident)*) => {
        mod on_softhsm {
            $(#[test] fn $name() {
                super::$name(&touchmark_testkit::token::softhsm::token("the token"));
            })*
        }
        mod on_kryoptic {
            $(#[test] fn $name() {
                super::$name(&touchmark_testkit::token::kryoptic::token("the token"));
            })*
        }
    };
}
pub(crate) use on_each_module;
