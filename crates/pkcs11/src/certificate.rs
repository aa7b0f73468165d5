//! X.509 certificates beside keys: linked by `CKA_ID`.

use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use der::{Decode, Encode};
use touchmark_core::{CertificateStore, Fault, KeyId, KeyUri, ManageError};
use x509_cert::Certificate;

use crate::change::Change;
use crate::connection::Access;
use crate::error::{KeyProblem, MalformedSource, Pkcs11Error};
use crate::key;
use crate::object::Object;
use crate::provider::Pkcs11Provider;
use crate::public_half;
use crate::uri::Pkcs11Uri;

#[async_trait]
impl CertificateStore for Pkcs11Provider {
    async fn certificate(&self, key: &KeyUri) -> Result<Option<Vec<u8>>, ManageError> {
        Ok(self.find_certificate(key).await.map_err(Fault::from)?)
    }

    /// Replaces an earlier certificate of the same key.
    async fn store(&self, key: &KeyUri, certificate: &[u8]) -> Result<KeyId, ManageError> {
        let der = certificate.to_vec();
        let stored = self.change(key, "storing the certificate", move |change| {
            store(change, der)
        });
        Ok(stored.await.map_err(Fault::from)?)
    }
}

impl Pkcs11Provider {
    async fn find_certificate(&self, key: &KeyUri) -> Result<Option<Vec<u8>>, Pkcs11Error> {
        let uri = Pkcs11Uri::parse(key)?;
        let connection = self.connect(&uri).await?;
        let pinned = self.shared.pinned(key);
        let token = Arc::clone(&connection);
        connection
            .pool
            .run("reading the certificate", move |worker, clock| {
                let pinned = pinned.as_ref();
                let (id, public) = key::public(&token, worker, &uri, pinned, clock)?;
                token.with_session(worker, &uri, Access::Public, clock, |open| {
                    let found = public_half::certificates(&open.session, &id)?;
                    let mine = found.into_iter().find(|(_, _, key)| *key == public);
                    Ok(mine.map(|(_, der, _)| der))
                })
            })
            .await
    }
}

fn store(change: &Change<'_>, der: Vec<u8>) -> Result<KeyId, Pkcs11Error> {
    let (private, public) = change.key()?;
    let certified =
        public_half::of_certificate(&der).map_err(Pkcs11Error::malformed("certificate"))?;
    let token = change.connection.label();
    if certified != public {
        return Err(Pkcs11Error::Key {
            token,
            problem: KeyProblem::OtherCertificate {
                certified: certified.key_id(),
                key: public.key_id(),
            },
        });
    }
    if private.id.is_empty() {
        return Err(Pkcs11Error::Unsupported {
            token,
            what: "has no CKA_ID on this key to link a certificate with".into(),
        });
    }
    let earlier = public_half::certificates(&change.session, &private.id)?;
    if earlier.iter().any(|(_, stored, _)| *stored == der) {
        return Ok(public.key_id());
    }
    let template = template(&private, der).map_err(Pkcs11Error::malformed("certificate"))?;
    change
        .session
        .create_object(&template)
        .map_err(Pkcs11Error::device("storing the certificate"))?;
    for (handle, _, key) in earlier {
        if key == public {
            change
                .session
                .destroy_object(handle)
                .map_err(Pkcs11Error::device("removing the earlier certificate"))?;
        }
    }
    Ok(public.key_id())
}

/// The object of PKCS#11 §4.6.3.
fn template(private: &Object, der: Vec<u8>) -> Result<Vec<Attribute>, MalformedSource> {
    let certificate = Certificate::from_der(&der)?;
    let content = certificate.tbs_certificate();
    Ok(vec![
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Label(private.label.clone()),
        Attribute::Id(private.id.clone()),
        Attribute::Subject(content.subject().to_der()?),
        Attribute::Issuer(content.issuer().to_der()?),
        Attribute::SerialNumber(content.serial_number().to_der()?),
        Attribute::Value(der),
    ])
}
