//! Moves images between places: registries and layouts on disk. Content streams in flat memory,
//! and is compared with its descriptor on the way.

mod attachments;
mod download;
mod file;
mod stream;
mod tree;
mod upload;

use crate::layout::Folder;
use crate::reference::Repository;
use crate::registry::Registry;

pub(crate) use attachments::{Attachments, Tagged};

/// Where content is, or goes to.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// A repository of a registry.
    Remote(Registry, Repository),
    /// A folder on disk.
    Local(Folder),
}
