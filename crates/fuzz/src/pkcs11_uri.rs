//! PKCS#11 URIs: an accepted one, written anew from what was understood, means the same.

use touchmark_core::KeyUri;
use touchmark_core::interaction::SecretSource;
use touchmark_core::uri::percent_encode;
use touchmark_pkcs11::{ObjectType, Pkcs11Uri};

/// Reads text as a PKCS#11 URI, writes it from its parts, and reads that.
pub fn check(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let Ok(Ok(uri)) = text.parse::<KeyUri>().map(|uri| Pkcs11Uri::parse(&uri)) else {
        return false;
    };
    let written = write(&uri);
    let again = written
        .parse::<KeyUri>()
        .map(|uri| Pkcs11Uri::parse(&uri).ok());
    assert_eq!(again.ok().flatten(), Some(uri), "{written}");
    true
}

fn write(uri: &Pkcs11Uri) -> String {
    let (token, object) = (&uri.token, &uri.object);
    let slot_id = token.slot_id.map(|id| id.to_string());
    let class = object.class.map(|class| match class {
        ObjectType::Private => "private",
        ObjectType::Public => "public",
        ObjectType::Certificate => "cert",
    });
    let path = [
        ("token", bytes(token.label.as_ref())),
        ("serial", bytes(token.serial.as_ref())),
        ("manufacturer", bytes(token.manufacturer.as_ref())),
        ("model", bytes(token.model.as_ref())),
        ("slot-id", bytes(slot_id.as_ref())),
        ("slot-manufacturer", bytes(token.slot_manufacturer.as_ref())),
        ("slot-description", bytes(token.slot_description.as_ref())),
        (
            "library-manufacturer",
            bytes(token.library_manufacturer.as_ref()),
        ),
        (
            "library-description",
            bytes(token.library_description.as_ref()),
        ),
        ("library-version", bytes(token.library_version.as_ref())),
        ("object", object.label.as_deref()),
        ("id", object.id.as_deref()),
        ("type", class.map(str::as_bytes)),
    ];
    let module_path = uri.module_path.as_ref().and_then(|path| path.to_str());
    let pin_source = uri.pin_source.as_ref().and_then(|source| match source {
        // As a URI: a path that starts like one is then not taken for it.
        SecretSource::File(path) => path.to_str().map(file_uri),
        SecretSource::Descriptor(_) => None,
    });
    let query = [
        ("module-path", module_path.map(str::as_bytes)),
        ("pin-source", bytes(pin_source.as_ref())),
    ];
    format!("pkcs11:{}?{}", join(&path, ";"), join(&query, "&"))
}

fn file_uri(path: &str) -> String {
    let authority = if path.starts_with('/') { "//" } else { "" };
    format!("file:{authority}{path}")
}

fn bytes(text: Option<&String>) -> Option<&[u8]> {
    text.map(String::as_bytes)
}

fn join(attributes: &[(&str, Option<&[u8]>)], separator: &str) -> String {
    let given = attributes.iter().filter_map(|(name, value)| {
        let value = percent_encode((*value)?);
        Some(format!("{name}={value}"))
    });
    given.collect::<Vec<_>>().join(separator)
}
