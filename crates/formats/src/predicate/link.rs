//! A link of in-toto 0.9: one step of a supply chain (in-toto specification, §4.4).

use serde::Deserialize;

use super::fields::{Digests, Object, Text};

/// A link. cosign asks for every member to be there, and a null is one.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(rename = "_type")]
    _kind: Kind,
    #[serde(rename = "name")]
    _name: Text,
    #[serde(rename = "materials", deserialize_with = "present")]
    _materials: Option<Artifacts>,
    #[serde(rename = "products", deserialize_with = "present")]
    _products: Option<Artifacts>,
    #[serde(rename = "byproducts", deserialize_with = "present")]
    _byproducts: Option<Object>,
    #[serde(rename = "command", deserialize_with = "present")]
    _command: Option<Vec<String>>,
    #[serde(rename = "environment", deserialize_with = "present")]
    _environment: Option<Object>,
}

type Artifacts = Object<Digests>;

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "link")]
    Link,
}

/// A member that must be there, be it null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}
