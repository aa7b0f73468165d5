//! Listing keys: what is public without a PIN, the private halves where one is at hand.

use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::Session;
use touchmark_core::uri::percent_encode;
use touchmark_core::{Fault, KeyLister, KeyListing, KeyUri, ManageError, Protection, PublicKey};

use crate::connection::{Access, Connection};
use crate::error::{PinProblem, Pkcs11Error};
use crate::login::is_logged_in;
use crate::object::{self, Object, percent_encode_all};
use crate::provider::Pkcs11Provider;
use crate::public_half;
use crate::uri::{ObjectType, Pkcs11Uri, SCHEME};

/// The attributes that tell how a private key is protected, in the order of the output.
const PROTECTION: [(&str, AttributeType); 9] = [
    ("sensitive", AttributeType::Sensitive),
    ("extractable", AttributeType::Extractable),
    ("alwaysSensitive", AttributeType::AlwaysSensitive),
    ("neverExtractable", AttributeType::NeverExtractable),
    ("local", AttributeType::Local),
    ("alwaysAuthenticate", AttributeType::AlwaysAuthenticate),
    ("sign", AttributeType::Sign),
    ("private", AttributeType::Private),
    ("token", AttributeType::Token),
];

#[async_trait]
impl KeyLister for Pkcs11Provider {
    /// Logs in where exactly one token matches and a PIN is to be had; with several tokens one PIN
    /// would be tried on all of them, so only public objects are listed. A key of which only the
    /// public half is shown is listed as the private key that it stands for.
    async fn list(&self, filter: &KeyUri) -> Result<Vec<KeyListing>, ManageError> {
        Ok(self.list_tokens(filter).await.map_err(Fault::from)?)
    }
}

impl Pkcs11Provider {
    async fn list_tokens(&self, filter: &KeyUri) -> Result<Vec<KeyListing>, Pkcs11Error> {
        let uri = Pkcs11Uri::parse(filter)?;
        let connections = self.connect_all(&uri).await?;
        let log_in = connections.len() == 1;
        let mut listings = Vec::new();
        for connection in connections {
            let (token, uri) = (Arc::clone(&connection), uri.clone());
            let listed = connection.pool.run("listing keys", move |worker, clock| {
                token.with_session(worker, &uri, Access::Public, clock, |open| {
                    let source = uri.pin_source.as_ref();
                    if log_in {
                        unless_not_tried(token.log_in(&open.session, source, clock))?;
                    }
                    list(&token, &open.session, &uri)
                })
            });
            listings.extend(listed.await?);
        }
        Ok(listings)
    }
}

/// A PIN that was not even tried leaves the public objects to be listed; a wrong one is an error.
fn unless_not_tried(login: Result<(), Pkcs11Error>) -> Result<(), Pkcs11Error> {
    match login {
        Err(Pkcs11Error::Pin {
            problem:
                PinProblem::Missing
                | PinProblem::FinalTry
                | PinProblem::Locked
                | PinProblem::NotInitialized,
            ..
        }) => Ok(()),
        other => other,
    }
}

fn list(
    connection: &Connection,
    session: &Session,
    uri: &Pkcs11Uri,
) -> Result<Vec<KeyListing>, Pkcs11Error> {
    let class = uri.object.class;
    let mut listings = Vec::new();
    let mut privates = Vec::new();
    if matches!(class, None | Some(ObjectType::Private)) {
        privates = object::all(session, ObjectClass::PRIVATE_KEY, &uri.object)?;
    }
    for private in &privates {
        let public = public_half::of(session, private, None, "");
        let public = match public {
            Err(error) if error.is_fatal() => return Err(error),
            other => other.ok(),
        };
        let mut listing = listing(connection, uri, private, public, "private");
        listing.protection = protection(session, private)?;
        listings.push(listing);
    }
    if class == Some(ObjectType::Certificate) {
        return Ok(listings);
    }
    let hidden = !is_logged_in(session)?;
    // A lone public key stands for a private one where that may be hidden; otherwise it is alone.
    let kind = match class {
        Some(ObjectType::Public) => "public",
        _ if hidden => "private",
        Some(_) => return Ok(listings),
        None => "public",
    };
    for object in object::all(session, ObjectClass::PUBLIC_KEY, &uri.object)? {
        if !privates.iter().any(|private| same_names(private, &object)) {
            let public = public_half::of_object(session, object.handle).ok();
            listings.push(listing(connection, uri, &object, public, kind));
        }
    }
    Ok(listings)
}

fn same_names(private: &Object, public: &Object) -> bool {
    if private.id.is_empty() {
        private.label == public.label
    } else {
        private.id == public.id
    }
}

fn listing(
    connection: &Connection,
    filter: &Pkcs11Uri,
    object: &Object,
    public_key: Option<PublicKey>,
    kind: &str,
) -> KeyListing {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    KeyListing {
        uri: uri(connection, filter, object, kind),
        public_key,
        label: (!object.label.is_empty()).then(|| text(&object.label)),
        id: (!object.id.is_empty()).then(|| hex::encode(&object.id)),
        token: Some(connection.label()),
        protection: PROTECTION
            .iter()
            .map(|(name, _)| Protection { name, value: None })
            .collect(),
        proven: false,
    }
}

/// The key's own URI. It names the module where the filter did.
fn uri(connection: &Connection, filter: &Pkcs11Uri, object: &Object, kind: &str) -> KeyUri {
    let token = connection.description();
    let mut parts = vec![format!("token={}", percent_encode(token.label.as_bytes()))];
    if !token.serial.is_empty() {
        parts.push(format!(
            "serial={}",
            percent_encode(token.serial.as_bytes())
        ));
    }
    if !object.label.is_empty() {
        parts.push(format!("object={}", percent_encode(&object.label)));
    }
    if !object.id.is_empty() {
        parts.push(format!("id={}", percent_encode_all(&object.id)));
    }
    parts.push(format!("type={kind}"));
    let mut body = parts.join(";");
    if let Some(module) = &filter.module_path {
        let path = module.to_string_lossy();
        // A path reads better with its slashes, which a query may hold (RFC 7512 §2.3).
        let path: Vec<_> = path
            .split('/')
            .map(|part| percent_encode(part.as_bytes()))
            .collect();
        body.push_str("?module-path=");
        body.push_str(&path.join("/"));
    }
    KeyUri::new(SCHEME, &body)
}

fn protection(session: &Session, private: &Object) -> Result<Vec<Protection>, Pkcs11Error> {
    let wanted = PROTECTION.map(|(_, attribute)| attribute);
    let told = object::attributes(session, private.handle, &wanted)?;
    let value = |wanted: AttributeType| {
        told.iter()
            .find(|attribute| attribute.attribute_type() == wanted)
            .and_then(as_bool)
    };
    Ok(PROTECTION
        .iter()
        .map(|(name, attribute)| Protection {
            name,
            value: value(*attribute),
        })
        .collect())
}

fn as_bool(attribute: &Attribute) -> Option<bool> {
    match attribute {
        Attribute::Sensitive(value)
        | Attribute::Extractable(value)
        | Attribute::AlwaysSensitive(value)
        | Attribute::NeverExtractable(value)
        | Attribute::Local(value)
        | Attribute::AlwaysAuthenticate(value)
        | Attribute::Sign(value)
        | Attribute::Private(value)
        | Attribute::Token(value) => Some(*value),
        _ => None,
    }
}
