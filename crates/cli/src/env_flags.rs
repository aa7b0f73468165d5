//! Every flag can be given by environment: `TOUCHMARK_<FLAG>`, then `COSIGN_<FLAG>` where cosign
//! has the flag.
//!
//! The variables become arguments before clap sees them, so that one parser judges both. A flag
//! on the command line wins, also over the variables of flags that exclude it.

use std::env;
use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};

use crate::switches;

/// The verbs that cosign has too.
const COSIGNS: [&str; 23] = [
    "attach attestation",
    "attach sbom",
    "attach signature",
    "attest",
    "attest-blob",
    "clean",
    "copy",
    "download attestation",
    "download sbom",
    "download signature",
    "generate-key-pair",
    "import-key-pair",
    "load",
    "public-key",
    "save",
    "sign",
    "sign-blob",
    "tree",
    "triangulate",
    "verify",
    "verify-attestation",
    "verify-blob",
    "verify-blob-attestation",
];

/// The verbs whose `--output` is cosign's too.
const WITH_OUTPUT: [&str; 2] = ["verify", "verify-attestation"];

/// Flags of every verb that cosign has too.
const SHARED: [&str; 3] = ["timeout", "verbose", "output-file"];

/// Flags of cosign's verbs that cosign does not have, or means otherwise: `COSIGN_` does not set
/// them.
const OURS: [&str; 9] = [
    "output",
    "output-dir",
    "registry-connections",
    "signature-format",
    "to",
    "pin-file",
    "pin-fd",
    "use-final-pin-try",
    "algorithm",
];

/// Appends an argument for each flag of the verb that is absent from the command line and set in
/// the environment. `called` is the verb's name, with that of its group before it.
pub(crate) fn expand(called: &[&str], verb: &Command, arguments: &mut Vec<OsString>) {
    let end = arguments
        .iter()
        .position(|given| given == "--")
        .unwrap_or(arguments.len());
    let is_given = |flag: &&Arg| is_given(flag, &arguments[..end]);
    let given: Vec<&Arg> = verb.get_arguments().filter(is_given).collect();
    let is_excluded = |flag: &Arg| {
        given.iter().any(|other| {
            verb.get_arg_conflicts_with(other).contains(&flag)
                || verb.get_arg_conflicts_with(flag).contains(other)
        })
    };
    let found: Vec<OsString> = verb
        .get_arguments()
        .filter(|flag| !is_given(flag) && !is_excluded(flag))
        .filter_map(|flag| from_environment(called, flag))
        .collect();
    arguments.splice(end..end, found);
}

fn is_given(flag: &Arg, arguments: &[OsString]) -> bool {
    let Some(long) = flag.get_long() else {
        return false;
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

fn from_environment(called: &[&str], flag: &Arg) -> Option<OsString> {
    let long = flag.get_long()?;
    let name = long.to_uppercase().replace('-', "_");
    let value = read(format!("TOUCHMARK_{name}")).or_else(|| {
        is_cosigns(called, long)
            .then(|| read(format!("COSIGN_{name}")))
            .flatten()
    })?;
    argument(flag, long, &value)
}

fn is_cosigns(called: &[&str], flag: &str) -> bool {
    let verb = called.join(" ");
    let is_ours = OURS.contains(&flag) && !(flag == "output" && WITH_OUTPUT.contains(&&*verb));
    SHARED.contains(&flag) || COSIGNS.contains(&&*verb) && !is_ours
}

/// An empty variable counts as unset.
fn read(name: String) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn argument(flag: &Arg, long: &str, value: &OsStr) -> Option<OsString> {
    let argument = OsString::from(format!("--{long}"));
    if let ArgAction::SetTrue = flag.get_action() {
        // A value that is neither on nor off is left for clap to refuse.
        match value.to_str().map(switches::parse) {
            Some(Ok(true)) => return Some(argument),
            Some(Ok(false)) => return None,
            _ => {}
        }
    }
    Some(with_value(argument, value))
}

fn with_value(mut argument: OsString, value: &OsStr) -> OsString {
    argument.push("=");
    argument.push(value);
    argument
}
