//! Signature formats as cosign reads and writes them: bytes in, bytes out.
//!
//! [`bundle`] is the Sigstore bundle, [`legacy`] the JSON file that cosign 2 wrote before it, and
//! [`detached`] a bare signature. [`Evidence`] is any of the three, and [`verify_blob`] judges
//! it against public keys. Every `read` is a pure function of untrusted bytes that neither panics
//! nor allocates more than a small multiple of its input.

pub mod bundle;
mod claim;
pub mod detached;
pub mod error;
pub mod evidence;
pub mod legacy;
mod not_checked;
mod protojson;
pub mod refusal;
pub mod verify;

pub use bundle::Bundle;
pub use error::FormatError;
pub use evidence::Evidence;
pub use legacy::LegacyBundle;
pub use not_checked::NotChecked;
pub use refusal::Refusal;
pub use verify::{Accepted, NamedKey, verify_blob};
