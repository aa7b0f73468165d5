//! How keys are shown, by `key list` and `key show`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use touchmark_core::{KeyListing, Protection};

use crate::outcome::lines;

/// One element of the JSON result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    uri: String,
    key_id: Option<String>,
    algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(serialize_with = "as_map")]
    protection: Vec<Protection>,
    proven: bool,
}

fn as_map<S: Serializer>(protection: &[Protection], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(protection.len()))?;
    for Protection { name, value } in protection {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

impl From<&KeyListing> for Shown {
    fn from(key: &KeyListing) -> Self {
        Self {
            uri: key.uri.to_string(),
            key_id: key.public_key.as_ref().map(|key| key.key_id().to_string()),
            algorithm: key.public_key.as_ref().map(|key| key.algorithm().name()),
            label: key.label.clone(),
            id: key.id.clone(),
            token: key.token.clone(),
            protection: key.protection.clone(),
            proven: key.proven,
        }
    }
}

impl Shown {
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// Everything about one key, one fact a line.
    pub(super) fn in_full(&self) -> String {
        let unknown = || "not shown by the token".to_owned();
        let mut facts = vec![
            ("uri", self.uri.clone()),
            ("key id", self.key_id.clone().unwrap_or_else(unknown)),
            ("algorithm", self.algorithm.clone().unwrap_or_else(unknown)),
        ];
        let optional = [
            ("label", &self.label),
            ("id", &self.id),
            ("token label", &self.token),
        ];
        for (name, value) in optional {
            facts.extend(value.clone().map(|value| (name, value)));
        }
        facts.extend(self.protection.iter().map(|attribute| {
            let value = match attribute.value {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not shown by the token",
            };
            (attribute.name, value.to_owned())
        }));
        facts.push((
            "proven",
            if self.proven {
                "yes"
            } else {
                "no: the token's own claim"
            }
            .into(),
        ));
        lines(
            facts
                .iter()
                .map(|(name, value)| format!("{name:<20}{value}")),
        )
    }

    /// The essentials on one line.
    pub(super) fn in_short(&self) -> String {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        format!(
            "{}  {:<10}  {}\n",
            or_dash(&self.key_id),
            or_dash(&self.algorithm),
            self.uri
        )
    }
}
