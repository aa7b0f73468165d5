//! in-toto statements: an accepted one has one meaning, keeps to the limits and is written again.

use serde_json::Value;
use touchmark_formats::FormatError;
use touchmark_formats::statement::{self, MAX_DIGESTS, MAX_SUBJECTS, Statement};

use crate::json;

/// Reads a statement, and checks what it promises.
pub fn check(data: &[u8]) -> bool {
    let Ok(statement) = statement::read(data) else {
        return false;
    };
    json::check_accepted(data, meaning);
    json::check_closed(data, meaning);
    assert!((1..=MAX_SUBJECTS).contains(&statement.subjects.len()));
    for subject in &statement.subjects {
        assert!(subject.digests.len() <= MAX_DIGESTS);
        assert!(subject.digests.values().all(|digits| hex(digits)));
    }
    let written = statement::write(&statement).unwrap_or_default();
    assert_eq!(statement::read(&written).ok(), Some(statement));
    true
}

/// A statement with its predicate as a value: as text, white space would tell two apart.
fn meaning(data: &[u8]) -> Result<(Statement, Option<Value>), FormatError> {
    let mut statement = statement::read(data)?;
    let predicate = statement.predicate.take();
    let value = predicate.map(|predicate| {
        let value: Value = serde_json::from_str(predicate.as_json()).unwrap_or_default();
        assert!(value.is_object() || value.is_string());
        value
    });
    Ok((statement, value))
}

fn hex(digits: &str) -> bool {
    let pairs = digits.len() / 2;
    pairs * 2 == digits.len() && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}
