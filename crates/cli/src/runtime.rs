//! Runs one verb on a runtime of its own, under the caller's time limit.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::block_in_place;
use touchmark_core::ErrorKind;

use crate::cmd::{Called, Invocation};
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::report;

/// How long a call that hangs in a device's library may hold up the exit.
const LINGER: Duration = Duration::from_millis(500);

pub(crate) fn run(invocation: Invocation) -> ExitCode {
    let Invocation { globals, called } = invocation;
    let format = globals.output;
    // Work that keeps its thread busy could not be ended by a limit on the same thread.
    let single = called.is_single() && globals.timeout.is_none();
    let runtime = match runtime(single) {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = CliError::new(ErrorKind::Failed, "no threads to be had").cause(&error);
            return report::error(format, &error);
        }
    };
    let context = Context::new(globals);
    let result = runtime.block_on(limited(called, &context));
    let code = match result {
        Ok(outcome) => report::outcome(format, &outcome),
        Err(error) => report::error(format, &error),
    };
    runtime.shutdown_timeout(LINGER);
    code
}

fn runtime(single: bool) -> io::Result<Runtime> {
    if single {
        Builder::new_current_thread().enable_all().build()
    } else {
        Builder::new_multi_thread().enable_all().build()
    }
}

/// Does work that keeps its thread busy; other tasks go on meanwhile, where there are any.
pub(crate) fn busy<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}

async fn limited(called: Box<dyn Called>, context: &Context) -> Result<Outcome, CliError> {
    context.globals().check()?;
    let running = called.run(context);
    match context.globals().timeout {
        None => running.await,
        Some(limit) => tokio::time::timeout(limit, running)
            .await
            .unwrap_or_else(|_| {
                let limit = humantime::format_duration(limit);
                Err(CliError::new(
                    ErrorKind::Unreachable,
                    format!("not finished within {limit}"),
                )
                .hint("give a longer --timeout"))
            }),
    }
}
