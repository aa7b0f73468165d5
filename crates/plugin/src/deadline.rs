//! Ends work that takes too long, under any async runtime or none.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::thread;
use std::time::SystemTime;

use tokio::sync::oneshot;

/// The deadline passed before the work was done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passed;

/// Drives `work`, and drops it where it is not ready by the deadline. One thread keeps the time,
/// since a runtime's timer may not be there.
pub(crate) async fn within<T>(
    deadline: Option<SystemTime>,
    work: impl Future<Output = T>,
) -> Result<T, Passed> {
    let Some(deadline) = deadline else {
        return Ok(work.await);
    };
    let left = deadline
        .duration_since(SystemTime::now())
        .map_err(|_| Passed)?;
    let (alarm, mut rang) = oneshot::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let clock = move || {
        if stopped.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            let _ = alarm.send(());
        }
    };
    let _clock = thread::Builder::new()
        .name("touchmark-deadline".into())
        .spawn(clock);
    let mut work = pin!(work);
    let mut ticking = true;
    let outcome = poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Ok(done));
        }
        if !ticking {
            return Poll::Pending;
        }
        match pin!(&mut rang).poll(context) {
            Poll::Ready(Ok(())) => Poll::Ready(Err(Passed)),
            // No thread could be had: the work goes on without a limit, as cosign keeps its own.
            Poll::Ready(Err(_)) => {
                ticking = false;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
    drop(stop);
    outcome
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    fn run<T>(deadline: Option<SystemTime>, work: impl Future<Output = T>) -> Result<T, Passed> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(within(deadline, work))
    }

    #[test]
    fn work_in_time_is_returned() {
        assert_eq!(run(None, ready(1)), Ok(1));
        let later = SystemTime::now() + Duration::from_hours(1);
        assert_eq!(run(Some(later), ready(1)), Ok(1));
    }

    #[test]
    fn late_work_is_dropped_and_no_work_starts_after_the_deadline() {
        let soon = SystemTime::now() + Duration::from_millis(20);
        assert_eq!(run(Some(soon), pending::<()>()), Err(Passed));
        let past = SystemTime::now() - Duration::from_millis(1);
        assert_eq!(run(Some(past), ready(1)), Err(Passed));
    }
}
