//! Objects on a token: finding them and reading their attributes.

use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use touchmark_core::uri::percent_encode;

use crate::error::{KeyProblem, Pkcs11Error};
use crate::uri::ObjectFilter;

/// Objects named in an error; more would hide the message.
const MOST_LISTED: usize = 10;

/// An object's handle and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) handle: ObjectHandle,
    pub(crate) label: Vec<u8>,
    pub(crate) id: Vec<u8>,
}

impl Object {
    pub(crate) fn read(session: &Session, handle: ObjectHandle) -> Result<Self, Pkcs11Error> {
        let mut object = Self {
            handle,
            label: Vec::new(),
            id: Vec::new(),
        };
        for attribute in attributes(session, handle, &[AttributeType::Label, AttributeType::Id])? {
            match attribute {
                Attribute::Label(label) => object.label = label,
                Attribute::Id(id) => object.id = id,
                _ => {}
            }
        }
        Ok(object)
    }

    /// The object in an error or a report.
    pub(crate) fn summary(&self) -> String {
        format!(
            "object={};id={}",
            percent_encode(&self.label),
            percent_encode_all(&self.id)
        )
    }
}

/// `id` as RFC 7512 §2.3 likes it: every byte escaped.
pub(crate) fn percent_encode_all(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "%{byte:02X}");
        text
    })
}

/// The attributes that the token tells, in no sure order; what it does not tell is left out.
pub(crate) fn attributes(
    session: &Session,
    handle: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Vec<Attribute>, Pkcs11Error> {
    session
        .get_attributes(handle, wanted)
        .map_err(Pkcs11Error::device("reading an object's attributes"))
}

/// The handles of the token objects of a class that match.
pub(crate) fn handles(
    session: &Session,
    class: ObjectClass,
    filter: &ObjectFilter,
) -> Result<Vec<ObjectHandle>, Pkcs11Error> {
    let mut template = vec![Attribute::Class(class), Attribute::Token(true)];
    template.extend(filter.label.clone().map(Attribute::Label));
    template.extend(filter.id.clone().map(Attribute::Id));
    session
        .find_objects(&template)
        .map_err(Pkcs11Error::device("finding objects"))
}

/// The token objects of a class that match.
pub(crate) fn all(
    session: &Session,
    class: ObjectClass,
    filter: &ObjectFilter,
) -> Result<Vec<Object>, Pkcs11Error> {
    handles(session, class, filter)?
        .into_iter()
        .map(|handle| Object::read(session, handle))
        .collect()
}

/// The one object of a class that matches.
pub(crate) fn one(
    session: &Session,
    class: ObjectClass,
    filter: &ObjectFilter,
    token: &str,
) -> Result<Object, Pkcs11Error> {
    let found = handles(session, class, filter)?;
    let problem = match found[..] {
        [handle] => return Object::read(session, handle),
        [] => KeyProblem::None(summaries(&all(session, class, &ObjectFilter::default())?)),
        _ => KeyProblem::Several(summaries(&all(session, class, filter)?)),
    };
    Err(Pkcs11Error::Key {
        token: token.to_owned(),
        problem,
    })
}

/// Objects as an error lists them.
pub(crate) fn summaries(objects: &[Object]) -> Vec<String> {
    let mut list: Vec<_> = objects
        .iter()
        .take(MOST_LISTED)
        .map(Object::summary)
        .collect();
    if objects.len() > MOST_LISTED {
        list.push(format!("and {} more", objects.len() - MOST_LISTED));
    }
    list
}
