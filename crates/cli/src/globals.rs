//! The flags that every verb takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cosign_flags;
use crate::error::CliError;

/// How results are written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    // For people.
    #[default]
    Text,
    // For programs: one JSON value, and nothing else.
    Json,
}

/// The flags that every verb takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// How to write results
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) output: OutputFormat,

    /// Read the PIN from the first line of a file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "pin_fd")]
    pub(crate) pin_file: Option<PathBuf>,

    /// Read the PIN from the first line of an open file descriptor
    #[arg(long, global = true, value_name = "N")]
    pub(crate) pin_fd: Option<u32>,

    /// Allow the attempt that locks the token if the PIN is wrong
    #[arg(long, global = true)]
    pub(crate) use_final_pin_try: bool,

    /// Give up after this time, such as 30s or 3m0s
    #[arg(short = 't', long, global = true, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,

    /// Tell on standard error what is being done
    #[arg(short = 'd', long, global = true)]
    pub(crate) verbose: bool,

    /// cosign's place for its log
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
}

impl Globals {
    /// Refuses what cosign has and this version does not do.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        match self.output_file {
            Some(_) => Err(cosign_flags::refusal(
                "--output-file",
                "what --verbose tells goes to standard error: write 2>FILE",
            )),
            None => Ok(()),
        }
    }
}
