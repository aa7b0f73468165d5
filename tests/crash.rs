//! Killing the process at any moment leaves each output as it was or whole, never a part of it.
//!
//! `strace` kills it at its N-th system call of a kind, for every N there is.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use touchmark_core::PublicKey;
use touchmark_testkit::cli::Touchmark;
use touchmark_testkit::peers::openssl;
use touchmark_testkit::program::find;

/// The calls that touch files. Opening is looked at only from the first output on, since a program
/// opens much when it starts.
const CALLS: [&str; 13] = [
    "openat",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "close",
];

/// A command that replaces earlier outputs, and how to tell what became of them.
struct Scenario<'a> {
    touchmark: &'a Touchmark,
    arguments: &'a [&'a str],
    outputs: &'a [&'a str],
    /// Whether this is the whole new content of the output.
    is_whole: &'a dyn Fn(&str, &[u8]) -> bool,
}

const EARLIER: &[u8] = b"what an earlier run wrote";

impl Scenario<'_> {
    fn run(&self, strace: &[&str]) -> ExitStatus {
        for name in self.leftovers() {
            std::fs::remove_file(self.touchmark.path(name)).unwrap();
        }
        for output in self.outputs {
            self.touchmark.write(output, EARLIER);
        }
        Command::new(find("strace"))
            .args(["-f", "-o", "trace"])
            .args(strace)
            .arg(env!("CARGO_BIN_EXE_touchmark"))
            .args(self.arguments)
            .current_dir(self.touchmark.dir())
            .env("COSIGN_PASSWORD", "")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
    }

    /// For each kind of call, the first and the last number that are worth a kill. A thread counts
    /// its own calls.
    fn moments(&self) -> HashMap<&'static str, (usize, usize)> {
        // Some architectures lack some of them.
        let trace = format!("trace=?{}", CALLS.join(",?"));
        assert!(self.run(&["-e", &trace]).success());
        let text = String::from_utf8(self.touchmark.read("trace")).unwrap();
        let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
        let mut moments = HashMap::new();
        let mut is_near = false;
        for line in text.lines() {
            let (thread, call) = line.split_once(' ').unwrap();
            let call = call.trim_start();
            let Some(name) = CALLS
                .iter()
                .find(|name| call.starts_with(&format!("{name}(")))
            else {
                continue;
            };
            let count = counts.entry((thread, name)).or_default();
            *count += 1;
            is_near |= call.contains(".touchmark-");
            if is_near {
                let (first, last) = moments.entry(*name).or_insert((*count, *count));
                (*first, *last) = ((*first).min(*count), (*last).max(*count));
            }
        }
        assert!(
            is_near,
            "nothing was written under a temporary name: {text}"
        );
        moments
    }

    fn leftovers(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.touchmark.dir()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with('.'))
            .collect()
    }

    /// Every output is the earlier one or a whole new one, and nothing else is left but files
    /// under temporary names, no more than there are outputs. How many outputs are new, and how
    /// many such files are left.
    fn check(&self, moment: &str) -> (usize, usize) {
        let mut new = 0;
        for output in self.outputs {
            let content = self.touchmark.read(output);
            let is_sound = content == EARLIER || (self.is_whole)(output, &content);
            assert!(is_sound, "{output} after {moment}: {content:?}");
            new += usize::from(content != EARLIER);
        }
        let leftovers = self.leftovers();
        assert!(
            leftovers.len() <= self.outputs.len(),
            "{leftovers:?} after {moment}"
        );
        for name in &leftovers {
            let stem = name.strip_prefix(".touchmark-");
            let is_temporary = stem.is_some_and(|stem| stem.strip_suffix(".tmp").is_some());
            assert!(is_temporary, "{name} after {moment}");
        }
        (new, leftovers.len())
    }

    /// Kills at every moment; how often that was.
    fn sweep(&self) -> usize {
        let mut kills = 0;
        let mut states = HashSet::new();
        for (call, (first, last)) in self.moments() {
            for number in first..=last {
                let inject = format!("inject={call}:signal=KILL:when={number}");
                let ended = self.run(&["-e", &inject]);
                let moment = format!("{call} number {number}");
                // Another thread may make a call that is the last of its kind, or fewer calls
                // this time: then it is not killed, and must have succeeded.
                assert!(
                    ended.success() || ended.signal() == Some(9),
                    "{moment}: {ended}"
                );
                kills += usize::from(ended.signal() == Some(9));
                states.insert(self.check(&moment));
            }
        }
        // Kills fell before, between and after the outputs' taking their places.
        let all = self.outputs.len();
        for state in [(0, 1), (0, all), (1, all - 1), (all, 0)] {
            assert!(
                states.contains(&state),
                "{state:?} was not seen in {states:?}"
            );
        }
        kills
    }
}

#[test]
fn heavy_a_killed_sign_blob_leaves_each_output_old_or_whole() {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    // The signatures of Ed25519 are always the same: what is whole is known.
    touchmark.write("key.pem", openssl::generate("-algorithm ED25519"));
    touchmark.write("a", "abc");
    let outputs = ["--bundle", "new.json", "--output-signature", "new.sig"];
    let sign = ["sign-blob", "--key", "key.pem", "a"];
    touchmark.command(sign).args(outputs).run().success();
    let (bundle, signature) = (touchmark.read("new.json"), touchmark.read("new.sig"));
    let scenario = Scenario {
        touchmark: &touchmark,
        arguments: &[
            &sign[..],
            &["--bundle", "b.json", "--output-signature", "b.sig"],
        ]
        .concat(),
        outputs: &["b.json", "b.sig"],
        is_whole: &|name, content| match name {
            "b.json" => content == bundle,
            _ => content == signature,
        },
    };
    let kills = scenario.sweep();
    assert!((10..=90).contains(&kills), "{kills} kills");
}

#[test]
fn heavy_a_killed_generate_key_pair_leaves_each_file_old_or_whole() {
    let touchmark = Touchmark::new(env!("CARGO_BIN_EXE_touchmark"));
    let scenario = Scenario {
        touchmark: &touchmark,
        arguments: &["generate-key-pair", "--yes"],
        outputs: &["cosign.key", "cosign.pub"],
        is_whole: &|name, content| {
            let text = String::from_utf8_lossy(content);
            match name {
                "cosign.pub" => PublicKey::from_pem(&text).is_ok(),
                _ => is_whole_key(&text),
            }
        },
    };
    let kills = scenario.sweep();
    assert!((8..=60).contains(&kills), "{kills} kills");
}

/// Base64 between the two lines of an encrypted key, as much as its JSON needs.
fn is_whole_key(text: &str) -> bool {
    let body = text
        .strip_prefix("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")
        .and_then(|text| text.strip_suffix("-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
    let Some(body) = body else { return false };
    let decode = ["base64", "-d"];
    let json = openssl::command(&decode).stdin(body).run().success().stdout;
    json.starts_with(b"{\"kdf\"") && json.ends_with(b"}")
}
