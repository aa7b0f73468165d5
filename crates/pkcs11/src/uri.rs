//! `pkcs11:` URIs (RFC 7512), read into what they select.

use std::path::PathBuf;

use touchmark_core::interaction::SecretSource;
use touchmark_core::uri::Attributes;
use touchmark_core::{KeyUri, KeyUriError};

use crate::error::{Pkcs11Error, UriProblem};

/// The scheme of the URIs that this crate reads.
pub const SCHEME: &str = "pkcs11";

const PATH: &[&str] = &[
    "token",
    "serial",
    "manufacturer",
    "model",
    "slot-id",
    "slot-manufacturer",
    "slot-description",
    "library-manufacturer",
    "library-description",
    "library-version",
    "object",
    "id",
    "type",
];
const QUERY: &[&str] = &["module-path", "pin-source"];

/// A `pkcs11:` URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Uri {
    /// Which token.
    pub token: TokenFilter,
    /// Which objects on it.
    pub object: ObjectFilter,
    /// `module-path`: the module's shared library.
    pub module_path: Option<PathBuf>,
    /// `pin-source`: the file whose first line is the user PIN.
    pub pin_source: Option<SecretSource>,
}

/// What a token, its slot and its module must be; `None` matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// `token`: the token's label, without padding.
    pub label: Option<String>,
    /// `serial`.
    pub serial: Option<String>,
    /// `manufacturer`.
    pub manufacturer: Option<String>,
    /// `model`.
    pub model: Option<String>,
    /// `slot-id`.
    pub slot_id: Option<u64>,
    /// `slot-manufacturer`.
    pub slot_manufacturer: Option<String>,
    /// `slot-description`.
    pub slot_description: Option<String>,
    /// `library-manufacturer`.
    pub library_manufacturer: Option<String>,
    /// `library-description`.
    pub library_description: Option<String>,
    /// `library-version`, as `MAJOR.MINOR`.
    pub library_version: Option<String>,
}

/// What an object must be; `None` matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectFilter {
    /// `object`: `CKA_LABEL`, as bytes.
    pub label: Option<Vec<u8>>,
    /// `id`: `CKA_ID`, as bytes.
    pub id: Option<Vec<u8>>,
    /// `type`: `CKA_CLASS`.
    pub class: Option<ObjectType>,
}

/// The object classes that can be named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// `private`.
    Private,
    /// `public`.
    Public,
    /// `cert`.
    Certificate,
}

impl Pkcs11Uri {
    /// Reads a key URI.
    ///
    /// # Errors
    /// The scheme is another, an attribute is malformed, given twice or not known, or a value is
    /// not what the attribute takes.
    pub fn parse(uri: &KeyUri) -> Result<Self, Pkcs11Error> {
        if uri.scheme() != SCHEME {
            return Err(UriProblem::Scheme(uri.scheme().to_owned()).into());
        }
        let attributes = uri.attributes()?;
        if let Some(name) = attributes.unknown(PATH, QUERY) {
            return Err(UriProblem::Unknown(name.to_owned()).into());
        }
        Ok(Self {
            token: token_filter(&attributes)?,
            object: object_filter(&attributes)?,
            module_path: query(&attributes, "module-path")?.map(PathBuf::from),
            pin_source: query(&attributes, "pin-source")?
                .map(|value| pin_source(&value))
                .transpose()?,
        })
    }
}

impl From<KeyUriError> for Pkcs11Error {
    fn from(error: KeyUriError) -> Self {
        UriProblem::Malformed(error).into()
    }
}

fn token_filter(attributes: &Attributes) -> Result<TokenFilter, Pkcs11Error> {
    let text = |name| path(attributes, name);
    Ok(TokenFilter {
        label: text("token")?,
        serial: text("serial")?,
        manufacturer: text("manufacturer")?,
        model: text("model")?,
        slot_id: text("slot-id")?
            .map(|value| value.parse().map_err(|_| invalid("slot-id", &value)))
            .transpose()?,
        slot_manufacturer: text("slot-manufacturer")?,
        slot_description: text("slot-description")?,
        library_manufacturer: text("library-manufacturer")?,
        library_description: text("library-description")?,
        library_version: text("library-version")?,
    })
}

