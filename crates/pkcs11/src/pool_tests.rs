use std::sync::mpsc;

use touchmark_core::{ErrorKind, Explain};

use super::*;

const SHORT: Duration = Duration::from_millis(40);
const LONG: Duration = Duration::from_secs(20);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A call that does not end before the test does.
async fn hang(pool: &Pool<()>) -> Pkcs11Error {
    let (sender, receiver) = mpsc::channel::<()>();
    std::mem::forget(sender);
    pool.run("hanging", move |(), _| {
        let _ = receiver.recv();
        Ok(())
    })
    .await
    .unwrap_err()
}

#[test]
fn one_call_after_the_other_takes_one_thread_with_one_state() {
    let pool = Pool::<u32>::new(4, LONG);
    block_on(async {
        for expected in 1..=20 {
            let count = pool.run("counting", |count, _| {
                *count += 1;
                Ok(*count)
            });
            assert_eq!(count.await.unwrap(), expected);
        }
    });
}

#[test]
fn queued_calls_run_at_once_up_to_the_limit() {
    let pool = Arc::new(Pool::<()>::new(2, LONG));
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let (pool, barrier) = (Arc::clone(&pool), Arc::clone(&barrier));
            thread::spawn(move || {
                // Ends only if the other call runs at the same time.
                block_on(pool.run("meeting", move |(), _| {
                    barrier.wait();
                    Ok(())
                }))
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap().unwrap();
    }
}

#[test]
fn a_call_that_hangs_fails_and_the_next_one_runs() {
    let pool = Pool::<()>::new(1, SHORT);
    block_on(async {
        let error = hang(&pool).await;
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert!(error.to_string().contains("hanging"));
        assert_eq!(pool.run("next", |(), _| Ok(7)).await.unwrap(), 7);
    });
}

#[test]
fn a_pool_whose_calls_all_hang_is_closed() {
    let pool = Pool::<()>::new(1, SHORT);
    block_on(async {
        for _ in 0..=MOST_GIVEN_UP {
            hang(&pool).await;
        }
        let ran = pool.run("next", |(), _| Ok(()));
        assert_eq!(ran.await.unwrap_err().kind(), ErrorKind::Unreachable);
    });
    assert_eq!(
        pool.shared.given_up.load(Ordering::Relaxed),
        MOST_GIVEN_UP + 1
    );
}

#[test]
fn a_thread_that_leaves_is_not_replaced_while_others_work() {
    let pool = Pool::<()>::new(2, LONG);
    block_on(async {
        let (held, holds) = oneshot::channel::<()>();
        let busy = pool
            .submit("busy", move |(), _| Ok(holds.blocking_recv().is_ok()))
            .unwrap();
        let left = pool.run("leaving", |(), clock| {
            clock.leave();
            Ok(())
        });
        left.await.unwrap();
        assert!(pool.is_staffed());
        let queued = pool.submit("queued", |(), _| Ok(())).unwrap();
        assert_eq!(pool.shared.working.load(Ordering::Relaxed), 1);
        held.send(()).unwrap();
        assert!(busy.await.unwrap().unwrap());
        queued.await.unwrap().unwrap();
    });
}

#[test]
fn a_person_stops_the_clock() {
    let pool = Pool::<()>::new(1, SHORT);
    let typed = pool.run("asking", |(), clock| {
        clock.paused(|| thread::sleep(SHORT * 4));
        Ok("PIN")
    });
    assert_eq!(block_on(typed).unwrap(), "PIN");
}

#[test]
fn a_panic_is_answered_and_does_not_stop_the_pool() {
    let pool = Pool::<()>::new(1, LONG);
    block_on(async {
        let panicked = pool.run::<()>("panicking", |(), _| panic!("on purpose"));
        assert!(panicked.await.is_err());
        assert_eq!(pool.run("next", |(), _| Ok(7)).await.unwrap(), 7);
    });
}

#[test]
fn dropping_the_pool_waits_until_its_states_are_dropped() {
    struct Slow(Arc<AtomicBool>);
    impl Drop for Slow {
        fn drop(&mut self) {
            thread::sleep(SHORT);
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let closed = Arc::new(AtomicBool::new(false));
    let pool = Pool::<Option<Slow>>::new(1, LONG);
    let flag = Arc::clone(&closed);
    block_on(pool.run("opening", |state, _| {
        *state = Some(Slow(flag));
        Ok(())
    }))
    .unwrap();
    drop(pool);
    assert!(closed.load(Ordering::SeqCst));
}
