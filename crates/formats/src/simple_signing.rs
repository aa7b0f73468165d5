//! The payload of a legacy image signature: what cosign stores as a layer of the `.sig` tag.
//!
//! The format is the "simple signing" JSON of `containers-signature.5` with cosign's own type.
//! The stored bytes are what is signed: nothing is canonicalised when verifying.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use touchmark_core::{Digest, HashAlgorithm};

use crate::error::FormatError;
use crate::json;
use crate::protojson::Message;

/// The media type of the payload's layer.
pub const MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// `critical.type`.
pub const TYPE: &str = "cosign container image signature";

/// The largest payload that is read, in bytes: real ones have a few hundred.
pub const MAX_LEN: usize = 1024 * 1024;

const WHAT: &str = "image signature payload";

/// What an image signature says.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// What the image is called (`critical.identity.docker-reference`), such as
    /// `registry.example/app:1.0`. cosign writes the repository alone, which the default policy
    /// of containers/image refuses.
    pub docker_reference: String,
    /// The image manifest's digest.
    pub digest: Digest,
    /// The annotations: strings from cosign, anything from others.
    pub optional: BTreeMap<String, Value>,
}

/// Writes a payload: the bytes that Go's `json.Marshal` makes of it, and so cosign's. No
/// annotations are `null`.
#[must_use]
pub fn write(payload: &Payload) -> Vec<u8> {
    let mut json = String::from(r#"{"critical":{"identity":{"docker-reference":"#);
    json::push_string(&mut json, &payload.docker_reference);
    json.push_str(r#"},"image":{"docker-manifest-digest":"#);
    json::push_string(&mut json, &payload.digest.to_string());
    json.push_str(r#"},"type":"#);
    json::push_string(&mut json, TYPE);
    json.push_str(r#"},"optional":"#);
    if payload.optional.is_empty() {
        json.push_str("null");
    } else {
        json::push_object(&mut json, payload.optional.iter());
    }
    json.push('}');
    json.into_bytes()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    critical: Message<WireCritical>,
    optional: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCritical {
    identity: Message<WireIdentity>,
    image: Message<WireImage>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireIdentity {
    #[serde(rename = "docker-reference")]
    docker_reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireImage {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: String,
}

/// Reads a payload.
///
/// The members are exactly those of the format, as containers/image has it; cosign ignores
/// others, and takes any `type`. The digest is SHA-256 in lower case, the only one that either
/// accepts.
///
/// # Errors
/// It is not exactly one payload: see [`FormatError`].
pub fn read(bytes: &[u8]) -> Result<Payload, FormatError> {
    json::check(WHAT, MAX_LEN, json::MAX_LEVELS, bytes)?;
    let wire: Wire = crate::protojson::read(WHAT, MAX_LEN, bytes)?;
    let critical = wire.critical.0;
    if critical.kind != TYPE {
        return Err(FormatError::Invalid {
            field: "critical.type".into(),
            why: "it is not \"cosign container image signature\"",
        });
    }
    Ok(Payload {
        docker_reference: critical.identity.0.docker_reference,
        digest: digest(&critical.image.0.docker_manifest_digest)?,
        optional: wire.optional.unwrap_or_default(),
    })
}

fn digest(text: &str) -> Result<Digest, FormatError> {
    Digest::parse(text)
        .filter(|digest| digest.algorithm() == HashAlgorithm::Sha256 && digest.to_string() == text)
        .ok_or(FormatError::Invalid {
            field: "critical.image.docker-manifest-digest".into(),
            why: "it is not sha256: and 64 lower-case hexadecimal digits",
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn payload(optional: &[(&str, Value)]) -> Payload {
        Payload {
            docker_reference: "registry.example/a&b".into(),
            digest: Digest::parse(DIGEST).unwrap(),
            optional: optional
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        }
    }

    #[test]
    fn the_bytes_are_those_of_go() {
        let bare = String::from_utf8(write(&payload(&[]))).unwrap();
        assert_eq!(
            bare,
            format!(
                concat!(
                    r#"{{"critical":{{"identity":{{"docker-reference":"registry.example/a\u0026b"}},"#,
                    r#""image":{{"docker-manifest-digest":"{}"}},"#,
                    r#""type":"cosign container image signature"}},"optional":null}}"#
                ),
                DIGEST
            )
        );
        let annotated = payload(&[("b", "<2>".into()), ("a", "1".into())]);
        let annotated = String::from_utf8(write(&annotated)).unwrap();
        assert!(
            annotated.ends_with(r#","optional":{"a":"1","b":"\u003c2\u003e"}}"#),
            "{annotated}"
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let annotations: [(&str, Value); 3] = [
            ("creator", "containers/image".into()),
            ("timestamp", 1_700_000_000.into()),
            ("nested", serde_json::json!({"a": [1, null, "<"]})),
        ];
        for optional in [&annotations[..0], &annotations] {
            let payload = payload(optional);
            assert_eq!(read(&write(&payload)).unwrap(), payload);
        }
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        let good = String::from_utf8(write(&payload(&[("a", "1".into())]))).unwrap();
        let swap = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            good.replacen(from, to, 1)
        };
        for bad in [
            String::new(),
            "null".into(),
            "[]".into(),
            swap("\"type\":\"cosign", "\"type\":\"atomic"),
            swap("sha256:ba", "sha256:BA"),
            swap("sha256:ba", "sha256:b"),
            swap("sha256:", "sha512:"),
            swap("\"optional\"", "\"unknown\""),
            swap("{\"a\":\"1\"}", "{\"a\":\"1\",\"a\":\"2\"}"),
            swap("{\"critical\":", "{\"critical\":{},\"critical\":"),
            swap("\"identity\":{", "\"identity\":{\"more\":1,"),
            good.clone() + "{}",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(matches!(
            read(&vec![b' '; MAX_LEN + 1]),
            Err(FormatError::TooLarge { .. })
        ));
    }
}
