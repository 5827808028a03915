//! `bartizan up`

use std::process::ExitCode;

use anyhow::{Context, Result};
use bartizan_platform::signal::Shutdown;
use tempfile::TempDir;

use super::{INTERRUPTED, run_directory};
use crate::{
    cli::UpArgs,
    edge::{Edge as RunningEdge, Parts},
    envoy::{Launch, locate},
    occupied::{self, Wanted},
    plan::{Edge, Plan},
    ready_file::{Addresses, ReadyFile},
    wiring,
};

pub(crate) async fn run(args: &UpArgs) -> Result<ExitCode> {
    let mut shutdown = Shutdown::listen()?;
    let plan = Plan::for_up(args)?;
    let edge_plan = Edge::new(args);
    let program = locate(&edge_plan.search)?;
    occupied::check(&wanted(&plan, args), args.addresses.admin, Some(edge_plan.admin)).await?;
    let directory = run_directory()?;

    // 1. Take every address, start every role, then run an Envoy that fetches its configuration from them.
    let bound = wiring::bind(&plan, directory.path()).await?;
    let (addresses, readiness) = (bound.addresses(), bound.readiness.clone());
    let launch = launch(&plan, &edge_plan, program, &addresses, &directory)?;
    let mut edge = RunningEdge::new(
        launch,
        Parts {
            directory: bound.directory(),
            feed: bound.feed.clone(),
            readiness: readiness.clone(),
            ready_file: ReadyFile::new(plan.ready_file.clone()),
            addresses,
            policies: plan.policies.clone(),
            serving: bound.serving(),
        },
    );
    let mut running = bound.serve();

    // 2. Serve until told to stop, or something fails.
    let failure = tokio::select! {
        failure = edge.run() => Some(failure),
        failure = running.failed() => Some(failure),
        request = shutdown.requested() => {
            tracing::info!(?request, "stopping; once more to stop at once");
            None
        }
    };

    // 3. Be unready, let requests under way finish, then stop Envoy and after it the roles it depends on. Envoy waits
    //    for answers that the forwarder would never end, such as those to who follows a job; they end first. A second
    //    signal cuts this short; dropping `edge` kills Envoy.
    let _stopping = readiness.register("shutdown");
    running.announce();
    tokio::select! {
        stopped = async {
            edge.stop().await?;
            running.drain(plan.drain).await
        } => stopped?,
        _ = shutdown.requested() => return Ok(ExitCode::from(INTERRUPTED)),
    }
    failure.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn wanted(plan: &Plan, args: &UpArgs) -> Vec<Wanted> {
    let mut wanted = vec![
        Wanted {
            flag: "--listen",
            address: args.addresses.listen,
        },
        Wanted {
            flag: "--envoy-admin",
            address: args.envoy_admin,
        },
    ];
    wanted.extend(plan.wanted());
    wanted
}

fn launch(
    plan: &Plan,
    edge: &Edge,
    program: std::path::PathBuf,
    addresses: &Addresses,
    directory: &TempDir,
) -> Result<Launch> {
    let xds = addresses.xds.context("`up` runs the xds role")?;
    let bootstrap = bartizan_xds::bootstrap::BootstrapConfig {
        node_id: "up".to_owned(),
        node_cluster: wiring::NODE_CLUSTER.to_owned(),
        control_plane: xds.into(),
        admin: edge.admin,
        max_connections: bartizan_xds::bootstrap::DEFAULT_MAX_CONNECTIONS,
    };
    Ok(Launch {
        program,
        bootstrap: bartizan_xds::bootstrap::render(&bootstrap, bartizan_xds::Format::Json)?,
        workers: edge.workers,
        directory: directory.path().to_owned(),
        drain: plan.drain,
    })
}
