//! PINs and passwords reach no argument list, no output and no file: watched from outside.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use touchmark_core::Curve::P256;
use touchmark_core::KeyAlgorithm;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::product;
use touchmark_testkit::program::{Program, find};
use touchmark_testkit::token::faulty::{Action, Faulty, When};
use touchmark_testkit::token::softhsm;

const PASSWORD: &str = "password-271828182";
const WRONG: &str = "wrong-314159265";

/// Every call that hands bytes to a file, a pipe, another program or another machine.
const WATCHED: &str = "trace=execve,execveat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,\
                       rename,renameat2,openat,unlink,mkdir,symlink,prctl";

/// A folder, and the variables of all runs in it.
struct Watched {
    touchmark: Touchmark,
    variables: Vec<(String, String)>,
}

impl Watched {
    fn new(variables: &[(&str, &str)]) -> Self {
        let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
        touchmark.write("a", "abc");
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            touchmark,
            variables: variables.iter().map(owned).collect(),
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs touchmark under strace, checks that no call carries a secret and neither output does,
    /// and returns what it said.
    fn run(&self, arguments: &[&str], secrets: &[&str], stdin: &str) -> String {
        let run = Program::new(find("strace"))
            .args(["-f", "-s", "1000000", "-e", WATCHED, "-o", "trace"])
            .arg(env!("CARGO_BIN_EXE_touchmark"))
            .args(arguments)
            .current_dir(self.touchmark.dir())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(stdin)
            .run();
        let trace = String::from_utf8_lossy(&self.touchmark.read("trace")).into_owned();
        std::fs::remove_file(self.touchmark.path("trace")).unwrap();
        let said = format!("{}{}", run.stdout_text(), run.stderr_text());
        assert!(trace.contains("execve("), "strace saw nothing: {run}");
        for secret in secrets {
            for line in trace.lines().chain(said.lines()) {
                assert!(!line.contains(secret), "{secret} in {line}");
            }
            assert_no_file_has(self.touchmark.dir(), secret);
        }
        said
    }
}

/// A PIN may be in the file that the test itself put it in, and nowhere else.
fn assert_no_file_has(dir: &Path, secret: &str) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            assert_no_file_has(&path, secret);
        } else if path.is_file() && name != "pin" {
            let content = std::fs::read(&path).unwrap();
            let found = content
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}

#[test]
fn the_password_of_a_key_file_stays_in_the_process() {
    let mut watched = Watched::new(&[]);
    let sign = ["sign-blob", "-d", "--key", "cosign.key", "a"];
    let generate = ["generate-key-pair", "-d"];
    let said = watched.run(&generate, &[PASSWORD], PASSWORD);
    assert!(said.contains("written to cosign.key"), "{said}");
    let said = watched.run(&sign, &[PASSWORD], PASSWORD);
    assert!(said.contains("signed:"), "{said}");
    let said = watched.run(&sign, &[WRONG], WRONG);
    assert!(said.contains("wrong password"), "{said}");
    watched.set("COSIGN_PASSWORD", PASSWORD);
    let said = watched.run(&sign, &[PASSWORD], "");
    assert!(said.contains("opening cosign.key"), "{said}");
    let json = [&sign[..], &["--output", "json"]].concat();
    watched.run(&json, &[PASSWORD], "");
}

#[test]
fn the_pin_of_a_token_stays_in_the_process() {
    let token = softhsm::token("release");
    let pin = token.user_pin.as_str();
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let uri = token.uri("object=key").to_string();
    let sign = ["sign-blob", "--verbose", "--key", &uri, "a"];
    let mut watched = Watched::new(&[]);
    watched.touchmark.write("pin", format!("{pin}\n"));
    watched.variables.extend(token.env());

    let by_file = [&sign[..], &["--pin-file", "pin"]].concat();
    assert!(watched.run(&by_file, &[pin], "").contains("signed:"));
    let source = format!("{uri}&pin-source=pin");
    let by_source = ["sign-blob", "-d", "--key", &source, "a"];
    assert!(watched.run(&by_source, &[pin], "").contains("signed:"));
    watched.set("TOUCHMARK_PIN", WRONG);
    let said = watched.run(&sign, &[WRONG], "");
    assert!(said.contains("wrong PIN"), "{said}");
    watched.set("TOUCHMARK_PIN", pin);
    assert!(watched.run(&sign, &[pin], "").contains("signed:"));
    let generate = token.uri("object=new").to_string();
    watched.run(&["key", "generate", "-d", &generate], &[pin], "");
}

