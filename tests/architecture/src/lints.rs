//! Lints reach every crate, and the engine's bans are in force.

use std::fs;

use crate::workspace::{folder, metadata, root};

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for package in metadata().workspace_packages() {
        let manifest = fs::read_to_string(&package.manifest_path).expect("the manifest is readable");
        let lints = manifest
            .split("[lints]")
            .nth(1)
            .expect("the manifest has a [lints] table");
        let first = lints.lines().find(|line| !line.trim().is_empty());
        assert_eq!(first.map(str::trim), Some("workspace = true"), "in {}", folder(package));
    }
}

#[test]
fn every_crate_takes_versions_from_the_one_table() {
    for package in metadata().workspace_packages() {
        let manifest = fs::read_to_string(&package.manifest_path).expect("the manifest is readable");
        let mut in_dependencies = false;
        for line in manifest.lines().map(str::trim) {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]");
            } else if in_dependencies && line.contains('=') && !line.starts_with('#') {
                // A crate whose tests need a feature of its own names itself by path.
                let ours = line.contains("workspace = true") || line.contains("path = \".\"");
                assert!(
                    ours,
                    "{}: `{line}` does not use the workspace's version",
                    folder(package)
                );
            }
        }
    }
}

/// Clippy reads only the nearest file, so the engine's has to say again what the root's says.
#[test]
fn the_engines_clippy_file_repeats_the_roots() {
    let root_file = fs::read_to_string(root().join(".clippy.toml")).expect("the root has a clippy file");
    let engine_file = fs::read_to_string(root().join("filters/engine/.clippy.toml")).expect("the engine has one too");
    for line in root_file.lines().filter(|line| line.starts_with("allow-")) {
        assert!(
            engine_file.lines().any(|other| other == line),
            "the engine's clippy file lacks `{line}`"
        );
    }
}

#[test]
fn no_file_is_called_mod() {
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)
            .expect("folders are readable")
            .map(|entry| entry.expect("entries are readable"))
        {
            let name = entry.file_name();
            let hidden_or_built = name.to_string_lossy().starts_with('.') || name == "target";
            if entry.file_type().expect("entries have a type").is_dir() {
                if !hidden_or_built {
                    folders.push(entry.path());
                }
            } else {
                assert_ne!(name, "mod.rs", "in {}", folder.display());
            }
        }
    }
}
