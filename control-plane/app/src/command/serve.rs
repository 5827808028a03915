//! `bartizan serve`

use std::process::ExitCode;

use anyhow::Result;
use bartizan_platform::signal::Shutdown;

use super::{INTERRUPTED, run_directory};
use crate::{cli::ServeArgs, occupied, plan::Plan, ready_file::ReadyFile, wiring};

pub(crate) async fn run(args: &ServeArgs) -> Result<ExitCode> {
    let mut shutdown = Shutdown::listen()?;
    let plan = Plan::for_serve(args)?;
    occupied::check(&plan.wanted(), args.addresses.admin, None).await?;
    let directory = run_directory()?;

    // 1. Take every address, then start every role.
    let bound = wiring::bind(&plan, directory.path()).await?;
    let (addresses, readiness) = (bound.addresses(), bound.readiness.clone());
    let ready_file = ReadyFile::new(plan.ready_file.clone());
    let mut running = bound.serve();
    ready_file.write(&addresses)?;
    tracing::info!(
        admin = addresses.admin.map(tracing::field::display),
        xds = addresses.xds.map(tracing::field::display),
        forward = addresses.forward,
        "serving"
    );

    // 2. Serve until told to stop, or a role fails.
    let failure = tokio::select! {
        failure = running.failed() => Some(failure),
        request = shutdown.requested() => {
            tracing::info!(?request, "stopping; once more to stop at once");
            None
        }
    };

    // 3. Be unready, and let requests under way finish; a second signal cuts this short.
    let _stopping = readiness.register("shutdown");
    drop(ready_file);
    tokio::select! {
        drained = running.drain(plan.drain) => drained?,
        _ = shutdown.requested() => return Ok(ExitCode::from(INTERRUPTED)),
    }
    failure.map_or(Ok(ExitCode::SUCCESS), Err)
}
