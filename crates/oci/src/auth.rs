//! Answers a registry's challenge: Basic (RFC 7617), or a token from its token server (RFC 6750,
//! docker's token authentication).
//!
//! Nothing is sent before a registry asks, and then only to it, or to the token server that it
//! names. Tokens are kept for the run, by registry and scope.

mod challenge;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;
use touchmark_core::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::credentials::{Credential, Keychain};
use crate::error::OciError;
use crate::exchange::Call;
use crate::options::Options;
use crate::registry::Operation;
use challenge::Challenge;

/// What was learned about authorization. Registries are independent of each other.
#[derive(Debug)]
pub(crate) struct Auth {
    keychain: Keychain,
    accounts: Mutex<HashMap<String, Arc<Account>>>,
    /// What each registry asked for last: its other repositories will be asked for the same.
    challenges: Mutex<HashMap<String, Challenge>>,
}

/// One repository. The lock is held while a token is fetched, so that many requests at once fetch
/// one.
type Account = tokio::sync::Mutex<State>;

#[derive(Debug, Default)]
struct State {
    credential: Option<Credential>,
    tokens: HashMap<String, Authorization>,
}

/// A value for `Authorization`.
#[derive(Clone, Debug)]
struct Authorization {
    value: HeaderValue,
    expires: Option<Instant>,
}

impl Authorization {
    fn new(scheme: &str, secret: &str, expires: Option<Instant>) -> Result<Self, OciError> {
        let text = Zeroizing::new(format!("{scheme} {secret}"));
        let mut value = HeaderValue::try_from(text.as_str())
            .map_err(|_| OciError::setup("a credential has characters that cannot be sent"))?;
        value.set_sensitive(true);
        Ok(Self { value, expires })
    }

    fn basic(username: &str, password: &SecretString) -> Result<Self, OciError> {
        let pair = Zeroizing::new(format!("{username}:{}", password.expose_secret()));
        let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        Self::new("Basic", &encoded, None)
    }

    fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|end| Instant::now() < end)
    }
}

impl Auth {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keychain: Keychain::new(options.login.clone(), options.environment.clone()),
            accounts: Mutex::default(),
            challenges: Mutex::default(),
        }
    }

    fn account(&self, call: &Call<'_>) -> Arc<Account> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = call.repository.to_string();
        Arc::clone(accounts.entry(key).or_default())
    }

    fn challenge(&self, call: &Call<'_>) -> Option<Challenge> {
        let known = self
            .challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.get(call.repository.registry()).cloned()
    }

    fn remember(&self, call: &Call<'_>, challenge: Challenge) {
        let mut known = self
            .challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.insert(call.repository.registry().into(), challenge);
    }

    /// What a call can be sent with at once: what was used before, or what the registry is known
    /// to want.
    pub(crate) async fn known(
        &self,
        operation: &Operation,
        call: &Call<'_>,
    ) -> Result<Option<HeaderValue>, OciError> {
        let Some(challenge) = self.challenge(call) else {
            return Ok(None);
        };
        let account = self.account(call);
        let mut state = account.lock().await;
        let offer = self.authorize(operation, call, &challenge, &mut state, None);
        offer.await.map(Some)
    }

    /// What a call was sent with before, if it is still good. Asks nobody.
    pub(crate) async fn kept(&self, call: &Call<'_>) -> Option<HeaderValue> {
        let account = self.account(call);
        let state = account.lock().await;
        let kept = state.tokens.get(&call.scopes().join(" "));
        kept.filter(|kept| kept.is_fresh())
            .map(|kept| kept.value.clone())
    }

    /// What a call is to be sent with now that the registry has asked. `used` did not do.
    pub(crate) async fn respond(
        &self,
        operation: &Operation,
        call: &Call<'_>,
        asked: &HeaderMap,
        used: Option<&HeaderValue>,
    ) -> Result<HeaderValue, OciError> {
        let account = self.account(call);
        let mut state = account.lock().await;
        let challenge = Challenge::read(asked, call.repository.registry())?;
        self.remember(call, challenge.clone());
        let offer = self
            .authorize(operation, call, &challenge, &mut state, used)
            .await?;
        if used == Some(&offer) {
            return Err(denied(call, ": it does not accept the credentials"));
        }
        Ok(offer)
    }

    async fn authorize(
        &self,
        operation: &Operation,
        call: &Call<'_>,
        challenge: &Challenge,
        state: &mut State,
        used: Option<&HeaderValue>,
    ) -> Result<HeaderValue, OciError> {
        let scopes = call.scopes();
        let key = scopes.join(" ");
        let kept = state.tokens.get(&key);
        if let Some(kept) = kept.filter(|kept| kept.is_fresh() && used != Some(&kept.value)) {
            return Ok(kept.value.clone());
        }
        let credential = match &state.credential {
            Some(credential) => credential.clone(),
            None => self.keychain.find(call.repository).await?,
        };
        state.credential = Some(credential.clone());
        let made = match (challenge, &credential) {
            (Challenge::Basic, Credential::Password { username, password }) => {
                Authorization::basic(username, password)?
            }
            (Challenge::Bearer(_), Credential::Registry(token)) => {
                Authorization::new("Bearer", token.expose_secret(), None)?
            }
            (Challenge::Bearer(bearer), _) => {
                token::fetch(operation, call, bearer, &scopes, &credential).await?
            }
            _ => {
                return Err(denied(
                    call,
                    ": it wants an account, and none is known for it",
                ));
            }
        };
        let value = made.value.clone();
        state.tokens.insert(key, made);
        Ok(value)
    }
}

/// The registry does not let the caller in; `message` continues the sentence.
pub(crate) fn denied(call: &Call<'_>, message: &str) -> OciError {
    OciError::Denied {
        registry: call.repository.registry().into(),
        status: 401,
        message: message.into(),
    }
}
