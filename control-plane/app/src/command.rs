//! One module a command, each a function from its arguments to an exit code.

use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use anyhow::{Context, Result};
use tempfile::TempDir;

pub(crate) mod bootstrap;
pub(crate) mod check;
pub(crate) mod key;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod up;

/// Exit status after a second Ctrl-C, as shells report it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// A directory that only we can enter, for as long as we run.
fn run_directory() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("bartizan-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .context("cannot make a directory for this run")
}
