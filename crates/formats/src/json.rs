//! JSON as Go's `encoding/json` writes it, and as no reader can read it in two ways.

use std::collections::HashSet;
use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::error::FormatError;

/// The most members of one object: what bounds the memory that finding a repeated one takes.
const MAX_MEMBERS: usize = 256 * 1024;

/// The most levels of nested arrays and objects: `serde_json` reads no more.
pub(crate) const MAX_LEVELS: usize = 127;

/// Checks that bytes are one JSON text of at most `limit` bytes and `levels` levels in which no
/// object has a member twice. Of repeated members Go takes the last and others the first, so that
/// two readers would see two documents under one signature.
///
/// # Errors
/// They are not; `what` names the format.
pub(crate) fn check(
    what: &'static str,
    limit: usize,
    levels: usize,
    json: &[u8],
) -> Result<(), FormatError> {
    if json.len() > limit {
        return Err(FormatError::TooLarge { what, limit });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Unambiguous { levels }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| FormatError::Json {
            what,
            source: error.into(),
        })
}

/// Any JSON value without repeated members; nothing of it is kept.
#[derive(Clone, Copy)]
struct Unambiguous {
    /// How many levels may follow.
    levels: usize,
}

impl Unambiguous {
    /// What stands inside a value.
    fn inside<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1);
        levels
            .map(|levels| Self { levels })
            .ok_or_else(|| E::custom("too many levels of arrays and objects"))
    }
}

impl<'de> DeserializeSeed<'de> for Unambiguous {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JSON with objects of at most {MAX_MEMBERS} members")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while seq.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut names: HashSet<String> = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.len() == MAX_MEMBERS {
                return Err(A::Error::invalid_length(MAX_MEMBERS + 1, &self));
            }
            if let Some(repeated) = names.replace(name) {
                return Err(A::Error::custom(format_args!(
                    "duplicate member `{repeated}`"
                )));
            }
            map.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// Appends a value as Go's `json.Marshal` writes it: compact, names sorted by bytes.
pub(crate) fn push_value(json: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_string(json, text),
        Value::Array(elements) => {
            json.push('[');
            for (index, element) in elements.iter().enumerate() {
                push_comma(json, index);
                push_value(json, element);
            }
            json.push(']');
        }
        Value::Object(members) => push_object(json, members.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) => json.push_str(&value.to_string()),
    }
}

/// Appends an object; its members are sorted here, as a library's map may keep another order.
pub(crate) fn push_object<'v>(
    json: &mut String,
    members: impl Iterator<Item = (&'v String, &'v Value)>,
) {
    let mut members: Vec<(&String, &Value)> = members.collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    json.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        push_comma(json, index);
        push_string(json, name);
        json.push(':');
        push_value(json, value);
    }
    json.push('}');
}

/// Appends the comma before every element but the first.
pub(crate) fn push_comma(json: &mut String, index: usize) {
    if index > 0 {
        json.push(',');
    }
}

/// Appends a string with Go's escapes: besides JSON's own, those of `<`, `>`, `&` and the two
/// line separators of Unicode.
pub(crate) fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // A String takes every write.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        let mut json = String::new();
        push_string(
            &mut json,
            "<a&b>\u{2028}\u{2029}\"\\/\u{8}\u{c}\n\r\t\u{1}\u{7f}é🦀",
        );
        let go = r#""\u003ca\u0026b\u003e\u2028\u2029\"\\/\b\f\n\r\t\u0001"#;
        assert_eq!(json, format!("{go}\u{7f}é🦀\""));
        assert!(serde_json::from_str::<String>(&json).is_ok());
    }

    #[test]
    fn names_are_sorted_at_every_level() {
        let value: Value =
            serde_json::from_str(r#"{"b":[{"z":1,"a":null}],"B":true,"a":1.5}"#).unwrap();
        let mut json = String::new();
        push_value(&mut json, &value);
        assert_eq!(json, r#"{"B":true,"a":1.5,"b":[{"a":null,"z":1}]}"#);
    }

    #[test]
    fn a_member_given_twice_is_found_at_any_depth() {
        let ok = |json: &str| check("test", 1000, 3, json.as_bytes()).is_ok();
        assert!(ok(r#"[{"a":1,"b":{"a":2}},{"a":3}]"#));
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"[0,{"x":{"a":1,"b":2,"\u0061":3}}]"#,
            r#"{"a":1} "#.repeat(2).as_str(),
            r#"{"a":1e999}"#,
            "",
            "{",
            &"[".repeat(200),
        ] {
            assert!(!ok(bad), "{bad}");
        }
        assert!(check("test", 3, 3, b"1234").is_err());
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(ok(&nested(3)) && !ok(&nested(4)));
        for (levels, good) in [(MAX_LEVELS, true), (MAX_LEVELS + 1, false)] {
            let json = nested(levels);
            assert_eq!(check("test", 1000, 1000, json.as_bytes()).is_ok(), good);
        }
    }
}
