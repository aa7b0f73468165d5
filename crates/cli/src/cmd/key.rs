//! `key …`: the keys in tokens and other backends.

mod certificate;
mod csr;
mod destroy;
mod export;
pub(super) mod generate;
mod import;
mod list;
mod listing;
mod show;
mod switch;

use super::{Entry, verb};

pub(super) const ABOUT: &str = "Make, list, show, export and destroy keys";

pub(super) fn entries() -> Vec<Entry> {
    vec![
        verb::<generate::Generate>(),
        verb::<list::List>(),
        verb::<show::Show>(),
        verb::<export::Export>(),
        verb::<import::Import>(),
        verb::<csr::Csr>(),
        verb::<certificate::Certificate>(),
        verb::<destroy::Destroy>(),
        verb::<switch::Disable>(),
        verb::<switch::Enable>(),
    ]
}
