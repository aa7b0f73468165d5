//! Making keys: on the token, sensitive, never extractable.

use async_trait::async_trait;
use cryptoki::error::RvError;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use touchmark_core::{Curve, Fault, KeyAlgorithm, KeyGenerator, KeyUri, ManageError, PublicKey};

use crate::change::Change;
use crate::error::{KeyProblem, Pkcs11Error, UriProblem};
use crate::provider::Pkcs11Provider;
use crate::uri::{ObjectFilter, ObjectType};
use crate::{ckr, decode, key, object, public_half};

/// Bytes of a new `CKA_ID`: enough that none is made twice.
const ID_LEN: usize = 16;
/// 65537, the one exponent that [`PublicKey`] takes.
const EXPONENT: [u8; 3] = [1, 0, 1];

#[async_trait]
impl KeyGenerator for Pkcs11Provider {
    /// The URI must name the new key's label (`object`); without `id` a random one is made.
    async fn generate(
        &self,
        key: &KeyUri,
        algorithm: KeyAlgorithm,
    ) -> Result<PublicKey, ManageError> {
        let deadline = self.shared.options.generation_deadline;
        let made = self.change(key, "making the key", move |change| {
            let names = Names::choose(change)?;
            names.check_free(change)?;
            let mechanism = mechanism(change, algorithm)?;
            change.clock.allow(deadline);
            let made = make(change, &names, algorithm, &mechanism)?;
            change.clock.restart();
            checked(change, made).inspect_err(|_| remove(change, made))
        });
        Ok(made.await.map_err(Fault::from)?)
    }
}

/// The new key's names.
struct Names {
    label: Vec<u8>,
    id: Vec<u8>,
    /// The id was chosen by the caller, so it may be taken.
    id_given: bool,
}

impl Names {
    fn choose(change: &Change<'_>) -> Result<Self, Pkcs11Error> {
        let wanted = &change.uri.object;
        if wanted
            .class
            .is_some_and(|class| class != ObjectType::Private)
        {
            return Err(Pkcs11Error::Key {
                token: change.connection.label(),
                problem: KeyProblem::NotPrivate,
            });
        }
        let label = wanted.label.clone().filter(|label| !label.is_empty());
        let label = label.ok_or(UriProblem::Missing("object"))?;
        let given = wanted.id.clone().filter(|id| !id.is_empty());
        Ok(Self {
            label,
            id_given: given.is_some(),
            id: given.map_or_else(random_id, Ok)?,
        })
    }

    /// Neither half of another key may have the label with this id, nor the id by itself: it is
    /// what links the halves and the certificate. A label alone counts where no id was given.
    fn check_free(&self, change: &Change<'_>) -> Result<(), Pkcs11Error> {
        let filter = if self.id_given {
            ObjectFilter {
                id: Some(self.id.clone()),
                ..ObjectFilter::default()
            }
        } else {
            ObjectFilter {
                label: Some(self.label.clone()),
                ..ObjectFilter::default()
            }
        };
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            let found = object::all(&change.session, class, &filter)?;
            if !found.is_empty() {
                return Err(Pkcs11Error::Key {
                    token: change.connection.label(),
                    problem: KeyProblem::Exists(object::summaries(&found)),
                });
            }
        }
        Ok(())
    }

    fn attributes(&self) -> [Attribute; 3] {
        [
            Attribute::Token(true),
            Attribute::Label(self.label.clone()),
            Attribute::Id(self.id.clone()),
        ]
    }
}

fn random_id() -> Result<Vec<u8>, Pkcs11Error> {
    let mut id = vec![0; ID_LEN];
    aws_lc_rs::rand::fill(&mut id).map_err(|_| Pkcs11Error::System {
        what: "the system's random generator".into(),
        source: std::io::ErrorKind::Other.into(),
    })?;
    Ok(id)
}

/// The mechanism that makes such keys, where the token has it.
fn mechanism(
    change: &Change<'_>,
    algorithm: KeyAlgorithm,
) -> Result<Mechanism<'static>, Pkcs11Error> {
    let mechanism = match algorithm {
        KeyAlgorithm::Ecdsa(_) => Mechanism::EccKeyPairGen,
        KeyAlgorithm::Rsa(_) => Mechanism::RsaPkcsKeyPairGen,
        KeyAlgorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
    };
    if key::mechanisms(change.connection)?.contains(&mechanism.mechanism_type()) {
        Ok(mechanism)
    } else {
        Err(not_made_here(change, algorithm))
    }
}

fn not_made_here(change: &Change<'_>, algorithm: KeyAlgorithm) -> Pkcs11Error {
    Pkcs11Error::Unsupported {
        token: change.connection.label(),
        what: format!("does not make {algorithm} keys"),
    }
}

/// The public and the private object.
type Pair = (ObjectHandle, ObjectHandle);

fn make(
    change: &Change<'_>,
    names: &Names,
    algorithm: KeyAlgorithm,
    mechanism: &Mechanism<'_>,
) -> Result<Pair, Pkcs11Error> {
    let mut public = names.attributes().to_vec();
    public.extend([Attribute::Private(false), Attribute::Verify(true)]);
    public.extend(match algorithm {
        KeyAlgorithm::Ecdsa(curve) => vec![ec_params(Some(curve))],
        KeyAlgorithm::Ed25519 => vec![ec_params(None)],
        KeyAlgorithm::Rsa(bits) => vec![
            Attribute::ModulusBits(u64::from(bits).into()),
            Attribute::PublicExponent(EXPONENT.to_vec()),
        ],
    });
    let mut private = names.attributes().to_vec();
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        // A signing key that also decrypts is two uses of one key, which SP 800-57 §5.2 rules out;
        // SoftHSM allows both unless told.
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
    ]);
    let made = change
        .session
        .generate_key_pair(mechanism, &public, &private);
    made.map_err(|error| match ckr::code(&error) {
        Some(
            RvError::KeySizeRange
            | RvError::CurveNotSupported
            | RvError::DomainParamsInvalid
            | RvError::MechanismInvalid,
        ) => not_made_here(change, algorithm),
        _ => Pkcs11Error::device("making the key")(error),
    })
}

fn ec_params(curve: Option<Curve>) -> Attribute {
    Attribute::EcParams(decode::ec_params(curve).to_vec())
}

/// The public key, once the token has confirmed that the private one is protected as asked.
fn checked(change: &Change<'_>, (public, private): Pair) -> Result<PublicKey, Pkcs11Error> {
    let asked = [AttributeType::Sensitive, AttributeType::Extractable];
    let told = object::attributes(&change.session, private, &asked)?;
    if !told.contains(&Attribute::Sensitive(true)) || !told.contains(&Attribute::Extractable(false))
    {
        return Err(Pkcs11Error::Key {
            token: change.connection.label(),
            problem: KeyProblem::Extractable,
        });
    }
    public_half::of_object(&change.session, public)
}

/// Takes back what was made. The error that led here is the one that counts.
fn remove(change: &Change<'_>, (public, private): Pair) {
    let _ = change.session.destroy_object(private);
    let _ = change.session.destroy_object(public);
}
