//! Whom a certificate names.

use std::net::{Ipv4Addr, Ipv6Addr};

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::Utf8StringRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{GeneralName, OtherName};

use super::Identity;

/// Fulcio's issuer extension, a DER string.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
/// The same as bare text, which Fulcio writes for old readers.
const ISSUER_V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
/// Fulcio's user name, another name among the alternative ones.
const USER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// The names in a certificate. An extension that cannot be read names nobody.
pub(super) fn identity(certificate: &Certificate) -> Identity {
    let body = certificate.tbs_certificate();
    let names = match body.get_extension::<SubjectAltName>() {
        Ok(Some((_, names))) => names.0,
        Ok(None) | Err(_) => Vec::new(),
    };
    Identity {
        subjects: names.iter().filter_map(name).collect(),
        issuer: issuer(certificate),
        distinguished_name: body.subject().to_string(),
        not_after: body.validity().not_after.to_unix_duration(),
    }
}

/// The names that cosign compares, as text.
fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Rfc822Name(text)
        | GeneralName::DnsName(text)
        | GeneralName::UniformResourceIdentifier(text) => Some(text.to_string()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()),
        GeneralName::OtherName(other) => user_name(other),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).to_string());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(bytes).to_string())
}

fn user_name(other: &OtherName) -> Option<String> {
    if other.type_id != USER_NAME {
        return None;
    }
    let text: Utf8StringRef<'_> = other.value.decode_as().ok()?;
    Some(text.as_str().to_owned())
}

fn issuer(certificate: &Certificate) -> Option<String> {
    let value = |oid| {
        let extensions = certificate.tbs_certificate().extensions()?;
        let extension = extensions
            .iter()
            .find(|extension| extension.extn_id == oid)?;
        Some(extension.extn_value.as_bytes())
    };
    if let Some(der) = value(ISSUER) {
        let text = Utf8StringRef::from_der(der).ok()?;
        return Some(text.as_str().to_owned());
    }
    let text = std::str::from_utf8(value(ISSUER_V1)?).ok()?;
    Some(text.to_owned())
}
