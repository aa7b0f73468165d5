//! Plugins for the tests: shell scripts, and the one that is built on sigstore's own package.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "tests fail by panicking; each test program uses a part"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use touchmark_core::{
    CheckedSigner, ErrorKind, Explain, Fault, KeyUri, OpenError, Provider, SignError,
};
use touchmark_plugin::{PluginError, PluginProvider};
use touchmark_testkit::peers;

pub(crate) use touchmark_testkit::block_on;

/// A folder with one plugin `sigstore-kms-test`, found and ready.
pub(crate) struct Script {
    pub(crate) folder: TempDir,
    pub(crate) provider: PluginProvider,
}

impl Script {
    /// A plugin that is a shell script; `$2` is the request.
    pub(crate) fn new(body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sigstore-kms-test");
        write_program(&program, &format!("#!/bin/sh\n{body}\n"));
        let provider = PluginProvider::find("test", Some(folder.path().as_os_str())).unwrap();
        Self {
            folder,
            provider: provider.with_timeout(Duration::from_secs(20)),
        }
    }

    /// The plugin built on sigstore's package, with keys in a fresh folder; `before` runs first.
    pub(crate) fn upstream(before: &str) -> Self {
        let plugin = peers::product("kms-upstream", "sigstore-kms-upstream");
        let keys = r#"UPSTREAM_KMS_DIR=$(dirname "$0"); export UPSTREAM_KMS_DIR"#;
        Self::new(&format!(
            "{keys}\n{before}\nexec '{}' \"$@\"",
            plugin.display()
        ))
    }

    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.provider = self.provider.with_timeout(timeout);
        self
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens the key, which must work, and wraps it as commands do.
    pub(crate) fn open(&self, key: &str) -> CheckedSigner {
        let signer = block_on(self.provider.open(&uri(key))).unwrap();
        CheckedSigner::new(signer, None).unwrap()
    }

    /// Asks for a public key, which must fail.
    pub(crate) fn refusal(&self) -> Fault {
        match block_on(self.provider.public_key(&uri("key"))) {
            Err(OpenError::Backend(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }
}

/// Another process writes the file: a descriptor of ours, inherited by a child that another test
/// starts at that moment, would make the program "busy".
fn write_program(path: &Path, text: &str) {
    let mut shell = Command::new("sh")
        .args(["-c", r#"cat >"$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
}

pub(crate) fn uri(key: &str) -> KeyUri {
    KeyUri::new("test", key)
}

/// The plugin's own error, after checking its group and that it says what to do.
pub(crate) fn explained(fault: &Fault, kind: ErrorKind) -> &PluginError {
    assert_eq!(fault.kind(), kind, "{fault}");
    assert!(fault.hint().is_some_and(|hint| !hint.is_empty()), "{fault}");
    fault.downcast_ref().unwrap()
}

/// The backend's part of a signing error.
pub(crate) fn sign_fault(error: SignError) -> Fault {
    match error {
        SignError::Backend(fault) => fault,
        other => panic!("{other:?} {:?}", other.hint()),
    }
}
