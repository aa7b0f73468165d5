//! What a plugin said, made fit to be repeated in an error.

use std::ffi::OsString;
use std::fmt;

use touchmark_core::{ExposeSecret, SecretString};

/// The longest quotation in characters; of longer text the end is quoted.
const LIMIT: usize = 1000;

/// The shortest secret that is looked for: less would blank out ordinary words.
const SHORTEST: usize = 4;

/// What stands in a secret's place.
const REDACTED: &str = "[redacted]";

/// Names of variables that hold secrets have one of these parts.
const SECRET_NAMES: [&str; 6] = ["PIN", "PASS", "TOKEN", "SECRET", "KEY", "CREDENTIAL"];

/// The values of the variables that by their names hold secrets: plugins read theirs from there.
pub(super) fn secrets(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<SecretString> {
    let mut found: Vec<String> = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, value)| is_secret(name) && value.len() >= SHORTEST)
        .map(|(_, value)| value)
        .collect();
    // Longest first: one secret may begin with another.
    found.sort_by_key(|value| std::cmp::Reverse(value.len()));
    found.into_iter().map(SecretString::from).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// One line without control characters and secrets, of bounded length.
pub(super) fn clean(bytes: &[u8], secrets: &[SecretString]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for secret in secrets {
        text = text.replace(secret.expose_secret(), REDACTED);
    }
    let line = text.replace(is_hidden, " ");
    let line = line.trim();
    match line.char_indices().rev().nth(LIMIT - 1) {
        Some((start, _)) if start > 0 => format!("…{}", &line[start..]),
        _ => line.to_owned(),
    }
}

/// Control characters, and those that change the direction of text or cannot be seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// What a plugin wrote to standard error, as an error's text goes on with it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Quote(String);

impl Quote {
    pub(super) fn new(stderr: &[u8], secrets: &[SecretString]) -> Self {
        Self(clean(stderr, secrets))
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "; it wrote: {}", self.0)
    }
}

impl fmt::Debug for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Vec<SecretString> {
        let pairs = [
            ("TOUCHMARK_PIN", "123456"),
            ("VAULT_TOKEN", "123456789"),
            ("my_password", "hunter2"),
            ("SHORT_PIN", "123"),
            ("HOME", "/home/user"),
        ];
        secrets(pairs.into_iter().map(|(n, v)| (n.into(), v.into())))
    }

    #[test]
    fn secrets_of_the_environment_are_not_repeated() {
        let said = b"PIN 123456, token 123456789, hunter2 in /home/user";
        assert_eq!(
            clean(said, &environment()),
            "PIN [redacted], token [redacted], [redacted] in /home/user"
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(
            clean(b"\x1b[31ma\r\nb\xff\x07\xe2\x80\xae", &[]),
            "[31ma  b\u{fffd}"
        );
    }

    #[test]
    fn long_text_is_cut_to_its_end() {
        let text = format!("{}end", "ü".repeat(5000));
        let cut = clean(text.as_bytes(), &[]);
        assert_eq!(cut.chars().count(), LIMIT + 1);
        assert!(cut.starts_with('…') && cut.ends_with("end"));
        assert_eq!(clean("a".repeat(LIMIT).as_bytes(), &[]).len(), LIMIT);
    }

    #[test]
    fn silence_adds_nothing() {
        assert_eq!(Quote::new(b" \n", &[]).to_string(), "");
        assert_eq!(
            Quote::new(b"no token\n", &[]).to_string(),
            "; it wrote: no token"
        );
    }
}
