//! Runs programs in a folder and environment of their own, and tells what each run took.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use touchmark_testkit::bench::Spent;
use touchmark_testkit::peers::product;
use touchmark_testkit::token::TestToken;
use wait4::Wait4;

/// The password of every encrypted key file.
pub(crate) const PASSWORD: &str = "correct horse";

/// The program that is measured.
pub(crate) const TOUCHMARK: &str = env!("CARGO_BIN_EXE_touchmark");

/// A folder, and the environment of every program that runs in it.
pub(crate) struct Place {
    dir: TempDir,
    env: Vec<(OsString, OsString)>,
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) spent: Spent,
    /// The most memory it had at once, in bytes.
    pub(crate) peak: u64,
    pub(crate) success: bool,
}

impl Place {
    /// An empty folder. Nothing of the caller's environment is seen but `PATH`.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("touchmark-bench.")
            .tempdir()
            .expect("a folder");
        let home = dir.path().join("home");
        std::fs::create_dir(&home).expect("a home");
        let mut place = Self {
            dir,
            env: Vec::new(),
        };
        // cosign must fail at once rather than wait for a network.
        let nowhere = "http://127.0.0.1:9";
        for (name, value) in [("HTTPS_PROXY", nowhere), ("HTTP_PROXY", nowhere)] {
            place.set(name, value);
        }
        for name in ["PATH", "XDG_RUNTIME_DIR"] {
            if let Some(value) = std::env::var_os(name) {
                place.set(name, value);
            }
        }
        place.set("HOME", home);
        place.set("COSIGN_PASSWORD", PASSWORD);
        place
    }

    /// Gives all runs a token, its module and its PIN.
    pub(crate) fn with_token(mut self, token: &TestToken) -> Self {
        for (name, value) in token.env() {
            self.set(name, value);
        }
        self.set("TOUCHMARK_PKCS11_MODULE", &token.module);
        self.set("TOUCHMARK_PIN", &token.user_pin);
        self
    }

    fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.env.push((name.into(), value.into()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file");
    }

    /// A file of so many zero bytes that takes no room on the disk.
    pub(crate) fn sparse(&self, name: &str, length: u64) {
        let file = File::create(self.path(name)).expect("a file");
        file.set_len(length).expect("a sparse file");
    }

    /// Runs a program, whatever becomes of it.
    pub(crate) fn try_run<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let errors = tempfile::tempfile_in(self.dir.path()).expect("a file");
        let mut command = Command::new(program.as_ref());
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors.try_clone().expect("a descriptor"));
        let start = Instant::now();
        let child = command.spawn().expect("a program that starts");
        let used = child.wait4().expect("a child");
        let wall = start.elapsed();
        let success = used.status.success();
        if !success {
            eprintln!("{:?}\n{}", command, text(errors));
        }
        Run {
            spent: spent(wall, used.rusage.utime + used.rusage.stime),
            peak: used.rusage.maxrss,
            success,
        }
    }

    /// Runs a program that must succeed.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let run = self.try_run(program, arguments);
        assert!(run.success, "a run failed; its errors are above");
        run
    }

    /// Runs touchmark, which must succeed.
    pub(crate) fn touchmark<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.run(TOUCHMARK, arguments)
    }

    /// cosign 3 verifying `file` with its bundle beside it and `cosign.pub`, offline.
    pub(crate) fn cosign_verifies(&self, file: &str) -> Run {
        let bundle = format!("{file}.sigstore.json");
        let what = ["verify-blob", "--key", "cosign.pub", "--bundle", &bundle];
        let flags = ["--insecure-ignore-tlog", file];
        self.run(cosign(), what.iter().chain(&flags))
    }

    /// cosign 3 signing `file` with `cosign.key`, offline.
    pub(crate) fn cosign_signs(&self, file: &str) -> Run {
        let bundle = format!("{file}.cosign.json");
        let what = ["sign-blob", "--yes", "--key", "cosign.key"];
        let offline = ["--tlog-upload=false", "--use-signing-config=false"];
        let output = ["--bundle", &bundle, file];
        self.run(cosign(), what.iter().chain(&offline).chain(&output))
    }
}

/// The program of cosign 3.
pub(crate) fn cosign() -> PathBuf {
    product("cosign-3", "cosign")
}

fn spent(wall: Duration, cpu: Duration) -> Spent {
    Spent {
        wall: wall.as_secs_f64(),
        cpu: cpu.as_secs_f64(),
    }
}

/// What a program wrote to its standard error.
fn text(mut errors: File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    errors.rewind().expect("a file");
    errors.read_to_string(&mut text).expect("text");
    text
}

/// Builds an example program in the profile of the benchmarks and returns its path.
pub(crate) fn example(package: &str, name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--locked"])
        .args(["--package", package, "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo");
    assert!(status.success(), "{name} cannot be built");
    let profile = Path::new(TOUCHMARK).parent().expect("a folder");
    profile.join("examples").join(name)
}

/// Seconds as milliseconds, for a report.
pub(crate) fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}

/// The key derivation of cosign's key files, as touchmark does it.
pub(crate) fn scrypt() -> Spent {
    let parameters = ::scrypt::Params::new(16, 8, 1).expect("parameters");
    let mut key = [0; 32];
    let start = (Instant::now(), processor_time());
    ::scrypt::scrypt(PASSWORD.as_bytes(), &[7; 32], &parameters, &mut key).unwrap();
    std::hint::black_box(key);
    Spent {
        wall: start.0.elapsed().as_secs_f64(),
        cpu: processor_time().saturating_sub(start.1).as_secs_f64(),
    }
}

/// That of all threads of this process.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// What one of so many took.
#[allow(clippy::cast_precision_loss, reason = "a few thousand")]
pub(crate) fn per_item(spent: Spent, items: usize) -> Spent {
    let items = items as f64;
    Spent {
        wall: spent.wall / items,
        cpu: spent.cpu / items,
    }
}
