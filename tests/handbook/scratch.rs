//! A folder in which a reader's commands run, with the programs that the handbook assumes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use touchmark_testkit::peers::product;
use touchmark_testkit::program::Program;

/// A fresh folder, a home inside it, and `touchmark` and `cosign` on `PATH`.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("touchmark-handbook.")
            .tempdir()
            .expect("a scratch folder");
        let scratch = Self { dir };
        for folder in ["home", "run", "programs", "cosign-2", "work"] {
            fs::create_dir(scratch.inside(folder)).expect("a folder");
        }
        let link = |target: &Path, name| {
            symlink(target, scratch.inside(name)).expect("a link to a program");
        };
        link(
            Path::new(env!("CARGO_BIN_EXE_touchmark")),
            "programs/touchmark",
        );
        link(&product("cosign-3", "cosign"), "programs/cosign");
        link(&product("cosign-2", "cosign"), "cosign-2/cosign");
        scratch
    }

    fn inside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The folder that commands run in.
    pub(crate) fn work(&self) -> PathBuf {
        self.inside("work")
    }

    /// The folder in which `cosign` is cosign 2.
    pub(crate) fn cosign_2(&self) -> PathBuf {
        self.inside("cosign-2")
    }

    /// bash with arguments, in the folder, offline, with a nearly empty environment.
    pub(crate) fn bash(&self, args: &[&str]) -> Program {
        let machine = std::env::var("PATH").expect("PATH is set");
        let path = format!("{}:{machine}", self.inside("programs").display());
        let nowhere = "http://127.0.0.1:9";
        Program::new("bash")
            .args(args)
            .current_dir(self.work())
            .env("PATH", path)
            .env("HOME", self.inside("home"))
            .env("TMPDIR", self.inside("run"))
            .env("XDG_RUNTIME_DIR", self.inside("run"))
            .envs([("HTTPS_PROXY", nowhere), ("HTTP_PROXY", nowhere)])
            .deadline(Duration::from_mins(5))
    }
}
