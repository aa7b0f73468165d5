//! Keys in files and environment variables: cosign's encrypted key files, and plain PEM.
//!
//! [`FileProvider`] opens them behind the seam of `touchmark-core`. The command line makes key
//! files with [`generate()`], [`import()`] and [`PrivateKey::encrypt`]; writing them is its job.
//!
//! Every byte of a key file is foreign: [`parse_private_key`] reads it, as a pure function.

mod ecdsa;
mod ed25519;
mod encrypted;
mod error;
mod generate;
mod import;
mod pem_block;
mod private_key;
mod provider;
mod rsa;
mod secretbox;
mod signer;
mod source;
mod thread;

pub use encrypted::{EncryptedKey, decrypt};
pub use error::FileError;
pub use generate::generate;
pub use import::import;
pub use private_key::{KeyFile, PrivateKey, parse_private_key};
pub use provider::FileProvider;
pub use signer::FileSigner;

#[cfg(test)]
mod vectors;
