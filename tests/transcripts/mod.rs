//! Records what touchmark says, word for word, and compares it with `tests/transcripts/NAME.txt`.
//!
//! Each command runs twice, as text and with `--output json`, and the two must tell the same. What
//! differs from run to run is masked. After a change that was meant, write the files anew with
//! `TOUCHMARK_WRITE_TRANSCRIPTS=1` and read the difference before committing it.

mod files;
mod images;
mod tokens;
mod usage;

use std::fmt::Display;
use std::path::PathBuf;

use serde_json::Value;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::program::{Output, Program};

/// One file of commands and answers, as it grows.
pub(crate) struct Transcript<'a> {
    name: &'static str,
    touchmark: &'a Touchmark,
    masks: Vec<(String, &'static str)>,
    digests: bool,
    text: String,
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(name: &'static str, touchmark: &'a Touchmark) -> Self {
        let dir = touchmark.dir().display().to_string();
        Self {
            name,
            touchmark,
            masks: vec![(dir, "[DIR]")],
            digests: false,
            text: String::new(),
        }
    }

    /// Hides a value that differs from run to run or machine to machine.
    pub(crate) fn mask(mut self, value: &dyn Display, name: &'static str) -> Self {
        self.masks.push((value.to_string(), name));
        self
    }

    /// Hides every SHA-256 digest: signatures differ from run to run, and so does what holds them.
    pub(crate) fn mask_digests(mut self) -> Self {
        self.digests = true;
        self
    }

    /// Runs a command and records its exit code and what it wrote to standard error.
    pub(crate) fn run(&mut self, arguments: &[&str]) {
        self.run_with("", arguments, |program| program);
    }

    /// The same with a change to the run, told in words.
    pub(crate) fn run_with(
        &mut self,
        how: &str,
        arguments: &[&str],
        change: impl Fn(Program) -> Program,
    ) {
        let run = |more: &[&str]| {
            let program = self.touchmark.command(more.iter().chain(arguments));
            change(program).run()
        };
        let (text, json) = (run(&[]), run(&["--output", "json"]));
        same_in_both(&text, &json);
        let words = arguments.iter().map(|word| shown(word));
        let words: Vec<String> = std::iter::once("touchmark".to_owned())
            .chain(words)
            .collect();
        let how = if how.is_empty() {
            String::new()
        } else {
            format!("    # {how}")
        };
        let record = format!(
            "$ {}{how}\n{}code {}\n\n",
            words.join(" "),
            text.stderr_text(),
            text.code
                .map_or_else(|| "none".into(), |code| code.to_string()),
        );
        self.text.push_str(&self.masked(&record));
    }

    fn masked(&self, text: &str) -> String {
        let known = self
            .masks
            .iter()
            .fold(text.to_owned(), |text, (value, name)| {
                text.replace(value, name)
            });
        let known = if self.digests {
            without_digests(&known)
        } else {
            known
        };
        let mut parts = known.split("SHA256:");
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part
                .find(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c))
                .unwrap_or(part.len());
            let is_id = end == 44;
            masked.push_str(if is_id { "SHA256:[ID]" } else { "SHA256:" });
            masked.push_str(if is_id { &part[end..] } else { part });
        }
        masked
    }

    /// Compares the whole with the file.
    pub(crate) fn check(self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/transcripts")
            .join(format!("{}.txt", self.name));
        if std::env::var_os("TOUCHMARK_WRITE_TRANSCRIPTS").is_some() {
            std::fs::write(&path, &self.text).expect("the transcript can be written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        for (expected, found) in expected.split("\n\n").zip(self.text.split("\n\n")) {
            assert_eq!(found, expected, "tests/transcripts/{}.txt", self.name);
        }
        assert_eq!(self.text.len(), expected.len(), "{}", self.name);
    }
}

fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_hexdigit());
        let digits = digits.unwrap_or(part.len());
        masked.push_str("sha256:");
        masked.push_str(if digits == 64 {
            "[DIGEST]"
        } else {
            &part[..digits]
        });
        masked.push_str(&part[digits..]);
    }
    masked
}

/// An argument as a person would type it in a shell.
fn shown(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,%[]".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.escape_debug())
    }
}

/// The exit codes, and the errors on standard error and in the JSON, must be the same.
fn same_in_both(text: &Output, json: &Output) {
    assert_eq!(text.code, json.code, "{text}\n{json}");
    assert_eq!(told(text), told(json), "{text}\n{json}");
    assert!(text.code != Some(0), "an error was expected of {text}");
    let value = json.json();
    let errors: Vec<&Value> = match &value {
        Value::Array(elements) => elements.iter().map(|element| &element["error"]).collect(),
        value => vec![&value["error"]],
    };
    let mut lines = Vec::new();
    let mut codes = Vec::new();
    for error in errors.into_iter().filter(|error| error.is_object()) {
        let text = |field: &str| error[field].as_str().expect(field).to_owned();
        codes.push(code_of(&text("kind"), json.code));
        lines.push(format!("touchmark: error: {}", text("message")));
        for cause in error["causes"].as_array().expect("causes") {
            let cause = cause.as_str().expect("a cause");
            lines.push(format!("touchmark: cause: {cause}"));
        }
        lines.push(format!("touchmark: hint: {}", text("hint")));
    }
    assert_eq!(lines, told(json), "{json}");
    assert_eq!(codes.into_iter().max().flatten(), json.code, "{json}");
}

/// The lines of errors: notes are for people, and may come in one form only.
fn told(output: &Output) -> Vec<String> {
    let is_error = |line: &&str| {
        ["error", "cause", "hint"]
            .iter()
            .any(|word| line.starts_with(&format!("touchmark: {word}: ")))
    };
    let text = output.stderr_text();
    text.lines().filter(is_error).map(str::to_owned).collect()
}

/// The exit code of a kind of error, given that of the run: two kinds have finer ones, as cosign
/// has them.
fn code_of(kind: &str, code: Option<i32>) -> Option<i32> {
    match (kind, code) {
        ("failed", Some(11)) | ("rejected", Some(10)) => code,
        ("failed", _) => Some(1),
        ("usage", _) => Some(2),
        ("key", _) => Some(3),
        ("secret", _) => Some(4),
        ("unreachable", _) => Some(5),
        ("malformed", _) => Some(6),
        ("rejected", _) => Some(12),
        _ => None,
    }
}
