//! `bartizan bootstrap`

use std::process::ExitCode;

use anyhow::Result;
use bartizan_ports::PolicySource;
use bartizan_store::{Directory, LoadError};
use bartizan_xds::{
    Format,
    bootstrap::{BootstrapConfig, ControlPlane, DEFAULT_MAX_CONNECTIONS, render},
    static_config::{self, StaticConfig},
};

use crate::{cli::BootstrapArgs, terminal, wiring};

pub(crate) fn run(args: &BootstrapArgs) -> Result<ExitCode> {
    let text = if args.is_static { whole(args)? } else { joining(args)? };
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn joining(args: &BootstrapArgs) -> Result<String> {
    let (host, port) = args.xds.clone();
    let config = BootstrapConfig {
        node_id: args.node_id.clone(),
        node_cluster: wiring::NODE_CLUSTER.to_owned(),
        control_plane: ControlPlane { host, port },
        admin: args.envoy_admin,
        max_connections: DEFAULT_MAX_CONNECTIONS,
    };
    Ok(render(&config, Format::Yaml)?)
}

fn whole(args: &BootstrapArgs) -> Result<String> {
    let sources = Directory::new(&args.whole.policies.file).read()?;
    let policy = bartizan_policy::compile(&sources).map_err(LoadError::Invalid)?;
    let config = StaticConfig {
        listen: args.whole.listen,
        admin: args.envoy_admin,
        forward: args.whole.forward,
        filters: args.whole.filters.clone(),
    };
    Ok(static_config::render(&policy, &config)?)
}
