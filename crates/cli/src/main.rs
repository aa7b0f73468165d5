//! The command line of touchmark.
//!
//! `main` decides what was called (a person's command, or cosign calling its KMS plugin), runs it
//! on a runtime of its own, and is the only place that exits. [`cmd`] has one file per verb,
//! [`backends`] is the only place that knows every backend, and [`report`] the only one that
//! prints.
#![allow(
    clippy::doc_markdown,
    reason = "the doc comments of arguments are the help text, which is no Markdown"
)]

mod artifact;
mod backends;
mod batch;
mod cmd;
mod config;
mod context;
mod cosign_flags;
mod env_flags;
mod error;
mod flags;
mod globals;
mod image;
mod input_file;
mod outcome;
mod output_file;
mod pkcs11_modules;
mod plugin;
mod policy;
mod progress;
mod reference;
mod report;
mod runtime;
mod stdin_password;
mod switches;
mod trusted_keys;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    if plugin::is_called_as_plugin(&arguments) {
        return plugin::main(&arguments);
    }
    if policy::judge::is_called(&arguments) {
        return policy::judge::main();
    }
    match cmd::parse(arguments) {
        Ok(invocation) => runtime::run(invocation),
        Err(error) => report::parse_error(&error),
    }
}
