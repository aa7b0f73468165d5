//! Predicates: what an attestation says, checked before anybody signs it.
//!
//! The types are those that cosign's `--type` names. cosign checks little more than that the file
//! is JSON, so that a wrong file is signed and fails at whoever reads it; here each type's required
//! members are checked, and the error names the place. Members beyond those stay as they are.

mod check;
mod error;
mod fields;
mod kind;
mod link;
mod sbom;
mod slsa;
mod vuln;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use error::PredicateError;
pub use kind::PredicateType;

use crate::json;

/// The largest predicate that is signed, in bytes: the rest of a statement is for its subjects.
pub const MAX_LEN: usize = crate::statement::MAX_LEN - 256 * 1024;

/// One level of a statement is around the predicate.
const MAX_LEVELS: usize = json::MAX_LEVELS - 1;

/// A predicate: JSON text of an object, or of a string where it is SPDX in its tag-value form.
/// No object in it has a member twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate(Box<str>);

impl Predicate {
    /// `{}`.
    #[must_use]
    pub fn empty() -> Self {
        Self("{}".into())
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether it is a string. In a bundle, neither cosign nor sigstore-go can read such a
    /// predicate, and the bundle then hides the same attestation in the `.att` tag from them.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.0.starts_with('"')
    }

    /// JSON that was checked for repeated members; `None` where it is no object and no string.
    pub(crate) fn from_checked(json: &str) -> Option<Self> {
        let json = json.trim_ascii();
        json.starts_with(['{', '"']).then(|| Self(json.into()))
    }
}

/// Makes a predicate of a file, as `cosign attest` does.
///
/// JSON stays as it is, but for white space around it; cosign would write it again and drop the
/// members that it does not know. For [`PredicateType::Custom`] any text becomes `{"Data": text,
/// "Timestamp": now}`, with whole seconds in UTC.
///
/// For [`PredicateType::SpdxText`], text of SPDX's tag-value form becomes a string. A JSON
/// document under that name is taken as SPDX JSON, which has the same predicate type: as a
/// string, as cosign would sign it, bundle verifiers cannot read it.
///
/// # Errors
/// The file is not what its type says: [`PredicateError`] names the place.
pub fn prepare(
    kind: &PredicateType,
    file: &[u8],
    now: OffsetDateTime,
) -> Result<Predicate, PredicateError> {
    if file.len() > MAX_LEN {
        return Err(PredicateError::TooLarge { limit: MAX_LEN });
    }
    match kind {
        PredicateType::Custom => custom(text(kind, file)?, now),
        PredicateType::SpdxText if !file.trim_ascii_start().starts_with(b"{") => spdx_text(file),
        PredicateType::SpdxText => object(&PredicateType::SpdxJson, file),
        _ => object(kind, file),
    }
}

fn spdx_text(file: &[u8]) -> Result<Predicate, PredicateError> {
    let text = text(&PredicateType::SpdxText, file)?;
    if !sbom::is_tag_value(text) {
        return Err(PredicateError::NotTagValue);
    }
    let mut string = String::new();
    json::push_string(&mut string, text);
    Ok(Predicate(string.into()))
}

fn object(kind: &PredicateType, file: &[u8]) -> Result<Predicate, PredicateError> {
    json::check(kind.name(), MAX_LEN, MAX_LEVELS, file).map_err(PredicateError::Json)?;
    let json = text(kind, file)?.trim_ascii();
    if !json.starts_with('{') {
        return Err(PredicateError::NotAnObject { kind: kind.name() });
    }
    check::check(kind, json)?;
    Ok(Predicate(json.into()))
}

fn text<'f>(kind: &PredicateType, file: &'f [u8]) -> Result<&'f str, PredicateError> {
    std::str::from_utf8(file).map_err(|source| PredicateError::NotText {
        kind: kind.name(),
        source,
    })
}

fn custom(data: &str, now: OffsetDateTime) -> Result<Predicate, PredicateError> {
    let now = now
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .unwrap_or(now)
        .format(&Rfc3339)
        .map_err(PredicateError::Time)?;
    let mut json = String::from(r#"{"Data":"#);
    json::push_string(&mut json, data);
    json.push_str(r#","Timestamp":"#);
    json::push_value(&mut json, &Value::String(now));
    json.push('}');
    Ok(Predicate(json.into()))
}
