//! One run of a plugin's program, within limits.
//!
//! A thread of its own waits for the program, so that any async runtime, or none, will do. All
//! pipes are polled together without blocking: a program that neither reads nor writes, or that
//! leaves a child behind which holds them open, cannot keep the thread.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::oneshot;

use super::find;
use crate::wire::{PROTOCOL_VERSION, RESPONSE_LIMIT};

/// How many bytes of standard error are kept: its end.
const STDERR_KEPT: usize = 4096;

/// How long standard output may stay open after the program itself is gone.
const GRACE: Duration = Duration::from_millis(500);

/// How often a caller that went away is noticed.
const TICK: Duration = Duration::from_millis(50);

/// How often the program is looked at once it has closed its standard output.
const EXIT_TICK: Duration = Duration::from_millis(1);

/// What to run.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) request: String,
    pub(super) stdin: Vec<u8>,
    pub(super) timeout: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) ending: Ending,
    pub(super) stdout: Vec<u8>,
    /// The end of it.
    pub(super) stderr: Vec<u8>,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// By itself, whatever the exit status.
    Exited,
    /// By a signal that we did not send.
    Signal(i32),
    /// Killed by us: too slow.
    TimedOut,
    /// Killed by us: too much output.
    Flooded,
    /// Not at all.
    NotStarted(io::Error),
}

impl Outcome {
    fn not_started(error: io::Error) -> Self {
        Self {
            ending: Ending::NotStarted(error),
            stdout: Vec::new(),
            stderr: Vec::new(),
        }
    }
}

/// Runs a program to its end. Where the future is dropped, the program is killed soon after.
pub(super) async fn run(run: Run) -> Outcome {
    let (sender, receiver) = oneshot::channel();
    let watch = move || {
        let outcome = watch(&run, || sender.is_closed());
        let _ = sender.send(outcome);
    };
    if let Err(error) = thread::Builder::new()
        .name("touchmark-plugin".into())
        .spawn(watch)
    {
        return Outcome::not_started(error);
    }
    receiver
        .await
        .unwrap_or_else(|_| Outcome::not_started(io::Error::other("the waiting thread is gone")))
}

fn watch(run: &Run, abandoned: impl Fn() -> bool) -> Outcome {
    let running = match Running::start(run) {
        Ok(running) => running,
        Err(error) => return Outcome::not_started(error),
    };
    running.finish(run.timeout, abandoned)
}

/// A program at work, and what it has said so far.
struct Running<'a> {
    child: Child,
    status: Option<ExitStatus>,
    exited_at: Option<Instant>,
    stdin: Option<ChildStdin>,
    unsent: &'a [u8],
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    complained: Vec<u8>,
}

impl<'a> Running<'a> {
    fn start(run: &'a Run) -> io::Result<Self> {
        if find::is_world_writable(&run.path) {
            let reason = "every user of this machine may change the program";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
        let input = if run.stdin.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let mut child = Command::new(&run.path)
            .arg0(&run.name)
            .args([PROTOCOL_VERSION, &run.request])
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let mut running = Self {
            status: None,
            exited_at: None,
            stdin: child.stdin.take(),
            unsent: &run.stdin,
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            said: Vec::new(),
            complained: Vec::new(),
            child,
        };
        if let Err(error) = running.unblock() {
            running.kill(Ending::TimedOut);
            return Err(error);
        }
        Ok(running)
    }

    fn unblock(&self) -> io::Result<()> {
        for pipe in self.pipes().into_iter().flatten() {
            ioctl_fionbio(pipe, true)?;
        }
        Ok(())
    }

    fn pipes(&self) -> [Option<BorrowedFd<'_>>; 3] {
        [
            self.stdin.as_ref().map(AsFd::as_fd),
            self.stdout.as_ref().map(AsFd::as_fd),
            self.stderr.as_ref().map(AsFd::as_fd),
        ]
    }

    fn finish(mut self, timeout: Duration, abandoned: impl Fn() -> bool) -> Outcome {
        let start = Instant::now();
        let ending = loop {
            self.exchange();
            if self.said.len() > RESPONSE_LIMIT {
                break self.kill(Ending::Flooded);
            }
            if let Some(ending) = self.ended() {
                break ending;
            }
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() || abandoned() {
                break self.kill(Ending::TimedOut);
            }
            self.wait(left);
        };
        Outcome {
            ending,
            stdout: self.said,
            stderr: self.complained,
        }
    }

    /// Sends and receives what can be without waiting.
    fn exchange(&mut self) {
        // The order matters: a program that is gone has written everything.
        self.note_exit();
        if let Some(pipe) = &mut self.stdin
            && send(pipe, &mut self.unsent)
        {
            self.stdin = None;
        }
        if let Some(pipe) = &mut self.stdout
            && receive(pipe, &mut self.said, |said| said.len() <= RESPONSE_LIMIT)
        {
            self.stdout = None;
        }
        let keep_end = |kept: &mut Vec<u8>| {
            let surplus = kept.len().saturating_sub(STDERR_KEPT);
            kept.drain(..surplus);
            true
        };
        if let Some(pipe) = &mut self.stderr
            && receive(pipe, &mut self.complained, keep_end)
        {
            self.stderr = None;
        }
    }

    fn note_exit(&mut self) {
        if self.status.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.status = Some(status);
            self.exited_at = Some(Instant::now());
        }
    }

    /// How the program ended, once it is gone and its output is complete.
    fn ended(&self) -> Option<Ending> {
        let status = self.status?;
        let waited = self.exited_at.is_some_and(|at| at.elapsed() > GRACE);
        if self.stdout.is_some() && !waited {
            return None;
        }
        Some(status.signal().map_or(Ending::Exited, Ending::Signal))
    }

    /// Waits until a pipe is ready, or for a moment.
    fn wait(&self, left: Duration) {
        let tick = if self.stdout.is_some() {
            TICK
        } else {
            EXIT_TICK
        };
        let tick = tick.min(left);
        let [stdin, stdout, stderr] = self.pipes();
        let mut watched: Vec<PollFd<'_>> = [
            stdin.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::OUT)),
            stdout.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)),
            stderr.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let limit = Timespec::try_from(tick).ok();
        if watched.is_empty() || poll(&mut watched, limit.as_ref()).is_err() {
            thread::sleep(tick);
        }
    }

    /// Kills the program and all that is in its group. One that is gone already has given its
    /// number back, which may be another's by now.
    fn kill(&mut self, ending: Ending) -> Ending {
        if self.status.is_none() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
        ending
    }
}

/// Writes what the pipe takes; `true` once there is nothing more to write or nobody to read it.
fn send(pipe: &mut ChildStdin, unsent: &mut &[u8]) -> bool {
    while !unsent.is_empty() {
        match pipe.write(unsent) {
            Ok(written) => *unsent = &unsent[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The program need not read its input.
            Err(_) => return true,
        }
    }
    true
}

/// Reads what the pipe has, as long as `more` says so; `true` at its end.
fn receive(
    pipe: &mut impl Read,
    received: &mut Vec<u8>,
    mut more: impl FnMut(&mut Vec<u8>) -> bool,
) -> bool {
    let mut chunk = [0; 16 * 1024];
    // A bounded number of rounds: a program that floods one pipe must not starve the clock.
    for _ in 0..64 {
        match pipe.read(&mut chunk) {
            Ok(0) => return true,
            Ok(length) => {
                received.extend_from_slice(&chunk[..length]);
                if !more(received) {
                    return false;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
        }
    }
    false
}
