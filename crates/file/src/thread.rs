//! Blocking work on a thread of its own, whatever runtime the caller has.

use std::thread;

use tokio::sync::oneshot;

use crate::error::FileError;

/// Runs `work` on a new thread and waits for it without blocking the caller's executor. No
/// runtime needs to be running: the channel wakes any executor. A caller that stops waiting
/// leaves the thread to end by itself.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, FileError> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("key-file".into())
        .spawn(move || drop(sender.send(work())))
        .map_err(|_| FileError::Failed("starting a thread"))?;
    // The channel closes without an answer only where the work panicked.
    receiver
        .await
        .unwrap_or(Err(FileError::Failed("opening the key")))
}
