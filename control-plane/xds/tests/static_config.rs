//! `envoy/static.yaml` is what `envoy/policy.yaml` makes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use bartizan_policy::{Source, compile};
use bartizan_xds::static_config::{StaticConfig, TOKEN_VARIABLE, render};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rendered() -> String {
    let source = Source {
        file: "envoy/policy.yaml".to_owned(),
        text: read("policy.yaml"),
    };
    let policy = compile(&[source]).unwrap();
    let config = StaticConfig {
        listen: ([127, 0, 0, 1], 10000).into(),
        admin: ([127, 0, 0, 1], 9901).into(),
        forward: ([127, 0, 0, 1], 8081).into(),
        filters: "target/filters".into(),
    };
    render(&policy, &config).unwrap()
}

#[test]
fn the_file_is_what_its_policy_makes() {
    assert!(
        read("static.yaml") == rendered(),
        "run `make static` and commit the result"
    );
}

#[test]
fn it_holds_no_secret_and_asks_no_control_plane() {
    let text = rendered();
    assert!(text.contains(&format!("environment_variable: {TOKEN_VARIABLE}")));
    assert!(!text.contains("ads"), "something would be asked for over ADS");
    assert!(!text.contains("bz-acme-dev-key"));
}
