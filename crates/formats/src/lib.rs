//! Signature formats as cosign reads and writes them: bytes in, bytes out.
//!
//! For files, [`bundle`] is the Sigstore bundle, [`legacy`] the JSON file that cosign 2 wrote
//! before it, and [`detached`] a bare signature; [`Evidence`] is any of the three, and
//! [`verify_blob`] judges it. For images, [`simple_signing`] is what cosign 2 signs, kept in a
//! layer with the annotations of [`layer`], and cosign 3 signs a [`statement`] in a [`dsse`]
//! envelope, as every attestation is; [`image`] and [`attestation`] judge them. A [`predicate`]
//! is what an attestation says. [`Trust`] is whose signatures count: keys, or those whom
//! authorities certify ([`certificate`]).
//!
//! Every `read` is a pure function of untrusted bytes that neither panics nor allocates more than
//! a small multiple of its input.

pub mod attestation;
pub mod bundle;
pub mod certificate;
mod claim;
pub mod claim_refusal;
pub mod detached;
pub mod dsse;
pub mod error;
pub mod evidence;
pub mod image;
mod json;
pub mod layer;
pub mod legacy;
mod not_checked;
pub mod predicate;
mod presented;
mod protojson;
pub mod refusal;
pub mod signer;
pub mod simple_signing;
pub mod statement;
mod trial;
pub mod trust;
pub mod verify;

pub use attestation::{
    AcceptedAttestation, WantedAttestation, verify_attestation_bundle, verify_attestation_envelope,
};
pub use bundle::Bundle;
pub use certificate::{Authorities, Certificate, CertificateError, IdentityPolicy};
pub use claim_refusal::ClaimRefusal;
pub use error::FormatError;
pub use evidence::Evidence;
pub use image::{AcceptedImage, WantedImage, verify_image_bundle, verify_image_payload};
pub use legacy::LegacyBundle;
pub use not_checked::NotChecked;
pub use predicate::{Predicate, PredicateError, PredicateType};
pub use refusal::Refusal;
pub use signer::AcceptedSigner;
pub use statement::Statement;
pub use trust::Trust;
pub use verify::{Accepted, NamedKey, verify_blob};
