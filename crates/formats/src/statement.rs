//! in-toto statements: what an attestation, or an image signature of cosign 3, says about what.
//!
//! Versions 0.1 and 1 of the in-toto Attestation Framework, with the members of its protocol
//! buffer `Statement` and no others: sigstore-go reads nothing else.

mod wire;

use std::collections::BTreeMap;

use serde_json::Value;
use touchmark_core::Digest;

use crate::error::FormatError;
use crate::json;
use crate::predicate::Predicate;

/// The predicate type of cosign 3's image signatures.
pub const IMAGE_SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// The largest statement that is written or read, in bytes: base64 of it, a signature and a
/// certificate are a bundle that is read.
pub const MAX_LEN: usize = crate::bundle::MAX_LEN / 4 * 3 - 64 * 1024;
/// The most subjects: sigstore-go's limit.
pub const MAX_SUBJECTS: usize = 1024;
/// The most digests of one subject: sigstore-go's limit.
pub const MAX_DIGESTS: usize = 32;

pub(crate) const WHAT: &str = "in-toto statement";

/// An in-toto statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its version.
    pub version: Version,
    /// What it is about; at least one, at most [`MAX_SUBJECTS`].
    pub subjects: Vec<Subject>,
    /// What the predicate is: a URI.
    pub predicate_type: String,
    /// What it says. cosign up to 3.0.4 leaves it out of image signatures.
    pub predicate: Option<Predicate>,
}

/// A version of the statement's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 0.1, which `cosign attest` writes.
    V0_1,
    /// 1, which `cosign sign` writes.
    V1,
}

impl Version {
    /// The statement's `_type`.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::V0_1 => "https://in-toto.io/Statement/v0.1",
            Self::V1 => "https://in-toto.io/Statement/v1",
        }
    }
}

/// One subject (a `ResourceDescriptor`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// Its name; empty where there is none.
    pub name: String,
    /// Its URI; empty where there is none.
    pub uri: String,
    /// Digests in hexadecimal by the names of their algorithms, at most [`MAX_DIGESTS`].
    pub digests: BTreeMap<String, String>,
    /// What the signer adds.
    pub annotations: BTreeMap<String, Value>,
}

impl Subject {
    /// A subject with one digest.
    #[must_use]
    pub fn new(name: impl Into<String>, digest: &Digest) -> Self {
        let algorithm = digest.algorithm().name().to_owned();
        Self {
            name: name.into(),
            digests: BTreeMap::from([(algorithm, digest.to_hex())]),
            ..Self::default()
        }
    }

    /// Whether this is the artifact with these digests: one of them is the subject's, and none
    /// contradicts it.
    #[must_use]
    pub fn is(&self, digests: &[Digest]) -> bool {
        let mut known = digests.iter().filter_map(|digest| {
            let stated = self.digests.get(digest.algorithm().name())?;
            Some(stated.eq_ignore_ascii_case(&digest.to_hex()))
        });
        known
            .next()
            .is_some_and(|first| first && known.all(|same| same))
    }
}

/// The statement that cosign 3 signs for an image: `cosign sign` with its annotations.
#[must_use]
pub fn image_signature(digest: &Digest, annotations: &BTreeMap<String, String>) -> Statement {
    let value = |(name, text): (&String, &String)| (name.clone(), Value::from(text.as_str()));
    Statement {
        version: Version::V1,
        subjects: vec![Subject {
            annotations: annotations.iter().map(value).collect(),
            ..Subject::new("", digest)
        }],
        predicate_type: IMAGE_SIGNATURE.into(),
        predicate: Some(Predicate::empty()),
    }
}

/// Writes a statement: compact JSON, the same bytes for the same input. The predicate stands in
/// it as it was given. These bytes are what is signed and stored.
///
/// # Errors
/// It is not one that [`read`] accepts: too large, too many subjects, a digest that is not
/// hexadecimal.
pub fn write(statement: &Statement) -> Result<Vec<u8>, FormatError> {
    let mut json = String::from(r#"{"_type":"#);
    json::push_string(&mut json, statement.version.uri());
    json.push_str(r#","subject":["#);
    for (index, subject) in statement.subjects.iter().enumerate() {
        json::push_comma(&mut json, index);
        push_subject(&mut json, subject);
    }
    json.push_str(r#"],"predicateType":"#);
    json::push_string(&mut json, &statement.predicate_type);
    if let Some(predicate) = &statement.predicate {
        json.push_str(r#","predicate":"#);
        json.push_str(predicate.as_json());
    }
    json.push('}');
    let json = json.into_bytes();
    read(&json)?;
    Ok(json)
}

fn push_subject(json: &mut String, subject: &Subject) {
    json.push('{');
    for (name, text) in [("name", &subject.name), ("uri", &subject.uri)] {
        if !text.is_empty() {
            json::push_string(json, name);
            json.push(':');
            json::push_string(json, text);
            json.push(',');
        }
    }
    json.push_str(r#""digest":{"#);
    for (index, (algorithm, digits)) in subject.digests.iter().enumerate() {
        json::push_comma(json, index);
        json::push_string(json, algorithm);
        json.push(':');
        json::push_string(json, digits);
    }
    json.push('}');
    if !subject.annotations.is_empty() {
        json.push_str(r#","annotations":"#);
        json::push_object(json, subject.annotations.iter());
    }
    json.push('}');
}

/// Reads a statement.
///
/// # Errors
/// It is not exactly one: unknown or repeated members, no subject, a digest that is not
/// hexadecimal, a predicate that is neither an object nor (SPDX as text) a string. See
/// [`FormatError`].
pub fn read(bytes: &[u8]) -> Result<Statement, FormatError> {
    wire::read(bytes)
}
