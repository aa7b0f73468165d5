//! Keys in PKCS#11 tokens (OASIS PKCS#11 3.0): any module, any vendor.
//!
//! [`Pkcs11Provider`] turns a `pkcs11:` URI into a key that signs; [`probe`] looks at a module
//! without touching its keys. Start at `provider.rs`; `connection.rs` is a token in use, and
//! `pool.rs` the threads on which every call into a module is made.

mod certificate;
mod change;
mod ckr;
mod connection;
pub mod decode;
mod destroy;
mod error;
mod generate;
mod hint;
mod key;
mod list;
mod login;
mod mechanism;
mod module;
mod object;
mod options;
mod pool;
mod probe;
mod provider;
mod public_half;
mod raw_sign;
mod seat;
mod signer;
mod start_lock;
mod switch;
mod token;
mod uri;
mod watchdog;

pub use error::{
    KeyProblem, MalformedSource, ModuleProblem, PinProblem, PinTries, Pkcs11Error, TokenProblem,
    UriProblem,
};
pub use options::Pkcs11Options;
pub use probe::{ModuleReport, probe};
pub use provider::Pkcs11Provider;
pub use signer::LONGEST_MESSAGE;
pub use token::TokenDescription;
pub use uri::{ObjectFilter, ObjectType, Pkcs11Uri, SCHEME, TokenFilter};
