//! Every flag can be given by environment: `TOUCHMARK_<FLAG>`, then `COSIGN_<FLAG>` where cosign
//! has the flag.
//!
//! The variables become arguments before clap sees them, so that one parser judges both. A flag
//! on the command line wins.

use std::env;
use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};

/// Flags of ours that cosign does not have, or means otherwise: `COSIGN_` does not set them.
const OURS: [&str; 11] = [
    "output",
    "pin-file",
    "pin-fd",
    "use-final-pin-try",
    "confirm",
    "certificate",
    "subject",
    "out",
    "help",
    "version",
    "replace",
];

/// Appends an argument for each flag of the verb that is absent from the command line and set in
/// the environment.
pub(crate) fn expand(verb: &Command, arguments: &mut Vec<OsString>) {
    let end = arguments
        .iter()
        .position(|given| given == "--")
        .unwrap_or(arguments.len());
    let found: Vec<OsString> = verb
        .get_arguments()
        .filter(|flag| !is_given(flag, &arguments[..end]))
        .filter_map(from_environment)
        .collect();
    arguments.splice(end..end, found);
}

fn is_given(flag: &Arg, arguments: &[OsString]) -> bool {
    let Some(long) = flag.get_long() else {
        return true;
    };
    arguments
        .iter()
        .filter_map(|given| given.to_str())
        .any(|given| {
            let is_long = given
                .strip_prefix("--")
                .is_some_and(|rest| rest.split('=').next() == Some(long));
            let is_short = flag.get_short().is_some_and(|short| {
                given
                    .strip_prefix('-')
                    .is_some_and(|rest| rest.starts_with(short))
            });
            is_long || is_short
        })
}

fn from_environment(flag: &Arg) -> Option<OsString> {
    let long = flag.get_long()?;
    let name = long.to_uppercase().replace('-', "_");
    let value = read(format!("TOUCHMARK_{name}")).or_else(|| {
        (!OURS.contains(&long))
            .then(|| read(format!("COSIGN_{name}")))
            .flatten()
    })?;
    argument(flag, long, &value)
}

/// An empty variable counts as unset.
fn read(name: String) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn argument(flag: &Arg, long: &str, value: &OsStr) -> Option<OsString> {
    let argument = OsString::from(format!("--{long}"));
    if let ArgAction::SetTrue = flag.get_action() {
        // A value that is neither true nor false is left for clap to refuse.
        return match value.to_str() {
            Some("true" | "1") => Some(argument),
            Some("false" | "0") => None,
            _ => Some(with_value(argument, value)),
        };
    }
    Some(with_value(argument, value))
}

fn with_value(mut argument: OsString, value: &OsStr) -> OsString {
    argument.push("=");
    argument.push(value);
    argument
}
