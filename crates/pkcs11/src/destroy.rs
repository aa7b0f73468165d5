//! Destroying a key and what belongs to it.

use async_trait::async_trait;
use cryptoki::object::{ObjectClass, ObjectHandle};
use touchmark_core::{Fault, KeyDestroyer, KeyId, KeyUri, ManageError, PublicKey};

use crate::change::Change;
use crate::error::Pkcs11Error;
use crate::object::{self, Object};
use crate::provider::Pkcs11Provider;
use crate::public_half;

#[async_trait]
impl KeyDestroyer for Pkcs11Provider {
    /// Also destroys the public objects and certificates that have the key's names *and* hold its
    /// public key; the private object goes first.
    async fn destroy(&self, key: &KeyUri, confirm: &KeyId) -> Result<Vec<String>, ManageError> {
        let confirmed = confirm.clone();
        let outcome = self
            .change(key, "destroying the key", move |change| {
                let (private, public) = change.key()?;
                if public.key_id() != confirmed {
                    return Ok(Err(public.key_id()));
                }
                destroy(change, &private, &public).map(Ok)
            })
            .await
            .map_err(Fault::from)?;
        outcome.map_err(|found| ManageError::NotConfirmed {
            found,
            confirmed: confirm.clone(),
        })
    }
}

fn destroy(
    change: &Change<'_>,
    private: &Object,
    public: &PublicKey,
) -> Result<Vec<String>, Pkcs11Error> {
    let mut doomed = vec![("private key", private.handle)];
    for handle in public_objects(change, private, public)? {
        doomed.push(("public key", handle));
    }
    for (handle, _, key) in public_half::certificates(&change.session, &private.id)? {
        if key == *public {
            doomed.push(("certificate", handle));
        }
    }
    let token = change.connection.label();
    let names = private.summary();
    let mut gone = Vec::new();
    for (kind, handle) in doomed {
        change
            .session
            .destroy_object(handle)
            .map_err(Pkcs11Error::device("destroying an object"))?;
        gone.push(format!("{kind} {names} on token {token:?}"));
    }
    Ok(gone)
}

/// The public objects of the same key. Others that share a name are somebody else's.
fn public_objects(
    change: &Change<'_>,
    private: &Object,
    public: &PublicKey,
) -> Result<Vec<ObjectHandle>, Pkcs11Error> {
    let mut handles = Vec::new();
    for filter in public_half::twins(private) {
        for handle in object::handles(&change.session, ObjectClass::PUBLIC_KEY, &filter)? {
            let same =
                public_half::of_object(&change.session, handle).is_ok_and(|found| found == *public);
            if same && !handles.contains(&handle) {
                handles.push(handle);
            }
        }
    }
    Ok(handles)
}
