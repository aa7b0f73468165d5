//! A server process that ends with the test, however the test ends.

use std::ffi::OsString;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Starting takes a tenth of a second; a loaded machine gets a hundred times that.
const STARTING: Duration = Duration::from_secs(20);
/// How often a port may be lost to another process between choosing and listening.
const ATTEMPTS: usize = 5;

/// Runs the arguments after the first, and when standard input closes, kills them and removes the
/// folder that the first names. The test holds the other end of that pipe, and the kernel closes it
/// with the test process, even a killed one.
const BOUND: &str = r#"
dir=$1; shift
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ read -r _; kill -9 "$server"; rm -rf "$dir"; } <&3 >/dev/null 2>&1 &
exec 3<&-
wait "$server"
"#;

/// A server on 127.0.0.1 and a folder of its own.
#[derive(Debug)]
pub(super) struct Service {
    address: SocketAddr,
    process: Child,
    dir: TempDir,
}

impl Service {
    /// Starts a program on a free port. `line` says how: it is given the folder and the address.
    ///
    /// Panics, with what the program printed, where it does not listen within 20 seconds.
    pub(super) fn start(line: impl Fn(&Path, SocketAddr) -> Vec<OsString>) -> Self {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let dir = tempfile::Builder::new()
                .prefix("touchmark-registry.")
                .tempdir()
                .expect("a folder for a server");
            let address = free_address();
            let line = line(dir.path(), address);
            let mut process = spawn(dir.path(), &line);
            if listens(&mut process, address) {
                return Self {
                    address,
                    process,
                    dir,
                };
            }
            said = std::fs::read_to_string(log(dir.path())).unwrap_or_default();
        }
        panic!("the server does not listen; it said: {said}");
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its folder.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn log(dir: &Path) -> PathBuf {
    dir.join("log")
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}

fn spawn(dir: &Path, line: &[OsString]) -> Child {
    let log = File::create(log(dir)).expect("a log file");
    let same = log.try_clone().expect("the log file again");
    Command::new("sh")
        .args(["-c", BOUND, "sh"])
        .arg(dir)
        .args(line)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::piped())
        .stdout(log)
        .stderr(same)
        .spawn()
        .expect("sh can be run")
}

/// Whether it listens before it ends.
fn listens(process: &mut Child, address: SocketAddr) -> bool {
    let started = Instant::now();
    while started.elapsed() < STARTING {
        if TcpStream::connect(address).is_ok() {
            // Not somebody else who was given the same port: then ours has ended, or soon does.
            std::thread::sleep(Duration::from_millis(20));
            return process.try_wait().expect("a child").is_none();
        }
        if process.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}
