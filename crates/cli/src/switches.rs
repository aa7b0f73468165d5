//! Flags that are on or off, spelled as cosign takes them: `--yes`, `--yes=true`, `--yes=0`.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};

/// The words that Go's flags take for on and off.
pub(crate) fn parse(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("write true or false"),
    }
}

/// A flag that tells whether it was given at all, and how.
pub(crate) fn spell(arg: Arg) -> Arg {
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_name("BOOL")
        .value_parser(parse)
}

/// Rewrites `--flag=true` as `--flag`, and leaves out `--flag=false`, for the verb's own flags
/// that are on or off. Other values are left for clap to refuse.
pub(crate) fn normalise(verb: &Command, arguments: &mut Vec<OsString>) {
    let mut is_flag = true;
    arguments.retain_mut(|argument| {
        is_flag &= argument != "--";
        let Some((flag, state)) = is_flag.then(|| split(argument)).flatten() else {
            return true;
        };
        let is_switch = verb.get_arguments().any(|known| {
            known.get_long() == Some(&flag) && matches!(known.get_action(), ArgAction::SetTrue)
        });
        if is_switch {
            *argument = OsString::from(format!("--{flag}"));
        }
        !is_switch || state
    });
}

/// `--flag=STATE`, taken apart.
fn split(argument: &OsStr) -> Option<(String, bool)> {
    let (flag, value) = argument.to_str()?.strip_prefix("--")?.split_once('=')?;
    Some((flag.to_owned(), parse(value).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_takes_gos_words_and_nothing_after_the_end_of_flags_is_touched() {
        let verb = Command::new("verb")
            .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue))
            .arg(Arg::new("key").long("key"));
        let mut arguments: Vec<OsString> = ["--yes=T", "--key=true", "--yes=no", "--", "--yes=0"]
            .map(OsString::from)
            .to_vec();
        arguments.insert(0, "--yes=0".into());
        normalise(&verb, &mut arguments);
        assert_eq!(
            arguments,
            ["--yes", "--key=true", "--yes=no", "--", "--yes=0"]
        );
    }
}
