//! Signs through a plugin.

use std::io::{self, Read};
use std::sync::Arc;

use async_trait::async_trait;
use touchmark_core::{
    Content, Fault, KeyAlgorithm, Message, Prepared, PublicKey, SignError, Signature,
    SignatureScheme, Signer,
};

use super::{MESSAGE_LIMIT, Plugin, PluginError};
use crate::wire::{MessageOptions, Method, RpcOptions, SignOptions, hash};

/// One key of a plugin. Its public key was read when it was opened, and is not read again.
#[derive(Debug)]
pub(super) struct PluginSigner {
    plugin: Arc<Plugin>,
    key: String,
    public_key: PublicKey,
    schemes: Vec<SignatureScheme>,
}

impl PluginSigner {
    pub(super) fn new(plugin: Arc<Plugin>, key: &str, public_key: PublicKey) -> Self {
        Self {
            plugin,
            key: key.into(),
            schemes: schemes(public_key.algorithm()),
            public_key,
        }
    }

    async fn ask(&self, input: &Prepared<'_>) -> Result<Signature, PluginError> {
        let (message_options, stdin) = match input.content() {
            Content::Digest(digest) => (
                MessageOptions {
                    digest: Some(digest.as_bytes().to_vec()),
                    hash_func: Some(hash::to_wire(digest.algorithm())),
                },
                Vec::new(),
            ),
            Content::Message(message) => (MessageOptions::default(), self.read(*message)?),
        };
        let options = SignOptions {
            rpc_options: RpcOptions::new(self.plugin.deadline()),
            message_options,
        };
        let method = Method::SignMessage(options);
        let response = self.plugin.call(&self.key, method, stdin).await?;
        let algorithm = self.public_key.algorithm();
        self.plugin.read_signature(response.sign_message, algorithm)
    }

    /// The whole message, for pure Ed25519.
    fn read(&self, message: &dyn Message) -> Result<Vec<u8>, PluginError> {
        read_whole(message).map_err(|source| PluginError::Message {
            program: self.plugin.name.clone(),
            source,
        })
    }
}

fn read_whole(message: &dyn Message) -> io::Result<Vec<u8>> {
    let limit = MESSAGE_LIMIT as u64;
    if message.len_hint().is_some_and(|length| length > limit) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    message.open()?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MESSAGE_LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// What the protocol can ask for: it has no PSS.
fn schemes(algorithm: KeyAlgorithm) -> Vec<SignatureScheme> {
    SignatureScheme::all_for(algorithm)
        .into_iter()
        .filter(|scheme| !matches!(scheme, SignatureScheme::RsaPss(_)))
        .collect()
}

#[async_trait]
impl Signer for PluginSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    async fn sign(&self, input: &Prepared<'_>) -> Result<Signature, SignError> {
        if !self.schemes.contains(&input.scheme()) {
            return Err(SignError::Scheme(input.scheme()));
        }
        let signature = self.ask(input).await;
        signature.map_err(|error| Fault::new(error).into())
    }
}
