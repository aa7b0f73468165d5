//! Key URIs: how a key is named, in the field's own spellings.
//!
//! A [`KeyUri`] keeps the scheme and the text after it; the backend of the scheme reads the rest.
//! [`Attributes`] reads the `name=value;…?name=value&…` form of RFC 7512, which `pkcs11:` and
//! `yubikey:` share.

use std::fmt;
use std::str::FromStr;

use crate::error::{ErrorKind, Explain};

/// Where a key is: a path, `env://VAR`, or a backend's URI.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyUri {
    scheme: String,
    body: String,
}

/// Text that is no acceptable key URI.
#[derive(Debug, thiserror::Error)]
pub enum KeyUriError {
    /// Nothing at all.
    #[error("the key reference is empty")]
    Empty,
    /// A secret inside a URI would reach argv, shell histories and logs.
    #[error("a key URI must not contain pin-value")]
    PinValue,
    /// A percent sign without two hex digits, or a byte that must be escaped.
    #[error("malformed percent-encoding in {0}")]
    Percent(String),
    /// An attribute without `=`, without a name, or a name that has no business there.
    #[error("malformed attribute {0:?}")]
    Attribute(String),
    /// The same attribute twice.
    #[error("attribute {0} is given twice")]
    Duplicate(String),
    /// A control character or a byte that is not printable.
    #[error("the key reference contains a control character")]
    Control,
}

impl Explain for KeyUriError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Empty => "give a path, env://VAR, a backend's URI or a configured name",
                Self::PinValue => {
                    "use pin-source=file:PATH, --pin-file, --pin-fd or TOUCHMARK_PIN instead"
                }
                Self::Percent(_) => "write a byte as % and two hex digits, such as %20",
                Self::Attribute(_) => "write attributes as name=value, separated by `;`",
                Self::Duplicate(_) => "give each attribute once",
                Self::Control => "write such bytes as % and two hex digits",
            }
            .into(),
        )
    }
}

/// The scheme of keys in files.
pub const FILE: &str = "file";

impl KeyUri {
    /// Names a key in a file.
    #[must_use]
    pub fn from_path(path: &str) -> Self {
        Self {
            scheme: FILE.into(),
            body: path.into(),
        }
    }

    /// Puts a URI together from its scheme and the text after the colon (and after `//`, for
    /// schemes that have an authority).
    #[must_use]
    pub fn new(scheme: &str, body: &str) -> Self {
        Self {
            scheme: scheme.to_ascii_lowercase(),
            body: body.into(),
        }
    }

    /// The scheme in lower case, without the colon; [`FILE`] for a path.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What follows `scheme:` or `scheme://`, still percent-encoded; a path as it was given.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The RFC 7512 attributes of the body.
    ///
    /// # Errors
    /// The body is not of that form.
    pub fn attributes(&self) -> Result<Attributes, KeyUriError> {
        Attributes::parse(&self.body)
    }
}

impl FromStr for KeyUri {
    type Err = KeyUriError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(KeyUriError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(KeyUriError::Control);
        }
        let Some((scheme, body)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
        else {
            return Ok(Self::from_path(text));
        };
        if holds_pin_value(body) {
            return Err(KeyUriError::PinValue);
        }
        Ok(Self::new(scheme, body.strip_prefix("//").unwrap_or(body)))
    }
}

/// Whether text without a scheme before it stands for a path.
fn reads_as_path(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    !text.is_empty() && !scheme.is_some_and(is_scheme)
}

/// RFC 3986 §3.1, and at least two characters: `c:key` is a path.
fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() > 1
        && bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Looks for `pin-value` in any spelling, before anything else can repeat the text.
fn holds_pin_value(body: &str) -> bool {
    String::from_utf8_lossy(&percent_decode_lossy(body))
        .to_ascii_lowercase()
        .contains("pin-value")
}

/// The text always reads back as the same reference.
impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme.as_str() {
            FILE if reads_as_path(&self.body) => f.write_str(&self.body),
            // The opaque form of RFC 7512; everything else has an authority.
            "pkcs11" | "yubikey" if !self.body.starts_with("//") => {
                write!(f, "{}:{}", self.scheme, self.body)
            }
            _ => write!(f, "{}://{}", self.scheme, self.body),
        }
    }
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUri({self})")
    }
}

/// The attributes of an RFC 7512 URI, percent-decoded, in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    path: Vec<(String, Vec<u8>)>,
    query: Vec<(String, Vec<u8>)>,
}

impl Attributes {
    /// Reads `name=value;…?name=value&…` (RFC 7512 §2.3).
    ///
    /// # Errors
    /// An attribute is malformed or given twice.
    pub fn parse(body: &str) -> Result<Self, KeyUriError> {
        if holds_pin_value(body) {
            return Err(KeyUriError::PinValue);
        }
        let (path, query) = body.split_once('?').unwrap_or((body, ""));
        Ok(Self {
            path: pairs(path, ';')?,
            query: pairs(query, '&')?,
        })
    }

