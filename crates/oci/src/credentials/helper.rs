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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::time::Instant;

    use touchmark_core::ExposeSecret as _;

    use super::*;

    /// What a helper of that script answers.
    fn ask(script: &str) -> Result<Credential, OciError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-credential-x");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let helper = Helper::find("x", Some(folder.path().as_os_str())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(helper.get("r.example:5000"))
    }

    #[test]
    fn it_gets_the_registrys_name_and_answers() {
        let echo =
            r#"test "$1" = get; read name; echo "{\"Username\":\"$name\",\"Secret\":\"pw\"}""#;
        let Credential::Password { username, password } = ask(echo).unwrap() else {
            panic!()
        };
        assert_eq!(username, "r.example:5000");
        assert_eq!(password.expose_secret(), "pw");
        let token = r#"echo '{"Username":"<token>","Secret":"t"}'"#;
        assert!(matches!(ask(token), Ok(Credential::Identity(_))));
    }

    #[test]
    fn knowing_nothing_is_no_failure() {
        let unknown = "echo 'credentials not found in native keychain'; exit 1";
        assert!(matches!(ask(unknown), Ok(Credential::None)));
    }

    #[test]
    fn failures_are_told_without_what_it_wrote() {
        let scripts = [
            "echo hunter2; exit 1",
            "echo hunter2",
            r#"echo '{"Secret":["hunter2"]}'"#,
            "while :; do echo hunter2hunter2hunter2; done",
            "kill -9 $$",
        ];
        for script in scripts {
            let start = Instant::now();
            let error = ask(script).unwrap_err();
            assert!(
                matches!(error, OciError::Setup { .. }),
                "{script}: {error:?}"
            );
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert!(start.elapsed() < TIMEOUT);
        }
    }

    #[test]
    fn one_that_hangs_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let alive = folder.path().join("alive");
        let script = format!("(sleep 12; echo > {}) & sleep 60", alive.display());
        let error = ask(&script).unwrap_err();
        assert!(matches!(error, OciError::TimedOut { .. }), "{error:?}");
        std::thread::sleep(Duration::from_secs(4));
        assert!(!Path::new(&alive).exists());
    }

    #[test]
    fn only_plain_names_in_absolute_folders_are_run() {
        for name in ["../x", "a/b", "a b", "x;y"] {
            assert!(Helper::find(name, Some("/bin".as_ref())).is_err(), "{name}");
        }
        assert!(Helper::find("x", Some(".".as_ref())).is_err());
        assert!(Helper::find("x", None).is_err());
    }
}
