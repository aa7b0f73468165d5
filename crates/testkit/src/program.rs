//! One run of a program: what it is given, what it answered, and a deadline that kills it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::INSTALL;

/// Long enough for scrypt, RSA key generation and a loaded machine; short enough to fail a run.
const DEADLINE: Duration = Duration::from_mins(1);

/// A program about to run, with an empty environment but `PATH`.
#[derive(Debug)]
pub struct Program {
    command: assert_cmd::Command,
    line: Vec<OsString>,
}

impl Program {
    /// Names the program: a path, or a name that is looked for on `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = assert_cmd::Command::new(program.as_ref());
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.timeout(DEADLINE);
        let line = vec![program.as_ref().to_owned()];
        Self { command, line }
    }

    /// Appends an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg.as_ref());
        self.line.push(arg.as_ref().to_owned());
        self
    }

    /// Appends arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets variables.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        self,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        pairs
            .into_iter()
            .fold(self, |program, (name, value)| program.env(name, value))
    }

    /// The folder that it runs in.
    #[must_use]
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// What it reads on standard input; nothing by default.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.command.write_stdin(input);
        self
    }

    /// How long it may take before it is killed and the test fails; a minute by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.command.timeout(deadline);
        self
    }

    /// Runs it to its end.
    ///
    /// Panics where it cannot be started or did not end within the deadline.
    #[must_use]
    pub fn run(mut self) -> Output {
        let line = Line(self.line);
        let output = self
            .command
            .output()
            .unwrap_or_else(|error| panic!("{line} cannot be run ({error}): {INSTALL}"));
        let output = Output {
            line,
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: output.stdout,
            stderr: output.stderr,
        };
        // Nothing else sends that signal to a test's children.
        assert_ne!(output.signal, Some(9), "killed at its deadline: {output}");
        output
    }
}

/// A command line as a person would read it.
#[derive(Clone, Debug)]
struct Line(Vec<OsString>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|word| word.to_string_lossy()).collect();
        f.write_str(&words.join(" "))
    }
}

/// What a program left behind. Checks return the output again, so that they chain.
#[derive(Clone, Debug)]
pub struct Output {
    line: Line,
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The bytes on standard output.
    pub stdout: Vec<u8>,
    /// The bytes on standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it ended with code 0: a verifier accepted.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.code == Some(0)
    }

    /// Checks that it ended with code 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code of {self}");
        self
    }

    /// Checks that it failed by itself, with any code but 0.
    #[track_caller]
    pub fn failure(self) -> Self {
        assert!(
            self.code.is_some_and(|code| code != 0),
            "a failure was expected of {self}"
        );
        self
    }

    /// Checks that standard error contains a text.
    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr_text().contains(text), "{text:?} not in {self}");
        self
    }

    /// Checks that neither output contains a text: a secret, for one.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout_text(), self.stderr_text());
        assert!(!all.contains(text), "{text:?} is in {self}");
        self
    }

    /// Standard output as text.
    #[must_use]
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Standard output, which must be one JSON document and nothing else.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON on standard output ({error}) of {self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "`{}`", self.line)?;
        writeln!(f, "code: {:?}, signal: {:?}", self.code, self.signal)?;
        writeln!(f, "stdout: {}", self.stdout_text())?;
        write!(f, "stderr: {}", self.stderr_text())
    }
}

/// Where a program on `PATH` is.
///
/// Panics where there is none, with what to do.
#[must_use]
pub fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("there is no {name} on PATH: {INSTALL}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_output_environment_and_code_are_the_programs_own() {
        let output = Program::new("sh")
            .args(["-c", "cat; echo \"$A,$HOME\" >&2; exit 3"])
            .env("A", "b")
            .stdin("in")
            .run()
            .code(3)
            .failure()
            .stderr_has("b,\n");
        assert_eq!(output.stdout, b"in");
    }

    #[test]
    #[should_panic(expected = "killed at its deadline")]
    fn a_program_that_hangs_is_killed() {
        let _ = Program::new("sleep")
            .arg("60")
            .deadline(Duration::from_millis(50))
            .run();
    }

    #[test]
    #[should_panic(expected = "sh tests/install.sh")]
    fn a_missing_program_says_what_to_do() {
        let _ = Program::new("no-such-program").run();
    }
}
