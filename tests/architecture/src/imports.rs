//! Who may import whom.

use cargo_metadata::DependencyKind;

use crate::workspace::{folder, metadata, short_name};

const ENGINE: [&str; 8] = [
    "verdict", "identity", "wire", "prompt", "scan", "limit", "policy", "inspect",
];
const FILTERS: [&str; 3] = ["auth", "rate-limit", "threat-scan"];
const ROLES: [&str; 3] = ["xds", "forward", "admin"];

/// The crates of ours that a crate may import. A crate without a row here may not exist.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    let with_engine = |others: &[&'static str]| [&ENGINE[..], others].concat();
    Some(match name {
        "verdict" | "platform" | "architecture-tests" => Vec::new(),
        "identity" | "wire" | "limit" | "scan" | "host" => vec!["verdict"],
        "prompt" => vec!["verdict", "wire", "scan"],
        "policy" => vec!["verdict", "identity", "wire", "prompt", "scan", "limit"],
        "inspect" => vec!["verdict", "wire", "prompt", "scan", "policy"],
        "auth" | "rate-limit" | "threat-scan" => with_engine(&["host"]),
        "ports" => with_engine(&["platform"]),
        "store" => with_engine(&["ports"]),
        "xds" | "forward" | "admin" => with_engine(&["ports", "platform"]),
        "app" => with_engine(&["ports", "platform", "store", "xds", "forward", "admin"]),
        "bench-engine" | "bench-edge" | "surface-tests" => with_engine(&[]),
        "bench-detection" => with_engine(&["bench-engine"]),
        _ => return None,
    })
}

#[test]
fn every_crate_imports_only_what_its_row_allows() {
    let mut broken = Vec::new();
    for package in metadata().workspace_packages() {
        let name = short_name(&package.name).expect("every member is named bartizan-<folder>");
        let Some(allowed) = allowed(name) else {
            broken.push(format!("{name} has no row in the import table"));
            continue;
        };
        let imports = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development);
        for import in imports.filter_map(|dependency| short_name(&dependency.name)) {
            if !allowed.contains(&import) {
                broken.push(format!("{name} may not import {import}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn even_tests_import_neither_a_filter_nor_the_app_nor_a_sibling_role() {
    for package in metadata().workspace_packages() {
        let name = short_name(&package.name).expect("every member is named bartizan-<folder>");
        for import in package
            .dependencies
            .iter()
            .filter_map(|dependency| short_name(&dependency.name))
        {
            assert!(!FILTERS.contains(&import), "{name} imports the filter {import}");
            assert_ne!(import, "app", "{name} imports the app");
            let siblings = ROLES.contains(&name) && ROLES.contains(&import);
            assert!(!siblings, "the role {name} imports the role {import}");
        }
    }
}

#[test]
fn only_the_host_crate_imports_proxy_wasm() {
    for package in metadata().workspace_packages() {
        let imports = package
            .dependencies
            .iter()
            .any(|dependency| dependency.name == "proxy-wasm");
        assert!(
            !imports || package.name.as_str() == "bartizan-host",
            "{} imports proxy-wasm",
            package.name
        );
    }
}

#[test]
fn a_crate_is_named_after_its_folder() {
    for package in metadata().workspace_packages() {
        let name = short_name(&package.name).expect("every member is named bartizan-<folder>");
        let folder = folder(package);
        let (parent, last) = folder.rsplit_once('/').expect("members lie in a folder of a folder");
        let expected = match parent {
            "tests" => format!("{last}-tests"),
            "benches" => format!("bench-{last}"),
            _ => last.to_owned(),
        };
        assert_eq!(name, expected, "in {folder}");
    }
}
