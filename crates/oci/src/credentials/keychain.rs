//! Looks for the credential of one registry, when it is first asked for one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokio::sync::{Mutex, OnceCell};

use super::file::ConfigFile;
use super::helper::Helper;
use super::{Credential, Login};
use crate::error::OciError;
use crate::options::Environment;
use crate::reference::Repository;

/// Docker Hub's name in docker's files and helpers.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// Where credentials are looked for.
#[derive(Debug)]
pub(crate) struct Keychain {
    login: Login,
    environment: Environment,
    /// The file, once it was read. It is read once per run, and each helper asked once for each
    /// registry: a helper may ask its user.
    config: OnceCell<Option<ConfigFile>>,
    helped: Mutex<HashMap<String, Credential>>,
}

impl Keychain {
    pub(crate) fn new(login: Login, environment: Environment) -> Self {
        Self {
            login,
            environment,
            config: OnceCell::new(),
            helped: Mutex::default(),
        }
    }

    /// The credential for a repository's registry.
    pub(crate) async fn find(&self, repository: &Repository) -> Result<Credential, OciError> {
        match &self.login {
            Login::Anonymous => Ok(Credential::None),
            Login::Token(token) => Ok(Credential::Registry(token.clone())),
            Login::Password { username, password } => Ok(Credential::Password {
                username: username.clone(),
                password: password.clone(),
            }),
            Login::Found => self.search(repository).await,
        }
    }

    async fn search(&self, repository: &Repository) -> Result<Credential, OciError> {
        let Some(config) = self.config.get_or_try_init(|| self.read()).await? else {
            return Ok(Credential::None);
        };
        let registry = repository.registry();
        if let Some(name) = config.helper(registry) {
            let found = self.ask(name, registry).await?;
            // docker looks into the file where the helper knows nothing.
            if !matches!(found, Credential::None) {
                return Ok(found);
            }
        }
        config.entry(repository)
    }

    async fn ask(&self, name: &str, registry: &str) -> Result<Credential, OciError> {
        let mut known = self.helped.lock().await;
        if let Some(credential) = known.get(registry) {
            return Ok(credential.clone());
        }
        let helper = Helper::find(name, self.environment.path.as_deref())?;
        let found = helper.get(key(registry)).await?;
        known.insert(registry.into(), found.clone());
        Ok(found)
    }

    async fn read(&self) -> Result<Option<ConfigFile>, OciError> {
        match self.file() {
            Some(path) => ConfigFile::read(&path).await,
            None => Ok(None),
        }
    }

    /// The first file that is there, in the order of cosign: docker's, then podman's.
    fn file(&self) -> Option<PathBuf> {
        let environment = &self.environment;
        let path = |value: &Option<std::ffi::OsString>| value.as_ref().map(PathBuf::from);
        let docker = path(&environment.docker_config)
            .or_else(|| Some(path(&environment.home)?.join(".docker")))
            .map(|folder| folder.join("config.json"));
        let podman = path(&environment.registry_auth_file);
        let runtime = path(&environment.runtime_dir)
            .map(|folder| folder.join("containers").join("auth.json"));
        [docker, podman, runtime]
            .into_iter()
            .flatten()
            .find(|path| Path::exists(path))
    }
}

/// What helpers call a registry.
fn key(registry: &str) -> &str {
    match registry {
        "index.docker.io" => DOCKER_HUB_KEY,
        other => other,
    }
}
