//! The real cosign, of both major versions, without any network.

mod images;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::peers::product;
use crate::program::{Output, Program};

pub use images::Form;

/// A trusted root that trusts nobody. cosign 2.6 wants one to read a bundle, whatever is in it,
/// and would fetch the public one otherwise.
const EMPTY_TRUSTED_ROOT: &str =
    r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;

/// Where a signature is kept.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// A Sigstore bundle v0.3.
    Bundle(PathBuf),
    /// A detached signature in base64.
    Detached(PathBuf),
}

/// One cosign binary and a home of its own.
#[derive(Debug)]
pub struct Cosign {
    program: PathBuf,
    major: u8,
    home: tempfile::TempDir,
    env: Vec<(OsString, OsString)>,
}

impl Cosign {
    /// cosign 3.
    #[must_use]
    pub fn v3() -> Self {
        Self::new(3)
    }

    /// cosign 2.
    #[must_use]
    pub fn v2() -> Self {
        Self::new(2)
    }

    /// Both, to run the same test with each.
    #[must_use]
    pub fn both() -> [Self; 2] {
        [Self::v3(), Self::v2()]
    }

    fn new(major: u8) -> Self {
        let home = tempfile::tempdir().expect("a home for cosign");
        let cosign = Self {
            program: product(&format!("cosign-{major}"), "cosign"),
            major,
            home,
            env: Vec::new(),
        };
        std::fs::write(cosign.trusted_root(), EMPTY_TRUSTED_ROOT).expect("a trusted root");
        cosign
    }

    fn trusted_root(&self) -> PathBuf {
        self.home.path().join("trusted-root.json")
    }

    /// 2 or 3.
    #[must_use]
    pub fn major(&self) -> u8 {
        self.major
    }

    /// Sets a variable for all runs, such as `PATH` with KMS plugins on it.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Any command, in a folder, offline: a connection fails at once instead of hanging.
    #[must_use]
    pub fn command(&self, dir: &Path, args: &[&str]) -> Program {
        let nowhere = "http://127.0.0.1:9";
        Program::new(&self.program)
            .args(args)
            .current_dir(dir)
            .env("HOME", self.home.path())
            .env("COSIGN_PASSWORD", "")
            .envs([("HTTPS_PROXY", nowhere), ("HTTP_PROXY", nowhere)])
            .envs(self.env.iter().map(|(name, value)| (name, value)))
    }

    /// `generate-key-pair`: writes `PREFIX.key` and `PREFIX.pub` in the folder.
    #[must_use]
    pub fn generate_key_pair(&self, dir: &Path, prefix: &str, password: &str) -> Output {
        self.command(dir, &["generate-key-pair", "--output-key-prefix", prefix])
            .env("COSIGN_PASSWORD", password)
            .run()
    }

    /// `import-key-pair`: encrypts a plain private key as `PREFIX.key`, and writes `PREFIX.pub`.
    #[must_use]
    pub fn import_key_pair(&self, dir: &Path, key: &Path, prefix: &str, password: &str) -> Output {
        self.command(dir, &["import-key-pair", "--yes", "--key"])
            .arg(key)
            .args(["--output-key-prefix", prefix])
            .env("COSIGN_PASSWORD", password)
            .run()
    }

    /// `sign-blob` without any log or timestamp. `key` is a path or a key reference.
    #[must_use]
    pub fn sign_blob(
        &self,
        dir: &Path,
        key: &str,
        password: &str,
        file: &Path,
        evidence: &Evidence,
    ) -> Output {
        let program = self
            .command(dir, &["sign-blob", "--yes", "--key", key])
            .env("COSIGN_PASSWORD", password)
            .args(["--tlog-upload=false"]);
        let program = match (evidence, self.major) {
            (Evidence::Bundle(path), _) => program
                .arg("--new-bundle-format=true")
                .arg("--bundle")
                .arg(path),
            (Evidence::Detached(path), _) => program
                .arg("--new-bundle-format=false")
                .arg("--output-signature")
                .arg(path),
        };
        let program = match self.major {
            3 => program.arg("--use-signing-config=false"),
            _ => program,
        };
        program.arg(file).run()
    }

    /// `verify-blob` with a public key and no algorithm flag: what a user with only cosign runs.
    #[must_use]
    pub fn verify_blob(&self, dir: &Path, key: &str, file: &Path, evidence: &Evidence) -> Output {
        self.verify_blob_with(dir, key, file, evidence, &[])
    }

    /// `verify-blob` with more flags.
    #[must_use]
    pub fn verify_blob_with(
        &self,
        dir: &Path,
        key: &str,
        file: &Path,
        evidence: &Evidence,
        flags: &[&str],
    ) -> Output {
        let program = self
            .command(
                dir,
                &["verify-blob", "--key", key, "--insecure-ignore-tlog"],
            )
            .args(flags);
        let program = match (evidence, self.major) {
            (Evidence::Bundle(path), 3) => program.arg("--bundle").arg(path),
            (Evidence::Bundle(path), _) => program
                .args(["--new-bundle-format", "--trusted-root"])
                .arg(self.trusted_root())
                .arg("--bundle")
                .arg(path),
            (Evidence::Detached(path), _) => program.arg("--signature").arg(path),
        };
        program.arg(file).run()
    }
}

#[cfg(test)]
mod tests;
