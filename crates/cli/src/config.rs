//! `touchmark.toml`: names for keys. Nothing in it is needed to sign, and no secret belongs there.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use touchmark_core::{ErrorKind, KeyUri, PublicKey};

use crate::error::CliError;
use crate::input_file::{self, ReadError};

const FILE_NAME: &str = "touchmark.toml";

/// The keys that have names, by name.
#[derive(Debug, Default)]
pub(crate) struct Config {
    keys: BTreeMap<String, NamedKey>,
    path: PathBuf,
}

/// A named key: where it is, and what its public half must be.
#[derive(Clone, Debug)]
pub(crate) struct NamedKey {
    pub(crate) uri: KeyUri,
    pub(crate) public_key: Option<PublicKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    keys: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    uri: String,
    /// PEM itself, or the path of a PEM file, relative to the configuration file.
    public_key: Option<String>,
}

impl Config {
    /// Loads the file that `TOUCHMARK_CONFIG` names, else the user's, else the one in the current
    /// folder. None at all is an empty configuration; a named one that is absent is an error.
    pub(crate) fn load() -> Result<Self, CliError> {
        if let Some(path) = env::var_os("TOUCHMARK_CONFIG").filter(|path| !path.is_empty()) {
            return Self::read(&PathBuf::from(path), Trust::Full)?.ok_or_else(absent);
        }
        if let Some(path) = user_file()
            && let Some(config) = Self::read(&path, Trust::Full)?
        {
            return Ok(config);
        }
        Ok(Self::read(Path::new(FILE_NAME), Trust::Keys)?.unwrap_or_default())
    }

    fn read(path: &Path, trust: Trust) -> Result<Option<Self>, CliError> {
        let text = match input_file::read_limited(path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| malformed(path, "is not UTF-8"))?,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error.into_cli()),
        };
        let file: File = toml::from_str(&text).map_err(|error| {
            malformed(path, &format!("is malformed: {}", error.message()))
                .hint("a key is [keys.NAME] with uri = \"…\" and, optionally, public-key = \"…\"")
        })?;
        let keys = file
            .keys
            .into_iter()
            .map(|(name, entry)| Ok((name.clone(), entry.resolve(path, &name, trust)?)))
            .collect::<Result<_, CliError>>()?;
        Ok(Some(Self {
            keys,
            path: path.to_owned(),
        }))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&NamedKey> {
        self.keys.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The file that was read; empty where there was none.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// How far a configuration file is trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The user chose it.
    Full,
    /// It was found in the current folder, where a pull request could have put it: it must not
    /// make us load code or read files.
    Keys,
}

impl Entry {
    fn resolve(self, path: &Path, name: &str, trust: Trust) -> Result<NamedKey, CliError> {
        let here = |error: CliError| error.context(&format!("{}: keys.{name}", path.display()));
        let uri: KeyUri = self
            .uri
            .parse()
            .map_err(|error| here(CliError::from(error)))?;
        if trust == Trust::Keys && loads_something(&uri) {
            let refused = CliError::usage("module-path and pin-source are refused here").hint(
                "a file in the current folder must not load code: name it by TOUCHMARK_CONFIG",
            );
            return Err(here(refused));
        }
        let public_key = self
            .public_key
            .map(|text| public_key(path, &text))
            .transpose()
            .map_err(here)?;
        Ok(NamedKey { uri, public_key })
    }
}

fn loads_something(uri: &KeyUri) -> bool {
    uri.attributes().is_ok_and(|attributes| {
        ["module-path", "module-name", "pin-source"]
            .iter()
            .any(|name| attributes.query(name).or(attributes.path(name)).is_some())
    })
}

fn public_key(config: &Path, text: &str) -> Result<PublicKey, CliError> {
    if text.trim_start().starts_with("-----BEGIN") {
        return Ok(PublicKey::from_pem(text)?);
    }
    let path = config.parent().unwrap_or(Path::new("")).join(text);
    let pem = input_file::read_limited(&path).map_err(ReadError::into_cli)?;
    PublicKey::from_pem(&String::from_utf8_lossy(&pem))
        .map_err(|error| CliError::from(error).context(&path.display().to_string()))
}

fn user_file() -> Option<PathBuf> {
    let folder = env::var_os("XDG_CONFIG_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".config")))?;
    Some(folder.join("touchmark").join(FILE_NAME))
}

fn absent() -> CliError {
    CliError::usage("the file named by TOUCHMARK_CONFIG does not exist")
        .hint("correct the variable, or unset it to use the default places")
}

fn malformed(path: &Path, what: &str) -> CliError {
    CliError::new(ErrorKind::Malformed, format!("{} {what}", path.display()))
}
