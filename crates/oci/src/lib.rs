//! Signatures and attestations in OCI registries: found, attached, fetched and copied.
//!
//! A [`Registry`] is made once from [`Options`] and serves every registry of a run. Work on one
//! image is one [`Operation`], which has a deadline and a number of bytes that all its requests
//! share, retries and waiting included. What a registry answers is not believed: every body is
//! bounded and compared with its descriptor's size and digest, and credentials go only to the
//! host that they are for.
//!
//! The wire is the OCI distribution specification 1.1 over HTTP/1.1.

pub mod attached;
mod auth;
mod budget;
mod calls;
mod copy;
mod credentials;
mod error;
mod exchange;
mod layout;
mod limits;
mod manifest;
mod options;
mod reference;
mod registry;
mod transfer;
mod transport;

pub use attached::{Kind, Places, Replace, Subject};
pub use calls::{Pushed, Referrers};
pub use copy::{CopyOptions, Platform};
pub use credentials::Login;
pub use error::OciError;
pub use layout::{Moved, What};
pub use limits::Limits;
pub use manifest::{Descriptor, Image, Index, Manifest, media_type};
pub use options::{Environment, Options};
pub use reference::{Reference, Repository, Target};
pub use registry::{Operation, Registry};
