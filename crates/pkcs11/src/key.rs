//! A private key that was found, and how each session finds it again.

use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use touchmark_core::{PublicKey, SignatureScheme};

use crate::connection::{Access, Connection, OpenSession, Worker};
use crate::error::{KeyProblem, Pkcs11Error};
use crate::mechanism;
use crate::object::{self, Object};
use crate::public_half;
use crate::seat::Clock;
use crate::uri::{ObjectFilter, ObjectType, Pkcs11Uri};

/// A key that was opened.
#[derive(Debug)]
pub(crate) struct Key {
    /// Names it among the handles that sessions keep.
    pub(crate) number: u64,
    pub(crate) uri: Pkcs11Uri,
    /// Its label and id as the token has them, whatever the URI named.
    filter: ObjectFilter,
    /// When it was found; see [`Connection::generation`].
    generation: u64,
    pub(crate) public: PublicKey,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) always_authenticate: bool,
}

/// The one private key that the URI means.
pub(crate) fn find(
    connection: &Connection,
    session: &Session,
    uri: &Pkcs11Uri,
) -> Result<Object, Pkcs11Error> {
    let token = connection.label();
    if uri
        .object
        .class
        .is_some_and(|class| class != ObjectType::Private)
    {
        return Err(Pkcs11Error::Key {
            token,
            problem: KeyProblem::NotPrivate,
        });
    }
    object::one(session, ObjectClass::PRIVATE_KEY, &uri.object, &token)
}

/// The public key that the URI means, with its `CKA_ID`: as the token shows it to anybody, else as
/// the private key has it, after a login.
pub(crate) fn public(
    connection: &Connection,
    worker: &mut Worker,
    uri: &Pkcs11Uri,
    pinned: Option<&PublicKey>,
    clock: Clock<'_>,
) -> Result<(Vec<u8>, PublicKey), Pkcs11Error> {
    let token = connection.label();
    let shown = connection.with_session(worker, uri, Access::Public, clock, |open| {
        public_half::shown(&open.session, &uri.object, &token)
    })?;
    if let Some(shown) = shown {
        return Ok(shown);
    }
    connection.with_session(worker, uri, Access::User, clock, |open| {
        let private = find(connection, &open.session, uri)?;
        let public = public_half::of(&open.session, &private, pinned, &token)?;
        Ok((private.id, public))
    })
}

impl Key {
    /// Finds the key and everything that signing with it needs to know.
    pub(crate) fn open(
        connection: &Connection,
        open: &mut OpenSession,
        uri: &Pkcs11Uri,
        pinned: Option<&PublicKey>,
        number: u64,
    ) -> Result<Self, Pkcs11Error> {
        let object = find(connection, &open.session, uri)?;
        let token = connection.label();
        let flags = [AttributeType::Sign, AttributeType::AlwaysAuthenticate];
        let flags = object::attributes(&open.session, object.handle, &flags)?;
        if flags.contains(&Attribute::Sign(false)) {
            return Err(Pkcs11Error::Key {
                token,
                problem: KeyProblem::Disabled,
            });
        }
        let public = public_half::of(&open.session, &object, pinned, &token)?;
        let schemes = mechanism::schemes(public.algorithm(), &mechanisms(connection)?);
        if schemes.is_empty() {
            return Err(Pkcs11Error::Unsupported {
                token,
                what: format!("has no mechanism to sign with {} keys", public.algorithm()),
            });
        }
        open.handles.insert(number, object.handle);
        Ok(Self {
            number,
            uri: uri.clone(),
            filter: ObjectFilter {
                label: Some(object.label),
                id: Some(object.id),
                class: None,
            },
            generation: open.generation,
            public,
            schemes,
            always_authenticate: flags.contains(&Attribute::AlwaysAuthenticate(true)),
        })
    }

    /// The key's handle in a session. On a token that was opened anew the key must be the same.
    pub(crate) fn handle(
        &self,
        connection: &Connection,
        open: &mut OpenSession,
    ) -> Result<ObjectHandle, Pkcs11Error> {
        if let Some(handle) = open.handles.get(&self.number) {
            return Ok(*handle);
        }
        let token = connection.label();
        // The id may have changed on a token that came back; then the URI alone decides.
        let filter = if self.generation == open.generation {
            &self.filter
        } else {
            &self.uri.object
        };
        let object = object::one(&open.session, ObjectClass::PRIVATE_KEY, filter, &token)?;
        if self.generation != open.generation {
            let found = public_half::of(&open.session, &object, Some(&self.public), &token)?;
            if found != self.public {
                return Err(Pkcs11Error::Key {
                    token,
                    problem: KeyProblem::Replaced {
                        found: found.key_id(),
                        expected: self.public.key_id(),
                    },
                });
            }
        }
        open.handles.insert(self.number, object.handle);
        Ok(object.handle)
    }
}

/// What the token can do.
pub(crate) fn mechanisms(connection: &Connection) -> Result<Vec<MechanismType>, Pkcs11Error> {
    connection
        .module
        .context
        .get_mechanism_list(connection.slot())
        .map_err(Pkcs11Error::device("listing mechanisms"))
}
