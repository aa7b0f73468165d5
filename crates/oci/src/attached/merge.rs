//! Adds layers to the manifest under an attachment's tag, without touching those of others.
//!
//! cosign stores such a manifest as an image: its configuration has one `diff_id` and one history
//! entry for each layer, in the same order, and cosign's own appending relies on it.

use serde_json::{Map, Value, json};

use super::Places;
use super::append::NewLayer;
use crate::error::OciError;
use crate::manifest::{Descriptor, Image, media_type};

/// No time at all, as Go writes it: a signature's time is not for its writer to claim.
const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// An image manifest and its configuration as JSON, which it does not name yet.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) image: Image,
    pub(super) config: Vec<u8>,
}

/// What is there: the manifest, and its configuration where it is an image's.
pub(super) type Existing = (Image, Option<Value>);

/// Adds layers, after those that `keep` chooses of the ones that are there.
pub(super) fn merge(
    places: &Places,
    existing: Option<Existing>,
    keep: &[bool],
    added: &[NewLayer],
) -> Result<Merged, OciError> {
    let (mut image, config) = existing.unwrap_or_else(|| (empty(places), None));
    let mut config = match config {
        Some(Value::Object(config)) => config,
        _ => empty_config(),
    };
    let old = image.layers.clone();
    let mut diff_ids = entries(&config, "/rootfs/diff_ids", &old, |layer| {
        json!(layer.digest.to_string())
    });
    let mut history = entries(&config, "/history", &old, |_| json!({"created": ZERO_TIME}));
    retain(&mut image.layers, keep);
    retain(&mut diff_ids, keep);
    retain(&mut history, keep);
    for layer in added {
        let descriptor = layer.descriptor();
        diff_ids.push(json!(descriptor.digest.to_string()));
        history.push(json!({"created": ZERO_TIME}));
        image.layers.push(descriptor);
    }
    let rootfs = config.entry("rootfs").or_insert_with(|| json!({}));
    if !rootfs.is_object() {
        *rootfs = json!({});
    }
    rootfs["type"] = json!("layers");
    rootfs["diff_ids"] = Value::Array(diff_ids);
    config.insert("history".into(), Value::Array(history));
    let config = crate::manifest::to_json("the configuration", &config)?;
    Ok(Merged { image, config })
}

/// One entry for each layer. Some writers leave them out; then they are made up.
fn entries(
    config: &Map<String, Value>,
    pointer: &str,
    layers: &[Descriptor],
    make: impl Fn(&Descriptor) -> Value,
) -> Vec<Value> {
    let (first, rest) = pointer[1..].split_once('/').unwrap_or((&pointer[1..], ""));
    let found = config.get(first);
    let found = match rest {
        "" => found,
        rest => found.and_then(|inner| inner.get(rest)),
    };
    match found.and_then(Value::as_array) {
        Some(entries) if entries.len() == layers.len() => entries.clone(),
        _ => layers.iter().map(make).collect(),
    }
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut places = keep.iter();
    list.retain(|_| places.next().copied().unwrap_or(true));
}

fn empty(places: &Places) -> Image {
    Image {
        schema_version: 2,
        media_type: Some(places.manifest_type().into()),
        artifact_type: None,
        config: Descriptor::of(places.config_type(), b""),
        layers: Vec::new(),
        subject: None,
        annotations: std::collections::BTreeMap::new(),
        other: Map::new(),
    }
}

fn empty_config() -> Map<String, Value> {
    let mut config = Map::new();
    config.insert("architecture".into(), json!(""));
    config.insert("os".into(), json!(""));
    config.insert("created".into(), json!(ZERO_TIME));
    config.insert("config".into(), json!({}));
    config
}

/// Whether a manifest's configuration is an image's, which can be added to.
pub(super) fn has_image_config(image: &Image) -> bool {
    let kind = image.config.media_type.as_str();
    kind == media_type::OCI_CONFIG || kind == media_type::DOCKER_CONFIG
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use std::collections::BTreeMap;

    fn layer(text: &'static str) -> NewLayer {
        NewLayer {
            media_type: "a/b".into(),
            payload: Bytes::from_static(text.as_bytes()),
            annotations: BTreeMap::from([("k".into(), text.into())]),
            repeats: None,
        }
    }

    fn config(merged: &Merged) -> Value {
        serde_json::from_slice(&merged.config).unwrap()
    }

    fn lengths(merged: &Merged) -> [usize; 3] {
        let config = config(merged);
        [
            merged.image.layers.len(),
            config["rootfs"]["diff_ids"].as_array().unwrap().len(),
            config["history"].as_array().unwrap().len(),
        ]
    }

    #[test]
    fn the_first_is_as_cosign_writes_it() {
        let merged = merge(&Places::default(), None, &[], &[layer("one")]).unwrap();
        let digest = layer("one").descriptor().digest.to_string();
        let expected = json!({
            "architecture": "", "os": "", "created": ZERO_TIME, "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest]},
            "history": [{"created": ZERO_TIME}],
        });
        assert_eq!(config(&merged), expected);
        assert_eq!(merged.image.layers, [layer("one").descriptor()]);
    }

    #[test]
    fn those_of_others_stay_as_they_are() {
        let first = merge(&Places::default(), None, &[], &[layer("one")]).unwrap();
        let mut theirs = config(&first);
        theirs["history"][0] = json!({"created": "2024-01-01T00:00:00Z", "author": "them"});
        theirs["x"] = json!(1);
        let mut image = first.image.clone();
        image.annotations.insert("a".into(), "b".into());
        let existing = Some((image.clone(), Some(theirs.clone())));
        let second = merge(&Places::default(), existing, &[], &[layer("two")]).unwrap();
        assert_eq!(second.image.layers[0], image.layers[0]);
        assert_eq!(second.image.annotations, image.annotations);
        assert_eq!(config(&second)["history"][0], theirs["history"][0]);
        assert_eq!(config(&second)["x"], 1);
        assert_eq!(lengths(&second), [2, 2, 2]);
    }

    #[test]
    fn what_is_missing_is_made_up() {
        let first = merge(&Places::default(), None, &[], &[layer("one")]).unwrap();
        for broken in [json!({}), json!({"rootfs": 1, "history": null}), json!([])] {
            let existing = Some((first.image.clone(), Some(broken)));
            let second = merge(&Places::default(), existing, &[], &[layer("two")]).unwrap();
            assert_eq!(lengths(&second), [2, 2, 2]);
        }
    }

    #[test]
    fn what_is_replaced_goes_with_its_entries() {
        let both = [layer("one"), layer("two")];
        let first = merge(&Places::default(), None, &[], &both).unwrap();
        let existing = Some((first.image.clone(), Some(config(&first))));
        let keep = [false, true];
        let second = merge(&Places::default(), existing, &keep, &[layer("three")]).unwrap();
        let left: Vec<_> = second.image.layers.iter().map(|one| &one.digest).collect();
        let expected = [layer("two").descriptor(), layer("three").descriptor()];
        assert_eq!(left, expected.each_ref().map(|one| &one.digest));
        assert_eq!(lengths(&second), [2, 2, 2]);
    }
}
