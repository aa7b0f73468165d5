//! Registries as real programs, and servers that lie.

mod access;
mod attached;
mod moving;
mod setup;
