use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn serve(line: &str) -> Result<Plan> {
    match Cli::parse_from(line.split(' ')).command {
        Command::Serve(args) => Plan::for_serve(&args),
        other => panic!("{other:?}"),
    }
}

#[test]
fn roles_in_one_process_need_no_token() {
    let plan = serve("bartizan serve --roles xds,forward --filters .").unwrap();
    assert_eq!(plan.token.expose().len(), 2 * TOKEN_BYTES);
    assert_eq!(
        plan.forward.unwrap().listen,
        Some(ForwardListen::Tcp(([127, 0, 0, 1], 8081).into()))
    );
    assert_eq!(plan.admin, None);
    assert_eq!(plan.xds.unwrap().delivery, Delivery::Inline);
}

#[test]
fn roles_apart_need_the_same_token() {
    for line in [
        "bartizan serve --roles forward",
        "bartizan serve --roles xds --filters . --forward-target forward:8081",
        "bartizan serve --roles xds,forward --filters . --forward-target elsewhere:8081",
    ] {
        assert!(
            serve(line).unwrap_err().to_string().contains("--forward-token-file"),
            "{line}"
        );
        let plan = serve(&format!("{line} --forward-token {TOKEN}")).unwrap();
        assert_eq!(plan.token.expose(), TOKEN);
    }
}

#[test]
fn a_token_file_is_read_without_its_newline() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    let line = format!("bartizan serve --roles forward --forward-token-file {}", path.display());
    assert_eq!(serve(&line).unwrap().token.expose(), TOKEN);
    std::fs::write(&path, "short").unwrap();
    let error = serve(&line).unwrap_err().to_string();
    assert!(error.contains("at least 32") && !error.contains("short;"), "{error}");
}

#[test]
fn envoys_must_be_told_of_a_forwarder() {
    let error = serve("bartizan serve --roles xds --filters .").unwrap_err().to_string();
    assert!(error.contains("--forward-target"), "{error}");
}

#[test]
fn missing_filters_are_named_with_the_way_to_make_them() {
    let error = serve("bartizan serve --roles xds,forward --filters /nowhere")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("no filters at /nowhere: ") && error.contains("make wasm"),
        "{error}"
    );
}

#[test]
fn jobs_need_to_be_told_where_envoy_is() {
    let edge = |line| serve(line).unwrap().forward.unwrap().jobs.edge;
    let roles = "bartizan serve --roles xds,forward --filters .";
    assert_eq!(edge(roles), EdgePlan::Unknown);
    let line = format!("{roles} --edge https://envoy:10000 --edge-ca ca.pem");
    let EdgePlan::At(address) = edge(&line) else {
        panic!("the edge is known");
    };
    assert_eq!(address.uri, "https://envoy:10000/");
    assert_eq!(address.trust, EdgeTrust::Authority("ca.pem".into()));
}

#[test]
fn jobs_are_kept_where_state_belongs() {
    let named = serve("bartizan serve --roles xds,forward --filters . --jobs memory").unwrap();
    assert_eq!(
        named.forward.unwrap().jobs.store,
        StorePlan::Named(JobStoreAddress::Memory)
    );
    type Variables = &'static [(&'static str, &'static str)];
    let table: [(Variables, Option<&str>); 5] = [
        (&[("HOME", "/home/a")], Some("/home/a/.local/state/bartizan/jobs.db")),
        (
            &[("HOME", "/home/a"), ("XDG_STATE_HOME", "/state")],
            Some("/state/bartizan/jobs.db"),
        ),
        (
            &[("XDG_STATE_HOME", "/state"), ("STATE_DIRECTORY", "/var/lib/b")],
            Some("/var/lib/b/jobs.db"),
        ),
        (&[("HOME", "")], None),
        (&[], None),
    ];
    for (variables, expected) in table {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| PathBuf::from(value))
        };
        let expected = match expected {
            Some(path) => StorePlan::Preferred(path.into()),
            None => StorePlan::Nowhere,
        };
        assert_eq!(preferred(variable), expected, "{variables:?}");
    }
}
