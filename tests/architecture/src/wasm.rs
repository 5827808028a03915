//! What may enter a wasm module, and that the engine stays pure.

use std::{collections::BTreeSet, process::Command};

use crate::workspace::{metadata, root, short_name};

/// Every crate that a filter links, with why it is there. A name that is not here costs a review of its size, its
/// panics and whether it reaches for a clock, a file, a socket or randomness.
const LINKED: &[(&str, &str)] = &[
    ("allocator-api2", "of hashbrown"),
    ("aho-corasick", "phrases of rule packs in one pass"),
    ("block-buffer", "of sha2"),
    ("byteorder", "of postcard"),
    ("cfg-if", "of sha2"),
    ("cmov", "of hmac"),
    ("cobs", "of postcard"),
    ("cpufeatures", "of sha2"),
    ("crypto-common", "of sha2"),
    ("ctutils", "of hmac"),
    ("digest", "of sha2"),
    ("equivalent", "of hashbrown"),
    ("foldhash", "of hashbrown"),
    ("hashbrown", "of proxy-wasm"),
    ("hybrid-array", "of sha2"),
    ("hmac", "credentials of jobs; auth alone calls it"),
    ("itoa", "of serde_json"),
    ("log", "of proxy-wasm"),
    ("memchr", "finds bytes fast"),
    ("postcard", "the form of compiled policies"),
    ("proxy-wasm", "the ABI; only the host crate sees it"),
    ("regex-automata", "regexes of rule packs, compiled elsewhere"),
    ("regex-syntax", "of regex-automata"),
    ("serde", "the form of compiled policies"),
    ("serde_core", "of serde"),
    ("serde_json", "bodies"),
    ("sha2", "API keys are known by their hash"),
    ("siphasher", "texts are remembered by their hash"),
    ("thiserror", "error types"),
    ("typenum", "of sha2"),
    ("zmij", "of serde_json"),
];

/// Crates the engine must not link even with every feature on, because they bring what a pure crate has no use for.
const IMPURE: &[(&str, &str)] = &[
    ("proxy-wasm", "a host"),
    ("tokio", "a runtime"),
    ("hyper", "sockets"),
    ("axum", "sockets"),
    ("tonic", "sockets"),
    ("mio", "sockets"),
    ("socket2", "sockets"),
    ("notify", "files"),
    ("tempfile", "files"),
    ("getrandom", "randomness"),
    ("rand", "randomness"),
    ("tracing", "logging: the engine returns facts"),
    ("prometheus", "metrics: the engine returns facts"),
];

#[test]
fn a_filter_links_only_what_is_listed() {
    let listed: BTreeSet<_> = LINKED.iter().map(|(name, _)| (*name).to_owned()).collect();
    for filter in ["bartizan-auth", "bartizan-rate-limit", "bartizan-threat-scan"] {
        let linked = linked(&["--package", filter, "--target", "wasm32-wasip1"]);
        assert!(
            linked.contains("proxy-wasm"),
            "{filter} does not even link proxy-wasm: {linked:?}"
        );
        let strangers: Vec<_> = linked
            .iter()
            .filter(|name| short_name(name).is_none() && !listed.contains(*name))
            .collect();
        assert!(
            strangers.is_empty(),
            "{filter} links {strangers:?}, which the list does not have"
        );
    }
}

#[test]
fn the_engine_stays_pure_with_every_feature_on() {
    for package in metadata().workspace_packages() {
        if !package.manifest_path.as_str().contains("/filters/engine/") {
            continue;
        }
        let linked = linked(&["--package", &package.name, "--all-features"]);
        for (name, what) in IMPURE {
            assert!(
                !linked.contains(*name),
                "{} links {name}, which brings {what}",
                package.name
            );
        }
    }
}

/// Names of the crates a build would link: normal dependencies, procedural macros left out.
fn linked(selection: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "tree",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(selection)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}
