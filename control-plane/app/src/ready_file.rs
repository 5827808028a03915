//! The file that tells other programs where this one listens.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Serialize;

/// The addresses in use, under the names of their flags. What does not run here is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Addresses {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) admin: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) xds: Option<SocketAddr>,
    /// `unix:PATH` or `IP:PORT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forward: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) envoy_admin: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) envoy_pid: Option<u32>,
}

/// The file; it goes when this is dropped. Without a path nothing is written.
#[derive(Debug)]
pub(crate) struct ReadyFile {
    path: Option<PathBuf>,
}

// === impl ReadyFile ===

impl ReadyFile {
    /// A file of an earlier run is removed, so that none is taken for this one's.
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        let file = Self { path };
        file.remove();
        file
    }

    /// Writes the addresses, at once and whole: a reader finds the old file or the new one.
    pub(crate) fn write(&self, addresses: &Addresses) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        write_whole(path, &serde_json::to_vec(addresses)?)
            .with_context(|| format!("cannot write the ready file {}", path.display()))
    }

    fn remove(&self) {
        if let Some(path) = &self.path {
            // It need not be there.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    std::io::Write::write_all(&mut file, content)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_what_runs_and_goes_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ready.json");
        fs::write(&path, "left over").unwrap();
        let file = ReadyFile::new(Some(path.clone()));
        assert!(!path.exists());
        let addresses = Addresses {
            admin: Some(([127, 0, 0, 1], 8080).into()),
            forward: Some("unix:/run/f.sock".to_owned()),
            envoy_pid: Some(7),
            ..Addresses::default()
        };
        file.write(&addresses).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            r#"{"admin":"127.0.0.1:8080","forward":"unix:/run/f.sock","envoyPid":7}"#
        );
        drop(file);
        assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_directory_that_is_missing_is_named() {
        let file = ReadyFile::new(Some("/nowhere/ready.json".into()));
        let error = file.write(&Addresses::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot write the ready file /nowhere/ready.json");
    }
}
