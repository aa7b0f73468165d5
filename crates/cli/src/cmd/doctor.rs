//! `doctor`: what is installed and reachable, and what to do about what is not.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use touchmark_core::Explain;
use touchmark_core::interaction::Terminal;
use touchmark_pkcs11::{ModuleReport, PinTries, TokenDescription, probe};

use super::Verb;
use crate::config::Config;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::{Outcome, lines};
use crate::pkcs11_modules;
use crate::runtime::busy;

/// Looks at the configuration, PKCS#11 modules and tokens, plugins and cosign. Nothing is changed,
/// no PIN is tried, and it exits with 0 whenever it could look.
#[derive(Args, Debug)]
pub(crate) struct Doctor {}

/// A module that does not answer for this long is reported, not waited for.
const DEADLINE: Duration = Duration::from_secs(10);

/// How a check came out.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    status: Status,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    checks: Vec<Check>,
}

impl Verb for Doctor {
    const NAME: &'static str = "doctor";
    const ABOUT: &'static str = "Tell what is installed and reachable";
    const EXAMPLE: &'static str = "  touchmark doctor --output json";

    async fn run(self, _context: &Context) -> Result<Outcome, CliError> {
        let mut checks = vec![configuration(), secrets()];
        checks.extend(busy(modules));
        checks.push(plugins());
        checks.push(cosign());
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            checks,
        };
        Ok(Outcome::text(text(&report)).json(&report))
    }
}

fn check(name: &str, status: Status, detail: impl Into<String>) -> Check {
    Check {
        name: name.into(),
        status,
        detail: detail.into(),
        hint: None,
    }
}

