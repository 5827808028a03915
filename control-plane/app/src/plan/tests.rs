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
