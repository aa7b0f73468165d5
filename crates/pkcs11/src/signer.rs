//! A key that signs, on the threads of its token.

use std::io::Read;
use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::error::RvError;
use touchmark_core::{
    Content, Fault, Message, Prepared, PublicKey, SignError, Signature, SignatureScheme, Signer,
};

use crate::ckr;
use crate::connection::{Access, Connection, OpenSession, Worker};
use crate::error::{KeyProblem, Pkcs11Error};
use crate::key::Key;
use crate::mechanism;
use crate::seat::Clock;

/// The longest message that pure Ed25519 signs here, in bytes: it goes to the token in one piece.
pub const LONGEST_MESSAGE: u64 = 64 * 1024 * 1024;

/// A private key on a token.
#[derive(Debug)]
pub(crate) struct Pkcs11Signer {
    pub(crate) connection: Arc<Connection>,
    pub(crate) key: Arc<Key>,
}

#[async_trait]
impl Signer for Pkcs11Signer {
    fn public_key(&self) -> &PublicKey {
        &self.key.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.key.schemes
    }

    async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError> {
        let scheme = input.scheme();
        if !self.key.schemes.contains(&scheme) {
            return Err(SignError::Scheme(scheme));
        }
        let algorithm = self.key.public.algorithm();
        let data = match input.content() {
            Content::Digest(digest) => mechanism::digest_input(scheme, algorithm, digest)
                .ok_or(SignError::Scheme(scheme))?,
            Content::Message(message) => read(*message).map_err(Fault::from)?,
        };
        let raw = self.sign_raw(scheme, data).await.map_err(Fault::from)?;
        mechanism::signature(algorithm, raw)
            .map_err(Pkcs11Error::malformed("signature from the token"))
            .map_err(|error| Fault::from(error).into())
    }
}

impl Pkcs11Signer {
    /// A token may have fewer sessions than there are workers. The worker that got none leaves, and
    /// those that have one do its job.
    async fn sign_raw(
        &self,
        scheme: SignatureScheme,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, Pkcs11Error> {
        let data = Arc::new(data);
        loop {
            let (connection, key) = (Arc::clone(&self.connection), Arc::clone(&self.key));
            let data = Arc::clone(&data);
            let signed = self.connection.pool.run("signing", move |worker, clock| {
                sign(&connection, &key, worker, clock, scheme, &data)
            });
            match signed.await {
                Err(error) if error.is_session_count() && self.connection.pool.is_staffed() => {}
                done => return done,
            }
        }
    }
}

/// Reads the message of pure Ed25519, up to the limit.
fn read(message: &dyn Message) -> Result<Vec<u8>, Pkcs11Error> {
    let too_large = Pkcs11Error::TooLarge {
        limit: LONGEST_MESSAGE,
    };
    if message
        .len_hint()
        .is_some_and(|length| length > LONGEST_MESSAGE)
    {
        return Err(too_large);
    }
    let mut bytes = Vec::new();
    message
        .open()
        .and_then(|reader| reader.take(LONGEST_MESSAGE + 1).read_to_end(&mut bytes))
        .map_err(|source| Pkcs11Error::System {
            what: "reading the message".into(),
            source,
        })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST_MESSAGE) {
        Ok(bytes)
    } else {
        Err(too_large)
    }
}

fn sign(
    connection: &Connection,
    key: &Key,
    worker: &mut Worker,
    clock: Clock<'_>,
    scheme: SignatureScheme,
    data: &[u8],
) -> Result<Vec<u8>, Pkcs11Error> {
    connection.with_session(worker, &key.uri, Access::User, clock, |open| {
        sign_once(connection, key, open, clock, scheme, data)
            .map_err(|error| disabled(error, connection))
    })
}

fn sign_once(
    connection: &Connection,
    key: &Key,
    open: &mut OpenSession,
    clock: Clock<'_>,
    scheme: SignatureScheme,
    data: &[u8],
) -> Result<Vec<u8>, Pkcs11Error> {
    let failed = Pkcs11Error::device;
    let handle = key.handle(connection, open)?;
    let mechanism = mechanism::mechanism(scheme).ok_or_else(|| Pkcs11Error::Unsupported {
        token: connection.label(),
        what: format!("does not sign with {scheme}"),
    })?;
    let session = &open.session;
    session
        .sign_init(&mechanism, handle)
        .map_err(failed("beginning a signature"))?;
    if key.always_authenticate {
        connection.log_in_for_operation(session, key.uri.pin_source.as_ref(), clock)?;
    }
    connection
        .module
        .raw
        .sign(session, data)
        .map_err(failed("signing"))
}

/// A key may be disabled while it is open.
fn disabled(error: Pkcs11Error, connection: &Connection) -> Pkcs11Error {
    match &error {
        Pkcs11Error::Device { source, .. }
            if ckr::code(source) == Some(RvError::KeyFunctionNotPermitted) =>
        {
            Pkcs11Error::Key {
                token: connection.label(),
                problem: KeyProblem::Disabled,
            }
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use touchmark_core::{ErrorKind, Explain};

    use super::*;

    /// A message that says how long it is, or does not, and is read as zeros.
    #[derive(Debug)]
    struct Zeros {
        length: u64,
        hint: Option<u64>,
    }

    impl Message for Zeros {
        fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
            Ok(Box::new(std::io::repeat(0).take(self.length)))
        }

        fn len_hint(&self) -> Option<u64> {
            self.hint
        }
    }

    #[test]
    fn a_message_is_read_up_to_the_limit_and_no_further() {
        let fits = Zeros {
            length: 70_000,
            hint: None,
        };
        assert_eq!(read(&fits).unwrap().len(), 70_000);
        for hint in [None, Some(LONGEST_MESSAGE + 1)] {
            let error = read(&Zeros {
                length: LONGEST_MESSAGE + 1,
                hint,
            })
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.hint().unwrap().contains("ECDSA"));
        }
    }
}
