//! Registries as real programs, and servers that lie.

mod access;
mod attached;
mod breaking;
mod liar;
mod lies;
mod moving;
mod proxies;
mod setup;