    /// A path attribute's bytes.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&[u8]> {
        find(&self.path, name)
    }

    /// A query attribute's bytes.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&[u8]> {
        find(&self.query, name)
    }

    /// The first attribute that is in neither list, for a backend that refuses what it does not
    /// know.
    #[must_use]
    pub fn unknown(&self, path: &[&str], query: &[&str]) -> Option<&str> {
        let strange =
            |known: &[&str], (name, _): &&(String, Vec<u8>)| !known.contains(&name.as_str());
        self.path
            .iter()
            .find(|pair| strange(path, pair))
            .or_else(|| self.query.iter().find(|pair| strange(query, pair)))
            .map(|(name, _)| name.as_str())
    }
}

fn find<'a>(pairs: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_slice())
}

fn pairs(text: &str, separator: char) -> Result<Vec<(String, Vec<u8>)>, KeyUriError> {
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    for item in text.split(separator).filter(|item| !item.is_empty()) {
        let malformed = || KeyUriError::Attribute(item.to_owned());
        let (name, value) = item.split_once('=').ok_or_else(malformed)?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(malformed());
        }
        if pairs.iter().any(|(known, _)| known == name) {
            return Err(KeyUriError::Duplicate(name.to_owned()));
        }
        pairs.push((name.to_owned(), percent_decode(value)?));
    }
    Ok(pairs)
}

/// Decodes `%XX`; every other byte stands for itself.
///
/// # Errors
/// A percent sign is not followed by two hex digits.
pub fn percent_decode(text: &str) -> Result<Vec<u8>, KeyUriError> {
    let malformed = || KeyUriError::Percent(text.to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = tail.get(..2).ok_or_else(malformed)?;
            let byte = hex::decode(digits).map_err(|_| malformed())?;
            bytes.extend(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Ok(bytes)
}

/// Decodes each `%XX` and leaves a percent sign that starts none, for looking at text that may be
/// malformed.
#[must_use]
pub fn percent_decode_lossy(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%');
        if let Some(byte) = escaped.and_then(|digits| hex::decode(digits).ok()) {
            bytes.extend(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    bytes
}

/// Encodes every byte but RFC 3986's unreserved ones as `%XX`, upper case.
#[must_use]
pub fn percent_encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push_str(&hex::encode_upper([*byte]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> KeyUri {
        text.parse().unwrap()
    }

    #[test]
    fn a_scheme_is_told_from_a_path() {
        assert_eq!(uri("cosign.key"), KeyUri::from_path("cosign.key"));
        assert_eq!(uri("./a:b").scheme(), FILE);
        assert_eq!(uri("c:key").scheme(), FILE);
        assert_eq!(
            (uri("env://KEY").scheme(), uri("env://KEY").body()),
            ("env", "KEY")
        );
        assert_eq!(uri("PKCS11:object=a").scheme(), "pkcs11");
        assert_eq!(uri("pkcs11:object=a").to_string(), "pkcs11:object=a");
        assert_eq!(uri("awskms:///alias/a").to_string(), "awskms:///alias/a");
    }

    #[test]
    fn what_is_displayed_reads_back_as_the_same_reference() {
        for text in [
            "file:env://A",
            "file:",
            "file:////a",
            "pkcs11:////a",
            "x-y:",
        ] {
            assert_eq!(uri(&uri(text).to_string()), uri(text), "{text}");
        }
        assert_eq!(uri("file:cosign.key").to_string(), "cosign.key");
        assert_eq!(KeyUri::from_path("env:A").to_string(), "file://env:A");
    }

    #[test]
    fn attributes_are_decoded_and_kept_apart() {
        let uri = uri("pkcs11:token=My%20HSM;id=%01%ff?module-path=/m.so&pin-source=file:/p");
        let attributes = uri.attributes().unwrap();
        assert_eq!(attributes.path("token"), Some(&b"My HSM"[..]));
        assert_eq!(attributes.path("id"), Some(&[1, 0xff][..]));
        assert_eq!(attributes.query("module-path"), Some(&b"/m.so"[..]));
        assert_eq!(attributes.path("module-path"), None);
        assert_eq!(
            attributes.unknown(&["token", "id"], &["module-path"]),
            Some("pin-source")
        );
    }

    #[test]
    fn a_pin_in_a_uri_is_refused_and_not_repeated() {
        for text in [
            "pkcs11:object=a?pin-value=1234",
            "pkcs11:a=b?%70in-value=1234",
            "pkcs11:a=%zz?%70in-value=1234",
        ] {
            let error = text.parse::<KeyUri>().unwrap_err();
            assert!(error.hint().unwrap().contains("pin-source"));
            assert!(!format!("{error} {error:?}").contains("1234"));
        }
    }

    #[test]
    fn malformed_attributes_are_refused() {
        for body in ["object", "=a", "a=%zz", "a=%4", "a=1;a=2", "a b=1"] {
            assert!(Attributes::parse(body).is_err(), "{body}");
        }
    }

    #[test]
    fn percent_encoding_reads_back() {
        let every: Vec<u8> = (0..=255).collect();
        assert_eq!(percent_decode(&percent_encode(&every)).unwrap(), every);
    }
}
