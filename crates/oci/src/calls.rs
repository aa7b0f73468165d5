//! The calls of the distribution API (OCI distribution specification 1.1).

mod blob;
mod delete;
mod manifest;
mod pages;
mod push;
mod referrers;
mod tags;

pub use push::Pushed;
pub use referrers::Referrers;

pub(crate) use push::{Written, finish_at};
pub(crate) use referrers::fallback_tag;
