//! The only place that prints, and the only one that turns an outcome into an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind as ClapKind};
use serde::Serialize;

use crate::cmd::ParseError;
use crate::error::{CliError, ErrorView};
use crate::globals::OutputFormat;
use crate::outcome::Outcome;

/// Prints what a verb did and returns its exit code.
pub(crate) fn outcome(format: OutputFormat, outcome: &Outcome) -> ExitCode {
    for failure in &outcome.failures {
        error_lines(failure);
    }
    for note in &outcome.notes {
        stderr(note);
    }
    let written = match (format, &outcome.json) {
        (OutputFormat::Json, Some(json)) => stdout(&format!("{json}\n")),
        _ => stdout(&outcome.text),
    };
    match written {
        Ok(()) => ExitCode::from(outcome.exit_code()),
        // Whoever read our output has gone: what cannot be told did not succeed.
        Err(_) => ExitCode::from(outcome.exit_code().max(1)),
    }
}

/// Prints an error that ended a verb.
pub(crate) fn error(format: OutputFormat, error: &CliError) -> ExitCode {
    #[derive(Serialize)]
    struct Envelope<'a> {
        error: ErrorView<'a>,
    }
    error_lines(error);
    if let OutputFormat::Json = format
        && let Ok(json) = serde_json::to_string(&Envelope {
            error: error.view(),
        })
    {
        let _ = stdout(&format!("{}\n", redact(&json)));
    }
    ExitCode::from(error.code())
}

/// Prints what clap says of arguments it could not take; help and version are no errors.
pub(crate) fn parse_error(parse_error: &ParseError) -> ExitCode {
    let clap = match &parse_error.source {
        crate::cmd::ParseFailure::Clap(clap) => clap,
        crate::cmd::ParseFailure::Cli(cli) => return error(parse_error.format, cli),
    };
    match clap.kind() {
        ClapKind::DisplayHelp | ClapKind::DisplayVersion => {
            let code = u8::from(stdout(&clap.render().to_string()).is_err());
            ExitCode::from(code)
        }
        _ => error(parse_error.format, &from_clap(clap)),
    }
}

/// A note for a person, on standard error; in JSON form too.
pub(crate) fn note(text: &str) {
    stderr(&format!("touchmark: {text}"));
}

fn error_lines(error: &CliError) {
    stderr(&format!("touchmark: error: {}", redact(error.message())));
    for cause in error.causes() {
        stderr(&format!("touchmark: cause: {}", redact(cause)));
    }
    stderr(&format!("touchmark: hint: {}", error.hint_text()));
}

fn from_clap(clap: &clap::Error) -> CliError {
    let text = clap.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let suggestion = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .find_map(|kind| nearest(clap.get(kind)?))
        .map(|known| format!("did you mean {known}?"));
    let usage = paragraphs
        .find_map(|paragraph| paragraph.trim().strip_prefix("Usage: "))
        .map(|usage| usage.lines().next().unwrap_or_default().trim().to_owned());
    let hint = suggestion.unwrap_or_else(|| match usage {
        Some(usage) => format!("usage: {usage}; `--help` says more"),
        None => "`--help` after the command shows what it takes".into(),
    });
    CliError::usage(message).hint(hint)
}

/// Of several suggestions, the last: they are in the order of likeness.
fn nearest(known: &ContextValue) -> Option<&str> {
    match known {
        ContextValue::String(known) => Some(known),
        ContextValue::Strings(known) => known.last().map(String::as_str),
        _ => None,
    }
}

/// Blanks what follows `pin-value=`: a refused PIN must not reach a log.
fn redact(text: &str) -> String {
    const SECRET: &str = "pin-value=";
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find(SECRET) {
        let (before, after) = rest.split_at(at + SECRET.len());
        clean.push_str(before);
        clean.push_str("REDACTED");
        let end = after.find(|c: char| "&;'\"`".contains(c) || c.is_whitespace());
        rest = end.map_or("", |end| &after[end..]);
    }
    clean + rest
}

fn stdout(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn stderr(line: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr()
        .lock()
        .write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_blanked_in_any_spelling() {
        let text = redact("bad 'pkcs11:object=a?PIN-value=1234&x=1' and pin-value=99");
        assert_eq!(
            text,
            "bad 'pkcs11:object=a?PIN-value=REDACTED&x=1' and pin-value=REDACTED"
        );
    }
}
