//! `--replace`: which of the attestations that are there make way for a new one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::NewLayer;
use crate::error::OciError;
use crate::manifest::{Descriptor, Image};
use crate::reference::Repository;
use crate::registry::Operation;

/// What makes way for what is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// Nothing.
    #[default]
    Nothing,
    /// Attestations of that predicate type.
    PredicateType(String),
}

/// Where cosign says a layer's predicate type.
const ANNOTATION: &str = "predicateType";

#[derive(Deserialize)]
struct Envelope {
    payload: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    predicate_type: String,
}

impl Operation {
    /// Which layers stay. What cannot be read stays: it is nobody's to delete unseen. So do those
    /// that are to be added and are there.
    pub(super) async fn kept(
        &self,
        repository: &Repository,
        image: &Image,
        added: &[NewLayer],
        replace: &Replace,
    ) -> Result<Vec<bool>, OciError> {
        let Replace::PredicateType(predicate_type) = replace else {
            return Ok(Vec::new());
        };
        let mut keep = Vec::with_capacity(image.layers.len());
        for layer in &image.layers {
            let own = added
                .iter()
                .any(|one| one.descriptor().digest == layer.digest);
            let found = if own {
                None
            } else {
                self.predicate_type(repository, layer).await?
            };
            keep.push(!own && found.as_deref() != Some(predicate_type));
        }
        Ok(keep)
    }

    async fn predicate_type(
        &self,
        repository: &Repository,
        layer: &Descriptor,
    ) -> Result<Option<String>, OciError> {
        if let Some(said) = layer.annotations.get(ANNOTATION) {
            return Ok(Some(said.clone()));
        }
        match self.blob(repository, layer).await {
            Ok(envelope) => Ok(predicate_type(&envelope)),
            Err(OciError::NotFound(_) | OciError::Mismatch { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The predicate type of a DSSE envelope's statement.
pub(super) fn predicate_type(envelope: &[u8]) -> Option<String> {
    let envelope: Envelope = serde_json::from_slice(envelope).ok()?;
    let statement = STANDARD.decode(envelope.payload).ok()?;
    let statement: Statement = serde_json::from_slice(&statement).ok()?;
    Some(statement.predicate_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_predicate_type_is_in_the_statement() {
        let statement = STANDARD.encode(r#"{"_type":"x","predicateType":"https://a/b"}"#);
        let envelope = format!(r#"{{"payloadType":"y","payload":"{statement}"}}"#);
        let found = predicate_type(envelope.as_bytes());
        assert_eq!(found.as_deref(), Some("https://a/b"));
        for other in ["", "{}", r#"{"payload":"e30="}"#, r#"{"payload":"%"}"#] {
            assert_eq!(predicate_type(other.as_bytes()), None);
        }
    }
}
