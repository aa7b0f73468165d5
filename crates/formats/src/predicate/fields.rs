//! What the members of predicates are made of.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::protojson::Message;

/// Text that is not empty.
pub(super) struct Text;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(D::Error::custom("it is empty"));
        }
        Ok(Self)
    }
}

/// A moment (RFC 3339).
pub(super) struct Moment;

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(|_| Self)
            .map_err(|_| D::Error::custom("it is no RFC 3339 time such as 2026-01-31T12:00:00Z"))
    }
}

/// An object with values of one kind; only their number is kept.
pub(super) struct Object<T = IgnoredAny> {
    members: usize,
    values: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<T>, A::Error> {
        let mut members = 0;
        // The name is read as text: an error's place has it.
        while map.next_entry::<String, T>()?.is_some() {
            members += 1;
        }
        Ok(Object {
            members,
            values: self.0,
        })
    }
}

/// Digests by their algorithms' names. Not all are hexadecimal.
pub(super) type Digests = Object<Text>;

/// What a statement's predicate refers to (`ResourceDescriptor`): something must identify it.
#[derive(Deserialize)]
#[serde(try_from = "Message<WireResource>")]
pub(super) struct Resource;

#[derive(Deserialize)]
struct WireResource {
    #[serde(rename = "name")]
    _name: Option<String>,
    uri: Option<String>,
    digest: Option<Digests>,
    content: Option<String>,
    #[serde(rename = "downloadLocation")]
    _download_location: Option<String>,
    #[serde(rename = "mediaType")]
    _media_type: Option<String>,
    #[serde(rename = "annotations")]
    _annotations: Option<Object>,
}

impl TryFrom<Message<WireResource>> for Resource {
    type Error = &'static str;

    fn try_from(Message(wire): Message<WireResource>) -> Result<Self, Self::Error> {
        let identified = wire.uri.is_some_and(|uri| !uri.is_empty())
            || wire.digest.is_some_and(|digest| digest.members > 0)
            || wire.content.is_some();
        if identified {
            Ok(Self)
        } else {
            Err("it needs one of uri, digest and content")
        }
    }
}
