//! Runs the command line as a user's script does: in a folder and a home of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::Program;
use crate::registry::Registry;
use crate::token::TestToken;

/// The binary, and a fresh folder that every run of it works in.
///
/// The environment is empty but for `PATH`, the home folders (all inside the folder) and what
/// the test sets; nothing of the machine's configuration is seen. There is no terminal.
#[derive(Debug)]
pub struct Touchmark {
    program: PathBuf,
    dir: TempDir,
    env: Vec<(String, String)>,
}

impl Touchmark {
    /// `program` is `env!("CARGO_BIN_EXE_touchmark")` of the calling test.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("touchmark-cli.")
            .tempdir()
            .expect("a folder for the run");
        Self {
            program: program.into(),
            dir,
            env: Vec::new(),
        }
    }

    /// Sets a variable for all runs.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Gives all runs a token, its module and its user PIN (`TOUCHMARK_PIN`).
    #[must_use]
    pub fn token(self, token: &TestToken) -> Self {
        let module = token.module.to_str().expect("a module path in UTF-8");
        let with_token = token
            .env()
            .into_iter()
            .fold(self, |all, (name, value)| all.env(&name, &value));
        with_token
            .env("TOUCHMARK_PKCS11_MODULE", module)
            .env("TOUCHMARK_PIN", &token.user_pin)
    }

    /// Lets all runs into a registry: its authority and its user.
    #[must_use]
    pub fn registry(self, registry: &Registry) -> Self {
        let env = registry.env().into_iter();
        env.fold(self, |all, (name, value)| all.env(&name, &value))
    }

    /// The folder that runs work in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The path of a file in the folder.
    #[must_use]
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir().join(name)
    }

    /// Writes a file in the folder and returns its path; folders on the way are made.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let parent = path.parent().expect("a file name");
        std::fs::create_dir_all(parent).expect("the folder can be made");
        std::fs::write(&path, content).expect("the file can be written");
        path
    }

    /// Reads a file in the folder.
    ///
    /// Panics where it cannot be read.
    #[must_use]
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A run with these arguments; add variables or input, then call [`Program::run`].
    #[must_use]
    pub fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Program {
        let home = self.path("home");
        std::fs::create_dir_all(&home).expect("the home can be made");
        Program::new(&self.program)
            .args(args)
            .current_dir(self.dir())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            // Locks on a token must be the same for all who use it: those of this test process.
            .envs(std::env::var_os("XDG_RUNTIME_DIR").map(|dir| ("XDG_RUNTIME_DIR", dir)))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_share_a_folder_and_see_only_what_the_test_set() {
        let sh = Touchmark::new("sh").env("SET", "yes");
        sh.write("deep/in", "text");
        let script = "cat deep/in >out; env | cut -d= -f1 | LC_ALL=C sort | tr '\\n' ' '";
        let output = sh.command(["-c", script]).env("ONCE", "1").run().success();
        assert_eq!(sh.read("out"), b"text");
        let names = output.stdout_text();
        let expected = "HOME ONCE PATH PWD SET XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME \
                        XDG_RUNTIME_DIR XDG_STATE_HOME ";
        assert_eq!(names.replace("SHLVL ", "").replace("_ ", ""), expected);
    }
}
