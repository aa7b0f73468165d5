//! What the members of predicates are made of.

use std::collections::BTreeMap;
use std::fmt;

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

/// Any object; nothing of it is kept.
pub(super) struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Object)
    }
}

/// Digests by their algorithms' names. Not all are hexadecimal.
pub(super) type Digests = BTreeMap<String, Text>;

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
            || wire.digest.is_some_and(|digest| !digest.is_empty())
            || wire.content.is_some();
        if identified {
            Ok(Self)
        } else {
            Err("it needs one of uri, digest and content")
        }
    }
}
