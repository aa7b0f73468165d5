//! The public half of a private key, from wherever the token keeps it.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use der::{Decode, Encode};
use touchmark_core::PublicKey;
use x509_cert::Certificate;

use crate::decode;
use crate::error::{KeyProblem, MalformedSource, Pkcs11Error};
use crate::object::{self, Object};
use crate::uri::{ObjectFilter, ObjectType};

/// The attributes that hold a public key, on either half.
const HOLDERS: [AttributeType; 5] = [
    AttributeType::PublicKeyInfo,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
];

/// The public half of a private key. In turn: the private object's own attributes (which cannot
/// be another key's), a public object with the same `CKA_ID`, then with the same label, a
/// certificate with the same `CKA_ID`, and `pinned`.
///
/// What is found is a claim; that it belongs to the private key is shown by each signature.
pub(crate) fn of(
    session: &Session,
    private: &Object,
    pinned: Option<&PublicKey>,
    token: &str,
) -> Result<PublicKey, Pkcs11Error> {
    match of_object(session, private.handle) {
        Ok(key) => return Ok(key),
        Err(error) if error.is_fatal() => return Err(error),
        Err(_) => {}
    }
    for filter in twins(private) {
        let mut keys = Vec::new();
        for handle in object::handles(session, ObjectClass::PUBLIC_KEY, &filter)? {
            keys.extend(of_object(session, handle));
        }
        if let Some(key) = only(keys) {
            return Ok(key);
        }
    }
    if let Some(key) = only(certified(session, &private.id)?) {
        return Ok(key);
    }
    pinned.cloned().ok_or_else(|| Pkcs11Error::Key {
        token: token.to_owned(),
        problem: KeyProblem::NoPublicKey,
    })
}

/// The public key of the objects that match, as far as the session shows them: a public object, or
/// a certificate. Also its `CKA_ID`. `None` where nothing is shown and the private key decides.
pub(crate) fn shown(
    session: &Session,
    filter: &ObjectFilter,
    token: &str,
) -> Result<Option<(Vec<u8>, PublicKey)>, Pkcs11Error> {
    if filter.class != Some(ObjectType::Certificate) {
        let found = object::all(session, ObjectClass::PUBLIC_KEY, filter)?;
        let mut keys = Vec::new();
        for object in &found {
            keys.push((object.id.clone(), of_object(session, object.handle)?));
        }
        keys.dedup();
        match keys.len() {
            0 if filter.class == Some(ObjectType::Public) => {
                let class = ObjectClass::PUBLIC_KEY;
                return object::one(session, class, filter, token).map(|_| None);
            }
            0 => {}
            1 => return Ok(Some(keys.remove(0))),
            _ => {
                return Err(Pkcs11Error::Key {
                    token: token.to_owned(),
                    problem: KeyProblem::Several(object::summaries(&found)),
                });
            }
        }
    }
    shown_certificate(session, filter, token)
}

fn shown_certificate(
    session: &Session,
    filter: &ObjectFilter,
    token: &str,
) -> Result<Option<(Vec<u8>, PublicKey)>, Pkcs11Error> {
    if filter.class == Some(ObjectType::Certificate) {
        let object = object::one(session, ObjectClass::CERTIFICATE, filter, token)?;
        let key = certificate_key(session, object.handle)?;
        return Ok(Some((object.id, key)));
    }
    let Some(id) = &filter.id else {
        return Ok(None);
    };
    Ok(only(certified(session, id)?).map(|key| (id.clone(), key)))
}

fn certificate_key(session: &Session, handle: ObjectHandle) -> Result<PublicKey, Pkcs11Error> {
    let value = object::attributes(session, handle, &[AttributeType::Value])?;
    let der = value.into_iter().find_map(|attribute| match attribute {
        Attribute::Value(der) => Some(der),
        _ => None,
    });
    of_certificate(&der.unwrap_or_default())
        .map_err(Pkcs11Error::malformed("certificate on the token"))
}

