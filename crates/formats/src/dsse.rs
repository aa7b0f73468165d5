//! DSSE envelopes (Dead Simple Signing Envelope 1.0): a payload, its type and a signature.
//!
//! What is signed is the pre-authentication encoding [`Pae`] of the payload's bytes as they are,
//! so those bytes are what an envelope stores, never JSON written again.

use std::io::{self, Cursor, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use touchmark_core::{Digest, HashAlgorithm, Hasher, Message};

use crate::bundle::{Envelope, read_envelope};
use crate::error::FormatError;
use crate::json;

/// The payload type of an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The media type of an envelope in a registry: a layer of the `.att` tag.
pub const MEDIA_TYPE: &str = "application/vnd.dsse.envelope.v1+json";

/// The largest envelope that is read, in bytes.
pub const MAX_LEN: usize = crate::bundle::MAX_LEN;

pub(crate) const WHAT: &str = "DSSE envelope";

/// The pre-authentication encoding of a payload: the message that is signed.
///
/// It is `DSSEv1`, the type's length and the type, the payload's length and the payload, each
/// after one space; lengths are decimal and count bytes. The payload is not copied.
#[derive(Clone, Copy, Debug)]
pub struct Pae<'a> {
    /// The type, such as [`PAYLOAD_TYPE`].
    pub payload_type: &'a str,
    /// The payload as it is stored.
    pub payload: &'a [u8],
}

impl<'a> Pae<'a> {
    /// The encoding of an in-toto statement.
    #[must_use]
    pub fn of_statement(payload: &'a [u8]) -> Self {
        Self {
            payload_type: PAYLOAD_TYPE,
            payload,
        }
    }

    fn header(&self) -> Vec<u8> {
        let (kind, length) = (self.payload_type, self.payload.len());
        format!("DSSEv1 {} {kind} {length} ", kind.len()).into_bytes()
    }
}

impl<'a> From<&'a Envelope> for Pae<'a> {
    fn from(envelope: &'a Envelope) -> Self {
        Self {
            payload_type: &envelope.payload_type,
            payload: &envelope.payload,
        }
    }
}

impl Message for Pae<'_> {
    fn digest(&self, algorithm: HashAlgorithm) -> io::Result<Digest> {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(&self.header());
        hasher.update(self.payload);
        Ok(hasher.finish())
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(Cursor::new(self.header()).chain(self.payload)))
    }

    fn len_hint(&self) -> Option<u64> {
        let length = self.header().len().checked_add(self.payload.len())?;
        u64::try_from(length).ok()
    }
}

/// Writes an envelope as cosign stores it in the `.att` tag: compact JSON.
///
/// The key id should be empty: go-securesystemslib ignores a signature with any other.
#[must_use]
pub fn write(envelope: &Envelope) -> Vec<u8> {
    let mut json = String::from(r#"{"payloadType":"#);
    json::push_string(&mut json, &envelope.payload_type);
    json.push_str(r#","payload":""#);
    STANDARD.encode_string(&envelope.payload, &mut json);
    json.push_str(r#"","signatures":[{"keyid":"#);
    json::push_string(&mut json, &envelope.key_id);
    json.push_str(r#","sig":""#);
    STANDARD.encode_string(envelope.signature.as_bytes(), &mut json);
    json.push_str(r#""}]}"#);
    json.into_bytes()
}

/// Reads an envelope.
///
/// # Errors
/// It is not exactly one, or has another number of signatures than one: every verifier that
/// touchmark knows needs exactly one or looks at one. See [`FormatError`].
pub fn read(bytes: &[u8]) -> Result<Envelope, FormatError> {
    read_envelope(WHAT, bytes)
}

#[cfg(test)]
mod tests {
    use touchmark_core::Signature;

    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            payload: b"hello world".to_vec(),
            payload_type: "http://example.com/HelloWorld".into(),
            key_id: String::new(),
            signature: Signature::from_bytes([1, 2, 3]),
        }
    }

    /// The example of the DSSE specification, protocol.md.
    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        let envelope = envelope();
        let pae = Pae::from(&envelope);
        let mut read = Vec::new();
        pae.open().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, expected);
        assert_eq!(pae.len_hint(), Some(54));
        for algorithm in HashAlgorithm::ALL {
            assert_eq!(
                pae.digest(algorithm).unwrap(),
                Digest::of(algorithm, expected)
            );
        }
    }

    #[test]
    fn lengths_count_bytes() {
        let pae = Pae {
            payload_type: "é",
            payload: "ö".as_bytes(),
        };
        let mut read = String::new();
        pae.open().unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "DSSEv1 2 é 2 ö");
    }

    #[test]
    fn what_is_written_is_read() {
        let json = write(&envelope());
        assert_eq!(
            std::str::from_utf8(&json).unwrap(),
            concat!(
                r#"{"payloadType":"http://example.com/HelloWorld","payload":"aGVsbG8gd29ybGQ=","#,
                r#""signatures":[{"keyid":"","sig":"AQID"}]}"#
            )
        );
        assert_eq!(super::read(&json).unwrap(), envelope());
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        let good = String::from_utf8(write(&envelope())).unwrap();
        let one = r#"{"keyid":"","sig":"AQID"}"#;
        for (from, to) in [
            (one, ""),
            (
                one,
                r#"{"keyid":"","sig":"AQID"},{"keyid":"","sig":"AQID"}"#,
            ),
            ("AQID", ""),
            ("aGVsbG8gd29ybGQ=", ""),
            ("aGVsbG8gd29ybGQ=", "aGVsbG8gd29ybGR="),
            ("payloadType", "payload_type"),
            (r#"{"payloadType""#, r#"{"more":1,"payloadType""#),
            (r#"{"payloadType""#, r#"{"payload":"","payloadType""#),
            ("}]}", "}]"),
            ("}]}", "}]}}"),
        ] {
            assert!(good.contains(from), "{from}");
            let bad = good.replacen(from, to, 1);
            assert!(super::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