/// It starts other programs, which see the environment and no secret among their arguments.
#[test]
fn doctor_tells_that_there_is_a_pin_and_not_which() {
    let mut watched = Watched::new(&[("TOUCHMARK_PIN", WRONG), ("COSIGN_PASSWORD", PASSWORD)]);
    let bin = watched.touchmark.path("bin");
    std::fs::create_dir(&bin).unwrap();
    symlink(product("cosign-3", "cosign"), bin.join("cosign")).unwrap();
    watched.set("PATH", bin.to_str().unwrap());
    let said = watched.run(&["doctor", "-d"], &[WRONG, PASSWORD], "");
    assert!(
        said.contains("TOUCHMARK_PIN and COSIGN_PASSWORD set"),
        "{said}"
    );
    assert!(said.contains("3.1.2 at "), "{said}");
}

/// A plugin gets our environment, where its own secrets are, but no secret as an argument.
#[test]
fn a_plugin_is_given_no_secret_as_an_argument() {
    let mut watched = Watched::new(&[("TOUCHMARK_PIN", WRONG), ("COSIGN_PASSWORD", PASSWORD)]);
    for (folder, variable) in [("bin", "PATH"), ("keys", "UPSTREAM_KMS_DIR")] {
        let path = watched.touchmark.path(folder);
        std::fs::create_dir(&path).unwrap();
        watched.set(variable, path.to_str().unwrap());
    }
    let plugin = product("kms-upstream", "sigstore-kms-upstream");
    symlink(plugin, watched.touchmark.path("bin/sigstore-kms-upstream")).unwrap();
    let secrets = [WRONG, PASSWORD];
    let generate = ["generate-key-pair", "-d", "--kms", "upstream://k"];
    watched.run(&generate, &secrets, "");
    let sign = ["sign-blob", "-d", "--key", "upstream://k", "a"];
    let said = watched.run(&sign, &secrets, "");
    assert!(said.contains("signed:"), "{said}");
}

/// What `ps` shows to everybody on the machine while a signature is being made.
#[test]
fn the_process_list_shows_no_pin() {
    let token = softhsm::token("release");
    token.generate(KeyAlgorithm::Ecdsa(P256), "key", "01");
    let faulty = Faulty::wrap(&token);
    faulty.plan(|plan| plan.rule("C_Sign", When::Always, Action::Hang(3_000)));
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    touchmark.write("a", "abc");
    let pin = touchmark.write("pin", &token.user_pin);
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchmark"))
        .args(["sign-blob", "--pin-file"])
        .arg(pin)
        .arg("--key")
        .arg(faulty.token.uri("object=key").to_string())
        .arg("a")
        .current_dir(touchmark.dir())
        .envs(faulty.token.env())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while faulty.calls("C_Sign") == 0 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it signed"
        );
        sleep(Duration::from_millis(20));
    }
    let shown = |path: String| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let line = shown(format!("/proc/{}/cmdline", child.id()));
    assert!(
        line.contains("sign-blob") && !line.contains(&token.user_pin),
        "{line}"
    );
    for task in std::fs::read_dir(format!("/proc/{}/task", child.id())).unwrap() {
        let name = shown(format!("{}/comm", task.unwrap().path().display()));
        assert!(!name.contains(&token.user_pin[..8]), "{name}");
    }
    assert!(child.wait().unwrap().success());
}
