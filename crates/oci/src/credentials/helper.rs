//! Programs `docker-credential-NAME`: they get a registry's name on standard input and answer
//! with JSON.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use touchmark_core::SecretString;
use zeroize::Zeroizing;

use super::Credential;
use crate::error::OciError;

/// How long a helper may take: it may have to ask its user.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer in bytes.
const LIMIT: u64 = 64 * 1024;

/// The user name that says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";

/// A helper that was found.
pub(super) struct Helper {
    name: String,
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: Option<SecretString>,
}

impl Helper {
    /// Looks for the program on `PATH`, in absolute folders only.
    pub(super) fn find(name: &str, path: Option<&OsStr>) -> Result<Self, OciError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let program = format!("docker-credential-{name}");
        if !name.bytes().all(plain) {
            return Err(OciError::setup(format!("{program:?} is no program's name")));
        }
        let found = std::env::split_paths(path.unwrap_or_default())
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&program))
            .find(|path| path.is_file());
        match found {
            Some(path) => Ok(Self {
                name: program,
                path,
            }),
            None => Err(OciError::setup(format!("{program} is not on PATH"))),
        }
    }

    /// Asks for a registry's credential.
    pub(super) async fn get(&self, registry: &str) -> Result<Credential, OciError> {
        let mut child = self.start()?;
        let group = Group::of(&child);
        let talked = tokio::time::timeout(TIMEOUT, self.talk(&mut child, registry)).await;
        drop(group);
        let (output, success) = talked.map_err(|_| OciError::TimedOut {
            what: self.name.clone(),
            limit: TIMEOUT,
        })??;
        self.interpret(&output, success)
    }

    fn start(&self) -> Result<Child, OciError> {
        Command::new(&self.path)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.failed(error))
    }

    async fn talk(
        &self,
        child: &mut Child,
        registry: &str,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), OciError> {
        if let Some(mut stdin) = child.stdin.take() {
            // A helper that does not read its input may answer all the same.
            let _ = stdin.write_all(registry.as_bytes()).await;
        }
        let mut output = Zeroizing::new(Vec::new());
        if let Some(stdout) = child.stdout.take() {
            let mut bounded = stdout.take(LIMIT + 1);
            let read = bounded.read_to_end(&mut output).await;
            read.map_err(|error| self.failed(error))?;
        }
        if output.len() as u64 > LIMIT {
            return Err(OciError::setup(format!(
                "{} answered with more than {LIMIT} bytes",
                self.name
            )));
        }
        let status = child.wait().await.map_err(|error| self.failed(error))?;
        Ok((output, status.success()))
    }

    fn interpret(&self, output: &[u8], success: bool) -> Result<Credential, OciError> {
        let text = str::from_utf8(output).unwrap_or_default();
        if !success {
            // The words of docker's helper library.
            return if text.contains("credentials not found") {
                Ok(Credential::None)
            } else {
                Err(OciError::setup(format!("{} failed", self.name)))
            };
        }
        // serde's message could repeat the secret.
        let answer: Answer = serde_json::from_str(text)
            .map_err(|_| OciError::setup(format!("{} answered with no JSON", self.name)))?;
        Ok(match answer.secret {
            None => Credential::None,
            Some(secret) if answer.username == TOKEN_USER => Credential::Identity(secret),
            Some(_) if answer.username.is_empty() => Credential::None,
            Some(password) => Credential::Password {
                username: answer.username,
                password,
            },
        })
    }

    fn failed(&self, error: std::io::Error) -> OciError {
        OciError::setup_by(format!("{} cannot be run", self.name), error)
    }
}

/// The helper and all that it started: ended with this.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
