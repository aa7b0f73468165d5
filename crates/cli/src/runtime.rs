//! Runs one verb on a runtime of its own, under the caller's time limit.

use std::process::ExitCode;
use std::time::Duration;

use touchmark_core::ErrorKind;

use crate::cmd::Invocation;
use crate::context::Context;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::report;

/// How long a call that hangs in a device's library may hold up the exit.
const LINGER: Duration = Duration::from_millis(500);

pub(crate) fn run(invocation: &Invocation) -> ExitCode {
    let format = invocation.globals.output;
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = CliError::new(ErrorKind::Failed, "no threads to be had").cause(&error);
            return report::error(format, &error);
        }
    };
    let context = Context::new(invocation.globals.clone());
    let result = runtime.block_on(limited(invocation, &context));
    let code = match result {
        Ok(outcome) => report::outcome(format, &outcome),
        Err(error) => report::error(format, &error),
    };
    runtime.shutdown_timeout(LINGER);
    code
}

async fn limited(invocation: &Invocation, context: &Context) -> Result<Outcome, CliError> {
    invocation.globals.check()?;
    let running = invocation.run(context);
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
