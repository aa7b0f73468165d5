//! The same work over many inputs, on every core, with results in the order of the inputs.

use std::future::Future;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use tokio::task::JoinSet;

use crate::progress::Progress;

/// How many of some inputs can be worked on at once without getting in each other's way.
pub(crate) fn cores(inputs: usize) -> usize {
    // Asking the system means to read several files.
    if inputs < 2 {
        1
    } else {
        available_parallelism().map_or(1, NonZero::get).min(inputs)
    }
}

/// Runs `work` over every input, at most `lanes` at once; one more is taken up as one ends, so
/// memory does not grow with the number of inputs.
///
/// The order of the results is that of the inputs. A result is `None` only if its work panicked.
pub(crate) async fn run<I, R, F, Fut>(
    inputs: Vec<I>,
    lanes: usize,
    progress: &Progress,
    work: F,
) -> Vec<Option<R>>
where
    I: Send + Sync + 'static,
    R: Send + 'static,
    F: Fn(Arc<Vec<I>>, usize) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = R> + Send,
{
    let total = inputs.len();
    let inputs = Arc::new(inputs);
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for _ in 0..lanes.min(total) {
        let (inputs, next) = (Arc::clone(&inputs), Arc::clone(&next));
        let (work, progress) = (work.clone(), progress.clone());
        running.spawn(async move {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= inputs.len() {
                    return done;
                }
                done.push((index, work(Arc::clone(&inputs), index).await));
                progress.step();
            }
        });
    }
    let mut results: Vec<Option<R>> = std::iter::repeat_with(|| None).take(total).collect();
    while let Some(joined) = running.join_next().await {
        for (index, result) in joined.unwrap_or_default() {
            results[index] = Some(result);
        }
    }
    progress.finish();
    results
}
