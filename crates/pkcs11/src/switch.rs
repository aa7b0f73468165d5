//! Disabling a key without destroying it: `CKA_SIGN`.

use async_trait::async_trait;
use cryptoki::error::RvError;
use cryptoki::object::{Attribute, AttributeType};
use touchmark_core::{Fault, KeyId, KeySwitch, KeyUri, ManageError};

use crate::change::Change;
use crate::ckr;
use crate::error::Pkcs11Error;
use crate::object;
use crate::provider::Pkcs11Provider;

#[async_trait]
impl KeySwitch for Pkcs11Provider {
    async fn set_enabled(&self, key: &KeyUri, enabled: bool) -> Result<KeyId, ManageError> {
        let switched = self.change(key, "switching the key", move |change| {
            let (private, public) = change.key()?;
            set(change, private.handle, enabled)?;
            Ok(public.key_id())
        });
        Ok(switched.await.map_err(Fault::from)?)
    }
}

fn set(
    change: &Change<'_>,
    handle: cryptoki::object::ObjectHandle,
    enabled: bool,
) -> Result<(), Pkcs11Error> {
    let fixed = || Pkcs11Error::Unsupported {
        token: change.connection.label(),
        what: "does not let CKA_SIGN of this key be changed".into(),
    };
    let wanted = Attribute::Sign(enabled);
    change
        .session
        .update_attributes(handle, std::slice::from_ref(&wanted))
        .map_err(|error| match ckr::code(&error) {
            Some(RvError::AttributeReadOnly | RvError::ActionProhibited) => fixed(),
            _ => Pkcs11Error::device("changing CKA_SIGN")(error),
        })?;
    // Some modules take the change and keep the old value.
    let told = object::attributes(&change.session, handle, &[AttributeType::Sign])?;
    if told.contains(&wanted) {
        Ok(())
    } else {
        Err(fixed())
    }
}
