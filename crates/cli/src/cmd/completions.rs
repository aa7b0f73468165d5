//! `completions`: shell completions from the command definitions.

use clap::Args;
use clap_complete::{Shell, generate};

use super::Verb;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;

/// Prints a completion script on standard output.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

impl Verb for Completions {
    const NAME: &'static str = "completions";
    const ABOUT: &'static str = "Print a shell's completion script";
    const EXAMPLE: &'static str = "  touchmark completions bash > touchmark.bash";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        let mut script = Vec::new();
        generate(self.shell, &mut super::full(), "touchmark", &mut script);
        Ok(Outcome::text(String::from_utf8_lossy(&script)))
    }
}
