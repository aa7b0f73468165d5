//! Rego policies over a verified statement, as cosign's `--policy` takes them.
//!
//! A policy is a program: it is judged by a child of the same binary, which has no environment and
//! limits on its time and memory ([`judge`]). The verdict is cosign's: `data.signature.allow` must
//! be true, and nothing else.

pub(crate) mod judge;
mod question;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use touchmark_core::ErrorKind;

use crate::error::CliError;
use crate::input_file;
use question::{Answer, Question, Source};

/// How long a policy may think.
const DEADLINE: Duration = Duration::from_secs(5);

/// More than an answer has.
const ANSWER_LIMIT: u64 = 1024 * 1024;

/// The policies that a statement must pass.
#[derive(Debug)]
pub(crate) struct Policies(Vec<Source>);

impl Policies {
    /// Reads the files; none is no policy.
    pub(crate) fn load(paths: &[PathBuf]) -> Result<Self, CliError> {
        let sources: Result<Vec<Source>, CliError> = paths.iter().map(|path| read(path)).collect();
        Ok(Self(sources?))
    }

    /// Judges one statement, which is JSON.
    ///
    /// # Errors
    ///
    /// Everything but a clear yes: no, a policy that is malformed, one that fails, one that takes
    /// too much.
    pub(crate) async fn judge(&self, statement: &[u8]) -> Result<(), CliError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let question = Question {
            policies: &self.0,
            input: String::from_utf8_lossy(statement).into_owned(),
        };
        let question = serde_json::to_vec(&question).map_err(|error| {
            CliError::new(ErrorKind::Failed, "the policy cannot be asked").cause(&error)
        })?;
        match ask(&question).await? {
            Answer::Allowed => Ok(()),
            Answer::Denied(reasons) => Err(denied(&reasons)),
            Answer::Malformed(reason) => Err(malformed(&reason)),
        }
    }
}

fn read(path: &Path) -> Result<Source, CliError> {
    let name = path.display().to_string();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("rego") => {}
        Some("cue") => {
            return Err(
                CliError::usage(format!("{name}: CUE policies are not supported"))
                    .hint("write the policy in Rego: package signature, rule allow"),
            );
        }
        _ => {
            return Err(CliError::usage(format!("{name} is no policy"))
                .hint("the name of a policy in Rego ends in .rego"));
        }
    }
    let bytes = input_file::read_limited(path).map_err(input_file::ReadError::into_cli)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CliError::new(ErrorKind::Malformed, format!("{name} is no text")))?;
    Ok(Source { name, text })
}

/// Asks a child of this binary. It is killed when its time is over, and when we go.
async fn ask(question: &[u8]) -> Result<Answer, CliError> {
    let failed =
        |error| CliError::new(ErrorKind::Failed, "the policy cannot be judged").cause(&error);
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .arg(judge::VERB)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let answer = match tokio::time::timeout(DEADLINE, talk(&mut child, question)).await {
        Ok(answer) => answer.map_err(failed)?,
        Err(_) => return Err(exhausted("it did not end within 5 s")),
    };
    serde_json::from_slice(&answer)
        .map_err(|_| exhausted("it ended without a verdict: out of memory or stack"))
}

async fn talk(child: &mut Child, question: &[u8]) -> std::io::Result<Vec<u8>> {
    if let Some(mut stdin) = child.stdin.take() {
        // A child that ended early has said why, or has died: either is seen below.
        let _ = stdin.write_all(question).await;
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(ANSWER_LIMIT).read_to_end(&mut answer).await?;
    }
    child.wait().await?;
    Ok(answer)
}

fn denied(reasons: &[String]) -> CliError {
    CliError::new(
        ErrorKind::Rejected,
        format!("the policy does not allow it: {}", reasons.join("; ")),
    )
    .hint("`allow` of package signature must be true for the statement")
}

fn malformed(reason: &str) -> CliError {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    CliError::new(
        ErrorKind::Malformed,
        format!("the policy cannot be evaluated: {reason}"),
    )
    .hint("policies are Rego v0, as cosign takes them: package signature, rule allow")
}

fn exhausted(what: &str) -> CliError {
    CliError::new(
        ErrorKind::Rejected,
        format!("the policy gave no verdict: {what}"),
    )
    .hint("a policy has 5 s and 1 GiB; what it does not allow is refused")
}
