//! Makes keys through a plugin.

use async_trait::async_trait;
use touchmark_core::{Fault, KeyAlgorithm, KeyGenerator, KeyUri, ManageError, PublicKey};

use super::quote::clean;
use super::{Plugin, PluginError, PluginProvider};
use crate::wire::{CreateKey, Method};

#[async_trait]
impl KeyGenerator for PluginProvider {
    async fn generate(
        &self,
        key: &KeyUri,
        algorithm: KeyAlgorithm,
    ) -> Result<PublicKey, ManageError> {
        let made = self.plugin.generate(key.body(), algorithm).await;
        made.map_err(|error| Fault::new(error).into())
    }
}

impl Plugin {
    async fn generate(&self, key: &str, wanted: KeyAlgorithm) -> Result<PublicKey, PluginError> {
        self.refuse_existing(key).await?;
        self.check_offer(key, wanted).await?;
        let arguments = CreateKey {
            ctx_deadline: self.deadline(),
            algorithm: wanted.name(),
        };
        let response = self
            .call(key, Method::CreateKey(arguments), Vec::new())
            .await?;
        let made = self.read_public_key(response.create_key, "createKey")?;
        if made.algorithm() != wanted {
            return Err(self.no_such(wanted, &made.algorithm().name()));
        }
        Ok(made)
    }

    /// `createKey` does not tell whether it made a key or found one, and some plugins answer with
    /// the one they find. So a key that has a public half is one that exists.
    async fn refuse_existing(&self, key: &str) -> Result<(), PluginError> {
        match self.public_key(key).await {
            Ok(found) => Err(PluginError::Exists {
                program: self.name.clone(),
                key_id: found.key_id(),
            }),
            Err(PluginError::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn check_offer(&self, key: &str, wanted: KeyAlgorithm) -> Result<(), PluginError> {
        let method = Method::SupportedAlgorithms;
        let name = method.name();
        let response = self.call(key, method, Vec::new()).await?;
        let offered = response
            .supported_algorithms
            .ok_or_else(|| self.missing(name))?;
        let offered = offered.supported_algorithms.unwrap_or_default();
        if offered.contains(&wanted.name()) {
            return Ok(());
        }
        Err(self.no_such(wanted, &offered.join(", ")))
    }

    fn no_such(&self, wanted: KeyAlgorithm, offered: &str) -> PluginError {
        let offered = match offered {
            "" => "none at all".to_owned(),
            names => clean(names.as_bytes(), &self.secrets),
        };
        PluginError::Algorithm {
            program: self.name.clone(),
            wanted,
            offered,
        }
    }
}
