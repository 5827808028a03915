//! The workspace as cargo sees it.

use std::path::PathBuf;

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// Where the workspace's root `Cargo.toml` lives.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace root exists")
}

/// The workspace without its dependencies' own dependencies.
pub(crate) fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata reads this workspace")
}

/// A package's name without our prefix, if it is one of ours.
pub(crate) fn short_name(name: &str) -> Option<&str> {
    name.strip_prefix("bartizan-")
}

/// The folder of a package, relative to the root, with `/` between the parts.
pub(crate) fn folder(package: &Package) -> String {
    let manifest = package.manifest_path.parent().expect("a manifest lies in a folder");
    let root = root();
    let folder = manifest
        .as_std_path()
        .strip_prefix(&root)
        .expect("members lie below the root");
    folder.to_string_lossy().replace('\\', "/")
}
