//! Changes to a token: one read-write session, logged in, and no second attempt.

use std::sync::Arc;

use cryptoki::session::Session;
use touchmark_core::{KeyUri, PublicKey};

use crate::connection::{Access, Connection};
use crate::error::Pkcs11Error;
use crate::key;
use crate::object::Object;
use crate::provider::Pkcs11Provider;
use crate::public_half;
use crate::seat::Clock;
use crate::uri::Pkcs11Uri;

/// What a change works with.
pub(crate) struct Change<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) session: Session,
    pub(crate) uri: &'a Pkcs11Uri,
    pub(crate) clock: Clock<'a>,
    pinned: Option<PublicKey>,
}

impl Change<'_> {
    /// The one private key that the URI means, and its public half.
    pub(crate) fn key(&self) -> Result<(Object, PublicKey), Pkcs11Error> {
        let private = key::find(self.connection, &self.session, self.uri)?;
        let token = self.connection.label();
        let public = public_half::of(&self.session, &private, self.pinned.as_ref(), &token)?;
        Ok((private, public))
    }
}

impl Pkcs11Provider {
    /// Makes one change on the token that the URI means. A change that failed half-way is not
    /// run again: what it left behind would be in its own way.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        key: &KeyUri,
        what: &'static str,
        change: impl FnOnce(&Change<'_>) -> Result<T, Pkcs11Error> + Send + 'static,
    ) -> Result<T, Pkcs11Error> {
        let uri = Pkcs11Uri::parse(key)?;
        let connection = self.connect(&uri).await?;
        let pinned = self.shared.pinned(key);
        let token = Arc::clone(&connection);
        connection
            .pool
            .run(what, move |worker, clock| {
                // The worker's own session holds the login, and shows whether the token answers.
                token.with_session(worker, &uri, Access::User, clock, |open| {
                    open.session
                        .get_session_info()
                        .map_err(Pkcs11Error::device("reading the session's state"))
                })?;
                change(&Change {
                    connection: &token,
                    session: token.open_session(true)?,
                    uri: &uri,
                    clock,
                    pinned,
                })
            })
            .await
    }
}
