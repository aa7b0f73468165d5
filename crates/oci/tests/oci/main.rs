//! Registries as real programs, and servers that lie.

mod access;
mod attached;
mod setup;
