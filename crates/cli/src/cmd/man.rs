//! `man`: manual pages from the command definitions.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man as Page;
use touchmark_core::ErrorKind;

use super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::{Outcome, lines};
use crate::output_file::{self, Mode};

/// Writes one manual page per command into a folder.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder to write to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Verb for Man {
    const NAME: &'static str = "man";
    const ABOUT: &'static str = "Write the manual pages";
    const EXAMPLE: &'static str = "  touchmark man --out man1";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        std::fs::create_dir_all(&self.out)
            .map_err(|error| CliError::file("make", &self.out, &error))?;
        let mut written = Vec::new();
        write_pages(&self.out, full_names(), &mut written)?;
        let text = lines(&written);
        Ok(Outcome::text(text).json(&written))
    }
}

fn full_names() -> Command {
    let mut command = super::full();
    command.build();
    command
}

fn write_pages(
    folder: &std::path::Path,
    command: Command,
    written: &mut Vec<String>,
) -> Result<(), CliError> {
    let children: Vec<Command> = command.get_subcommands().cloned().collect();
    let name = format!(
        "{}.1",
        command.get_display_name().unwrap_or(command.get_name())
    );
    let mut page = Vec::new();
    Page::new(command).render(&mut page).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the page cannot be rendered").cause(&error)
    })?;
    output_file::replace(&folder.join(&name), &page, Mode::Public)?;
    written.push(name);
    children
        .into_iter()
        .try_for_each(|child| write_pages(folder, child, written))
}
