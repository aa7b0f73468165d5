//! The JSON mapping of protocol buffers, as strictly as sigstore-go's parser reads it.
//!
//! What Go's `protojson` (v1.36) accepts is accepted, and what it refuses is refused: unknown
//! members, a member given twice under either of its spellings (`lowerCamelCase` or the
//! original `snake_case`), `null` inside a list; `null` elsewhere means absent, 64-bit integers
//! are numbers or strings, and bytes are base64 of either alphabet, padded or not.
//!
//! Stricter than Go, because no writer makes such and each would be a second spelling of one
//! value: line breaks and non-zero trailing bits in base64, and integers written with a fraction
//! or an exponent.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::error::FormatError;

/// Reads one message and nothing after it.
///
/// # Errors
/// More than `limit` bytes, or not such a message; `what` names the format.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    what: &'static str,
    limit: usize,
    json: &'a [u8],
) -> Result<T, FormatError> {
    if json.len() > limit {
        return Err(FormatError::TooLarge { what, limit });
    }
    serde_json::from_slice::<Message<T>>(json)
        .map(|message| message.0)
        .map_err(|error| FormatError::Json {
            what,
            source: error.into(),
        })
}

/// A message: a JSON object, never the array that serde would also take for a struct.
pub(crate) struct Message<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Message<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor(PhantomData))
    }
}

struct MessageVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MessageVisitor<T> {
    type Value = Message<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Message)
    }
}

/// A repeated field of at most `MAX` elements; the rest is not even read.
pub(crate) struct List<T, const MAX: usize>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of at most {MAX} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element()? {
            if list.len() == MAX {
                return Err(A::Error::invalid_length(MAX + 1, &self));
            }
            list.push(element);
        }
        Ok(List(list))
    }
}

/// A `bytes` field.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(BytesVisitor)
    }
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a base64 string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
        base64(text)
            .map(Bytes)
            .map_err(|error| E::custom(format_args!("not base64: {error}")))
    }
}

/// As Go does it: any `-` or `_` selects the URL alphabet; padding is required exactly where the
/// length is a multiple of four.
fn base64(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let alphabet = if text.contains(['-', '_']) {
        &alphabet::URL_SAFE
    } else {
        &alphabet::STANDARD
    };
    let padding = if text.len().is_multiple_of(4) {
        DecodePaddingMode::RequireCanonical
    } else {
        DecodePaddingMode::RequireNone
    };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding);
    GeneralPurpose::new(alphabet, config).decode(text)
}

/// An `int64` field that counts something: zero to `i64::MAX`.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a 64-bit integer that is not negative")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Count, E> {
        match i64::try_from(value) {
            Ok(_) => Ok(Count(value)),
            Err(_) => Err(E::invalid_value(
                serde::de::Unexpected::Unsigned(value),
                &self,
            )),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
        let canonical = text == "0" || !text.starts_with(['0', '+', '-']);
        match text.parse() {
            Ok(value) if canonical => self.visit_u64(value),
            _ => Err(E::custom("not a 64-bit integer that is not negative")),
        }
    }
}