impl Check {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

fn configuration() -> Check {
    match Config::load() {
        Ok(config) if config.path().as_os_str().is_empty() => check(
            "configuration",
            Status::Ok,
            "no touchmark.toml; none is needed",
        ),
        Ok(config) => {
            let names = config.names().collect::<Vec<_>>().join(", ");
            let detail = format!("{} names {names}", config.path().display());
            check("configuration", Status::Ok, detail)
        }
        Err(error) => Check {
            hint: Some(error.hint_text().to_owned()),
            ..check("configuration", Status::Fail, error.message())
        },
    }
}

fn secrets() -> Check {
    // An empty password is a password; an empty PIN is none.
    let is_set = |name: &&str| {
        env::var_os(name).is_some_and(|value| !value.is_empty() || *name == "COSIGN_PASSWORD")
    };
    let set: Vec<&str> = ["TOUCHMARK_PIN", "COSIGN_PKCS11_PIN", "COSIGN_PASSWORD"]
        .into_iter()
        .filter(is_set)
        .collect();
    match set.as_slice() {
        [] if Terminal::is_attended() => check(
            "secrets",
            Status::Ok,
            "asked for at the terminal when they are needed",
        ),
        [] => check(
            "secrets",
            Status::Warn,
            "no PIN or password in the environment, no terminal",
        )
        .hint("set TOUCHMARK_PIN or COSIGN_PASSWORD, or give --pin-file or --pin-fd"),
        set => check("secrets", Status::Ok, format!("{} set", set.join(" and "))),
    }
}

fn modules() -> Vec<Check> {
    let mut paths = pkcs11_modules::installed();
    let default = pkcs11_modules::default_module();
    if let Some(default) = default
        .clone()
        .map(|path| path.canonicalize().unwrap_or(path))
    {
        paths.retain(|path| *path != default);
        paths.insert(0, default);
    }
    if paths.is_empty() {
        return vec![
            check(
                "PKCS#11 module",
                Status::Warn,
                "none is configured or found",
            )
            .hint("install your HSM's library and set TOUCHMARK_PKCS11_MODULE to its path"),
        ];
    }
    let mut checks: Vec<Check> = paths.iter().flat_map(|path| module(path)).collect();
    if default.is_none() {
        checks.push(
            check("default module", Status::Warn, "not set")
                .hint("set TOUCHMARK_PKCS11_MODULE, or give module-path in each URI"),
        );
    }
    checks
}

fn module(path: &Path) -> Vec<Check> {
    let name = format!("module {}", path.display());
    match probe(path, DEADLINE) {
        Ok(report) => {
            let tokens = report
                .tokens
                .iter()
                .filter(|token| token.initialized)
                .count();
            let ModuleReport {
                description,
                manufacturer,
                version,
                ..
            } = &report;
            let detail = format!("{description} {version} by {manufacturer}, {tokens} tokens");
            let mut checks = vec![check(&name, Status::Ok, detail)];
            checks.extend(
                report
                    .tokens
                    .iter()
                    .filter(|token| token.initialized)
                    .map(token),
            );
            checks
        }
        Err(error) => vec![Check {
            hint: error.hint(),
            ..check(&name, Status::Fail, error.to_string())
        }],
    }
}

fn token(token: &TokenDescription) -> Check {
    let name = format!("token {:?}", token.label);
    let identity = format!("serial {}, slot {}", token.serial, token.slot_id);
    if !token.user_pin_initialized {
        return check(&name, Status::Warn, format!("{identity}, no user PIN yet"))
            .hint("its security officer sets the user PIN");
    }
    let (status, pin, hint) = match token.user_pin {
        PinTries::Fine => (Status::Ok, "PIN not locked", None),
        PinTries::CountLow => (
            Status::Warn,
            "a wrong PIN was entered since the last login",
            Some(CAREFUL),
        ),
        PinTries::FinalTry => (Status::Warn, "PIN: 1 try left", Some(FINAL)),
        PinTries::Locked => (Status::Fail, "PIN locked: 0 tries left", Some(LOCKED)),
    };
    Check {
        hint: hint.map(str::to_owned),
        ..check(&name, status, format!("{identity}, {pin}"))
    }
}

const CAREFUL: &str = "log in with the right PIN once to reset the count";
const FINAL: &str = "be sure of the PIN, then log in once with --use-final-pin-try";
const LOCKED: &str = "its security officer unlocks it by setting a new user PIN";

fn plugins() -> Check {
    let names = on_path(|name| name.starts_with("sigstore-kms-"));
    match names.as_slice() {
        [] => check("KMS plugins", Status::Ok, "none on PATH"),
        names => {
            let names = names.iter().map(|path| path.display().to_string());
            check(
                "KMS plugins",
                Status::Ok,
                names.collect::<Vec<_>>().join(", "),
            )
        }
    }
}

fn cosign() -> Check {
    let Some(path) = on_path(|name| name == "cosign").into_iter().next() else {
        return check(
            "cosign",
            Status::Ok,
            "not on PATH; only those who verify with it need it",
        );
    };
    let output = Command::new(&path)
        .arg("version")
        .stdin(Stdio::null())
        .output();
    let version = output.ok().and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("GitVersion:"))?;
        Some(line.trim().to_owned())
    });
    match version {
        Some(version) => check(
            "cosign",
            Status::Ok,
            format!("{version} at {}", path.display()),
        ),
        None => check(
            "cosign",
            Status::Warn,
            format!("{} does not run", path.display()),
        )
        .hint("install it again"),
    }
}

/// The programs on PATH whose names are wanted, in order.
fn on_path(is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter_map(|folder| folder.read_dir().ok())
        .flat_map(|entries| entries.filter_map(Result::ok))
        .filter(|entry| entry.file_name().to_str().is_some_and(&is_wanted))
        .map(|entry| entry.path())
        .collect()
}

fn text(report: &Report) -> String {
    let heading = format!("touchmark {}", report.version);
    let checks = report.checks.iter().flat_map(|check| {
        let mark = match check.status {
            Status::Ok => "ok  ",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        };
        let finding = format!("{mark}  {}: {}", check.name, check.detail);
        let hint = check.hint.iter().map(|hint| format!("      hint: {hint}"));
        [finding].into_iter().chain(hint)
    });
    lines([heading].into_iter().chain(checks))
}
