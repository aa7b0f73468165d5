//! The provider: from a URI to a key.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use touchmark_core::{
    CertificateStore, Fault, Interaction, KeyDestroyer, KeyGenerator, KeyLister, KeySwitch, KeyUri,
    OpenError, Provider, PublicKey, Signer,
};

use crate::Pkcs11Options;
use crate::connection::{Access, Connection};
use crate::error::{ModuleProblem, Pkcs11Error};
use crate::key::{self, Key};
use crate::module::{self, Module, Turns};
use crate::pool::Pool;
use crate::signer::Pkcs11Signer;
use crate::token::{self, TokenDescription};
use crate::uri::Pkcs11Uri;

/// Threads that load modules and look for tokens; they are busy only at the start.
const FINDERS: usize = 4;

/// Keys in the tokens of any PKCS#11 module.
///
/// Nothing is loaded until a key is asked for. Calls into modules are made on threads of the
/// provider's own, so any async runtime will do, and each has a deadline.
#[derive(Debug)]
pub struct Pkcs11Provider {
    pub(crate) shared: Arc<Shared>,
    finders: Pool<()>,
}

/// What jobs on other threads need of the provider.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Pkcs11Options,
    interaction: Arc<dyn Interaction>,
    pinned: Mutex<HashMap<KeyUri, PublicKey>>,
    connections: Mutex<HashMap<TokenId, Arc<Connection>>>,
    keys: AtomicU64,
}

/// Tells the tokens that are in use apart.
type TokenId = (PathBuf, u64, String, String);

impl Pkcs11Provider {
    /// A provider that asks `interaction` for PINs. Cheap: nothing is loaded yet.
    #[must_use]
    pub fn new(options: Pkcs11Options, interaction: Arc<dyn Interaction>) -> Self {
        let finders = Pool::new(FINDERS, options.deadline);
        Self {
            shared: Arc::new(Shared {
                options,
                interaction,
                pinned: Mutex::default(),
                connections: Mutex::default(),
                keys: AtomicU64::new(0),
            }),
            finders,
        }
    }

    /// Makes a public key known for a URI, for tokens that keep only private objects. What the
    /// token itself tells wins; the caller compares.
    #[must_use]
    pub fn with_pinned(self, key: KeyUri, public_key: PublicKey) -> Self {
        self.shared
            .pinned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, public_key);
        self
    }

    /// The token that a URI means.
    pub(crate) async fn connect(&self, uri: &Pkcs11Uri) -> Result<Arc<Connection>, Pkcs11Error> {
        let (shared, uri) = (Arc::clone(&self.shared), uri.clone());
        self.finders
            .run("finding the token", move |(), _| shared.connect(&uri))
            .await
    }

    /// Every token that a URI may mean.
    pub(crate) async fn connect_all(
        &self,
        uri: &Pkcs11Uri,
    ) -> Result<Vec<Arc<Connection>>, Pkcs11Error> {
        let (shared, uri) = (Arc::clone(&self.shared), uri.clone());
        self.finders
            .run("listing tokens", move |(), _| shared.connect_all(&uri))
            .await
    }

    async fn open_key(&self, key: &KeyUri) -> Result<Pkcs11Signer, Pkcs11Error> {
        let uri = Pkcs11Uri::parse(key)?;
        let connection = self.connect(&uri).await?;
        let pinned = self.shared.pinned(key);
        let number = self.shared.keys.fetch_add(1, Ordering::Relaxed);
        let token = Arc::clone(&connection);
        let key = connection
            .pool
            .run("opening the key", move |worker, clock| {
                token.with_session(worker, &uri, Access::User, clock, |open| {
                    Key::open(&token, open, &uri, pinned.as_ref(), number)
                })
            })
            .await?;
        Ok(Pkcs11Signer {
            connection,
            key: Arc::new(key),
        })
    }
}

impl Pkcs11Provider {
    async fn read_public_key(&self, key: &KeyUri) -> Result<PublicKey, Pkcs11Error> {
        let uri = Pkcs11Uri::parse(key)?;
        let connection = self.connect(&uri).await?;
        let pinned = self.shared.pinned(key);
        let token = Arc::clone(&connection);
        connection
            .pool
            .run("reading the public key", move |worker, clock| {
                let pinned = pinned.as_ref();
                key::public(&token, worker, &uri, pinned, clock).map(|(_, public)| public)
            })
            .await
    }
}

impl Shared {
    /// The public key that was pinned for a URI.
    pub(crate) fn pinned(&self, key: &KeyUri) -> Option<PublicKey> {
        self.pinned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn turns(&self) -> Turns {
        Turns {
            serialize: self.options.serialize_startup,
            deadline: self.options.deadline,
        }
    }

    /// The module that a URI or the options name.
    fn module_path(&self, uri: &Pkcs11Uri) -> Result<PathBuf, Pkcs11Error> {
        let named = uri
            .module_path
            .as_ref()
            .or(self.options.default_module.as_ref());
        let path = named.ok_or_else(|| Pkcs11Error::Module {
            path: PathBuf::new(),
            problem: ModuleProblem::NotNamed,
            source: None,
        })?;
        module::canonical(path)
    }

    fn connect(&self, uri: &Pkcs11Uri) -> Result<Arc<Connection>, Pkcs11Error> {
        let path = self.module_path(uri)?;
        let _turn = self.turns().wait(&path)?;
        let module = Module::load(&path)?;
        let place = token::select(&module, &uri.token)?;
        Ok(self.connection(&module, place))
    }

    fn connect_all(&self, uri: &Pkcs11Uri) -> Result<Vec<Arc<Connection>>, Pkcs11Error> {
        let path = self.module_path(uri)?;
        let _turn = self.turns().wait(&path)?;
        let module = Module::load(&path)?;
        let places = token::matching(&module, &uri.token)?;
        Ok(places
            .into_iter()
            .map(|place| self.connection(&module, place))
            .collect())
    }

    fn connection(
        &self,
        module: &Arc<Module>,
        place: (cryptoki::slot::Slot, TokenDescription),
    ) -> Arc<Connection> {
        let (slot, token) = &place;
        let id = (
            module.path.clone(),
            slot.id(),
            token.serial.clone(),
            token.label.clone(),
        );
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(connections.entry(id).or_insert_with(|| {
            Arc::new(Connection::new(
                Arc::clone(module),
                place,
                self.turns(),
                &self.options,
                Arc::clone(&self.interaction),
            ))
        }))
    }
}

#[async_trait]
impl Provider for Pkcs11Provider {
    async fn open(&self, key: &KeyUri) -> Result<Box<dyn Signer>, OpenError> {
        let signer = self.open_key(key).await.map_err(Fault::from)?;
        Ok(Box::new(signer))
    }

    /// Without a login where the token shows the public object, or names a certificate by the
    /// URI's `id`.
    async fn public_key(&self, key: &KeyUri) -> Result<PublicKey, OpenError> {
        Ok(self.read_public_key(key).await.map_err(Fault::from)?)
    }

    fn generator(&self) -> Option<&dyn KeyGenerator> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn KeyLister> {
        Some(self)
    }

    fn destroyer(&self) -> Option<&dyn KeyDestroyer> {
        Some(self)
    }

    fn switch(&self) -> Option<&dyn KeySwitch> {
        Some(self)
    }

    fn certificates(&self) -> Option<&dyn CertificateStore> {
        Some(self)
    }
}
