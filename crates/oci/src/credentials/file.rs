//! docker's `config.json` and podman's `auth.json`.

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use touchmark_core::SecretString;
use zeroize::Zeroizing;

use super::Credential;
use crate::error::OciError;
use crate::reference::Repository;

/// The longest configuration file in bytes.
const LIMIT: u64 = 1024 * 1024;

/// What of the file matters here. There is no `Debug` of its contents.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigFile {
    #[serde(default)]
    auths: HashMap<String, Entry>,
    #[serde(default)]
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: HashMap<String, String>,
    #[serde(skip)]
    path: String,
}

#[derive(Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<SecretString>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<SecretString>,
    #[serde(default)]
    identitytoken: Option<SecretString>,
    #[serde(default)]
    registrytoken: Option<SecretString>,
}

impl ConfigFile {
    /// Reads the file; `None` where it is gone.
    pub(super) async fn read(path: &Path) -> Result<Option<Self>, OciError> {
        let shown = path.display().to_string();
        let unreadable = |error| OciError::setup_by(format!("{shown} cannot be read"), error);
        let file = match tokio::fs::File::open(path).await {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let mut bytes = Zeroizing::new(Vec::new());
        let mut bounded = file.take(LIMIT + 1);
        bounded.read_to_end(&mut bytes).await.map_err(unreadable)?;
        if bytes.len() as u64 > LIMIT {
            return Err(OciError::setup(format!("{shown} is longer than 1 MiB")));
        }
        Self::parse(&shown, &bytes).map(Some)
    }

    fn parse(path: &str, bytes: &[u8]) -> Result<Self, OciError> {
        // serde's message could repeat a secret: only the place is told.
        let mut config: Self = serde_json::from_slice(bytes).map_err(|error| {
            OciError::setup(format!(
                "{path} is no docker configuration (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        config.path = path.into();
        Ok(config)
    }

    /// The name of the program that keeps a registry's credentials.
    pub(super) fn helper(&self, registry: &str) -> Option<&str> {
        let own = self
            .cred_helpers
            .iter()
            .find(|(key, _)| normalised(key) == registry);
        let name = own.map(|(_, name)| name).or(self.creds_store.as_ref())?;
        Some(name.as_str()).filter(|name| !name.is_empty())
    }

    /// The credential that is in the file itself. podman's keys may name a namespace or
    /// repository; the longest that fits counts.
    pub(super) fn entry(&self, repository: &Repository) -> Result<Credential, OciError> {
        let full = repository.to_string();
        let fitting = self.auths.iter().filter(|(key, _)| {
            let key = normalised(key);
            full == key || full.starts_with(&format!("{key}/"))
        });
        match fitting.max_by_key(|(key, _)| normalised(key).len()) {
            Some((_, entry)) => self.credential(entry, &full),
            None => Ok(Credential::None),
        }
    }

    fn credential(&self, entry: &Entry, repository: &str) -> Result<Credential, OciError> {
        let set = |secret: &Option<SecretString>| secret.clone().filter(|secret| !empty(secret));
        if let Some(token) = set(&entry.identitytoken) {
            return Ok(Credential::Identity(token));
        }
        if let Some(token) = set(&entry.registrytoken) {
            return Ok(Credential::Registry(token));
        }
        if let Some(auth) = set(&entry.auth) {
            return decode(&auth).ok_or_else(|| {
                OciError::setup(format!(
                    "{} has a malformed \"auth\" for {repository}",
                    self.path
                ))
            });
        }
        match (&entry.username, set(&entry.password)) {
            (Some(username), Some(password)) if !username.is_empty() => Ok(Credential::Password {
                username: username.clone(),
                password,
            }),
            _ => Ok(Credential::None),
        }
    }
}

fn empty(secret: &SecretString) -> bool {
    use touchmark_core::ExposeSecret as _;
    secret.expose_secret().is_empty()
}

/// `user:password` in base64.
fn decode(auth: &SecretString) -> Option<Credential> {
    use touchmark_core::ExposeSecret as _;
    let bytes = Zeroizing::new(STANDARD.decode(auth.expose_secret().trim()).ok()?);
    let text = str::from_utf8(&bytes).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(Credential::Password {
        username: username.into(),
        password: password.trim_end_matches('\0').into(),
    })
}

/// A key as docker normalises it: without scheme and without the path of the old API.
fn normalised(key: &str) -> String {
    let bare = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key)
        .trim_end_matches('/');
    let bare = bare
        .strip_suffix("/v1")
        .or_else(|| bare.strip_suffix("/v2"))
        .unwrap_or(bare);
    match bare.strip_prefix("docker.io") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("index.docker.io{rest}"),
        _ => bare.into(),
    }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration {}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use touchmark_core::ExposeSecret as _;

    use super::*;

    fn lookup(json: &str, repository: &str) -> Credential {
        let config = ConfigFile::parse("c", json.as_bytes()).unwrap();
        config.entry(&repository.parse().unwrap()).unwrap()
    }

    fn user(credential: &Credential) -> &str {
        match credential {
            Credential::Password { username, .. } => username,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn entries_are_found_under_every_spelling() {
        let auth = STANDARD.encode("me:pw:x");
        for key in [
            "r.example",
            "https://r.example",
            "https://r.example/v1/",
            "http://r.example/v2/",
            "r.example/a",
            "r.example/a/b",
        ] {
            let json = format!(r#"{{"auths":{{"{key}":{{"auth":"{auth}"}}}}}}"#);
            let found = lookup(&json, "r.example/a/b");
            assert_eq!(user(&found), "me", "{key}");
            let Credential::Password { password, .. } = found else {
                panic!()
            };
            assert_eq!(password.expose_secret(), "pw:x");
        }
        for key in ["r.example:5000", "s.example", "r.example/ab", "example"] {
            let json = format!(r#"{{"auths":{{"{key}":{{"auth":"{auth}"}}}}}}"#);
            assert!(matches!(lookup(&json, "r.example/a/b"), Credential::None));
        }
    }

    #[test]
    fn the_longest_key_that_fits_counts() {
        let entry = |name: &str| format!(r#"{{"username":"{name}","password":"p"}}"#);
        let json = format!(
            r#"{{"auths":{{"r.example":{},"r.example/a":{}}}}}"#,
            entry("host"),
            entry("space")
        );
        assert_eq!(user(&lookup(&json, "r.example/a/b")), "space");
        assert_eq!(user(&lookup(&json, "r.example/c")), "host");
    }

    #[test]
    fn docker_hub_has_an_old_name() {
        let json = r#"{"auths":{"https://index.docker.io/v1/":{"identitytoken":"t"}}}"#;
        assert!(matches!(lookup(json, "alpine"), Credential::Identity(_)));
    }

    #[test]
    fn helpers_are_named_for_one_registry_or_all() {
        let json = r#"{"credsStore":"all","credHelpers":{"https://r.example":"one"}}"#;
        let config = ConfigFile::parse("c", json.as_bytes()).unwrap();
        assert_eq!(config.helper("r.example"), Some("one"));
        assert_eq!(config.helper("s.example"), Some("all"));
    }

    #[test]
    fn no_secret_is_in_an_error() {
        let json = r#"{"auths":{"r.example":{"auth":17,"x":"hunter2"}}}"#;
        let error = ConfigFile::parse("c", json.as_bytes()).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
        let json = r#"{"auths":{"r.example":{"auth":"hunter2"}}}"#;
        let config = ConfigFile::parse("c", json.as_bytes()).unwrap();
        let error = config.entry(&"r.example/a".parse().unwrap()).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