/// How the other half of a key may be named: an empty name links nothing.
pub(crate) fn twins(private: &Object) -> Vec<ObjectFilter> {
    let by_id = ObjectFilter {
        id: Some(private.id.clone()),
        ..ObjectFilter::default()
    };
    let by_label = ObjectFilter {
        label: Some(private.label.clone()),
        ..ObjectFilter::default()
    };
    let mut filters = Vec::new();
    filters.extend((!private.id.is_empty()).then_some(by_id));
    filters.extend((!private.label.is_empty()).then_some(by_label));
    filters
}

/// The one key, where all are the same.
fn only(mut keys: Vec<PublicKey>) -> Option<PublicKey> {
    keys.dedup();
    (keys.len() == 1).then(|| keys.remove(0))
}

fn certified(session: &Session, id: &[u8]) -> Result<Vec<PublicKey>, Pkcs11Error> {
    Ok(certificates(session, id)?
        .into_iter()
        .map(|(_, _, key)| key)
        .collect())
}

/// The certificates with a `CKA_ID` whose keys can be used here: handle, DER and key.
pub(crate) fn certificates(
    session: &Session,
    id: &[u8],
) -> Result<Vec<(ObjectHandle, Vec<u8>, PublicKey)>, Pkcs11Error> {
    if id.is_empty() {
        return Ok(Vec::new());
    }
    let filter = ObjectFilter {
        id: Some(id.to_vec()),
        ..ObjectFilter::default()
    };
    let mut found = Vec::new();
    for handle in object::handles(session, ObjectClass::CERTIFICATE, &filter)? {
        for attribute in object::attributes(session, handle, &[AttributeType::Value])? {
            if let Attribute::Value(der) = attribute
                && let Ok(key) = of_certificate(&der)
            {
                found.push((handle, der, key));
            }
        }
    }
    Ok(found)
}

/// The key that a certificate (DER) certifies.
pub(crate) fn of_certificate(der: &[u8]) -> Result<PublicKey, MalformedSource> {
    let certificate = Certificate::from_der(der)?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    Ok(PublicKey::from_spki_der(&info.to_der()?)?)
}

/// The public key that an object holds in its own attributes.
pub(crate) fn of_object(session: &Session, handle: ObjectHandle) -> Result<PublicKey, Pkcs11Error> {
    let kind = key_type(session, handle)?;
    let (mut info, mut params, mut point) = (vec![], vec![], vec![]);
    let (mut modulus, mut exponent) = (vec![], vec![]);
    for attribute in object::attributes(session, handle, &HOLDERS)? {
        match attribute {
            Attribute::PublicKeyInfo(value) => info = value,
            Attribute::EcParams(value) => params = value,
            Attribute::EcPoint(value) => point = value,
            Attribute::Modulus(value) => modulus = value,
            Attribute::PublicExponent(value) => exponent = value,
            _ => {}
        }
    }
    let key = if !info.is_empty() {
        PublicKey::from_spki_der(&info).map_err(Into::into)
    } else if kind == Some(KeyType::RSA) {
        decode::rsa_public_key(&modulus, &exponent).map_err(Into::into)
    } else {
        decode::ec_public_key(&params, &point)
    };
    key.map_err(Pkcs11Error::malformed("public key on the token"))
}

/// `CKA_KEY_TYPE`; `None` for one that `cryptoki` does not know.
fn key_type(session: &Session, handle: ObjectHandle) -> Result<Option<KeyType>, Pkcs11Error> {
    let read = session.get_attributes(handle, &[AttributeType::KeyType]);
    if let Err(error) = &read
        && crate::ckr::code(error).is_none()
    {
        return Ok(None);
    }
    let attributes = read.map_err(Pkcs11Error::device("reading an object's attributes"))?;
    Ok(attributes
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::KeyType(kind) => Some(kind),
            _ => None,
        }))
}