fn object_filter(attributes: &Attributes) -> Result<ObjectFilter, Pkcs11Error> {
    Ok(ObjectFilter {
        label: attributes.path("object").map(<[u8]>::to_vec),
        id: attributes.path("id").map(<[u8]>::to_vec),
        class: path(attributes, "type")?
            .map(|value| match value.as_str() {
                "private" => Ok(ObjectType::Private),
                "public" => Ok(ObjectType::Public),
                "cert" => Ok(ObjectType::Certificate),
                _ => Err(invalid("type", &value)),
            })
            .transpose()?,
    })
}

fn path(attributes: &Attributes, name: &'static str) -> Result<Option<String>, Pkcs11Error> {
    attributes
        .path(name)
        .map(|bytes| text(name, bytes))
        .transpose()
}

fn query(attributes: &Attributes, name: &'static str) -> Result<Option<String>, Pkcs11Error> {
    let value = attributes
        .query(name)
        .map(|bytes| text(name, bytes))
        .transpose()?;
    match value {
        Some(value) if value.is_empty() => Err(invalid(name, "")),
        value => Ok(value),
    }
}

fn text(name: &'static str, bytes: &[u8]) -> Result<String, Pkcs11Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(invalid(name, &String::from_utf8_lossy(bytes))),
    }
}

/// A path, or a `file:` URI with an empty or local host (RFC 8089). `|command` runs nothing here.
fn pin_source(value: &str) -> Result<SecretSource, Pkcs11Error> {
    let path = match value.strip_prefix("file:") {
        None => value,
        Some(rest) => match rest.strip_prefix("//") {
            None => rest,
            Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        },
    };
    let refused = path.is_empty()
        || path.starts_with('|')
        || (value.starts_with("file://") && !path.starts_with('/'));
    if refused {
        return Err(invalid("pin-source", value));
    }
    Ok(SecretSource::File(path.into()))
}

fn invalid(name: &'static str, value: &str) -> Pkcs11Error {
    UriProblem::Value {
        name,
        value: value.to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use touchmark_core::{ErrorKind, Explain};

    use super::*;

    fn parse(text: &str) -> Result<Pkcs11Uri, Pkcs11Error> {
        Pkcs11Uri::parse(&text.parse().unwrap())
    }

    #[test]
    fn every_attribute_lands_where_it_belongs() {
        let uri = parse(
            "pkcs11:token=My%20HSM;serial=1;manufacturer=m;model=o;slot-id=7;object=k;id=%01%FF;\
             type=private?module-path=/m.so&pin-source=file:/pin",
        )
        .unwrap();
        assert_eq!(uri.token.label.as_deref(), Some("My HSM"));
        assert_eq!(uri.token.slot_id, Some(7));
        assert_eq!(uri.object.label.as_deref(), Some(&b"k"[..]));
        assert_eq!(uri.object.id, Some(vec![1, 0xff]));
        assert_eq!(uri.object.class, Some(ObjectType::Private));
        assert_eq!(uri.module_path, Some("/m.so".into()));
        assert_eq!(uri.pin_source, Some(SecretSource::File("/pin".into())));
    }

    #[test]
    fn an_empty_uri_matches_anything() {
        let uri = parse("pkcs11:").unwrap();
        assert_eq!(uri.token, TokenFilter::default());
        assert_eq!(uri.object, ObjectFilter::default());
    }

    #[test]
    fn what_is_not_known_is_refused_with_a_hint() {
        for text in [
            "pkcs11:objekt=a",
            "pkcs11:x-vendor=1",
            "pkcs11:object=a?module-name=softhsm2",
            "pkcs11:module-path=/m.so",
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{text}");
            assert!(error.hint().unwrap().contains("module-path"), "{text}");
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        for text in [
            "pkcs11:slot-id=first",
            "pkcs11:slot-id=-1",
            "pkcs11:type=secret-key",
            "pkcs11:token=%ff",
            "pkcs11:token=a%00",
            "pkcs11:?module-path=",
            "pkcs11:?pin-source=file:",
            "pkcs11:?pin-source=|cat%20pin",
            "pkcs11:?pin-source=file://host/pin",
            "file:/key",
        ] {
            assert_eq!(parse(text).unwrap_err().kind(), ErrorKind::Usage, "{text}");
        }
    }

    #[test]
    fn a_pin_source_is_a_path_or_a_file_uri() {
        for text in ["/pin", "file:/pin", "file:///pin", "file://localhost/pin"] {
            let uri = parse(&format!("pkcs11:?pin-source={text}")).unwrap();
            assert_eq!(uri.pin_source, Some(SecretSource::File("/pin".into())));
        }
    }
}
