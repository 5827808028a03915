use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use bartizan_policy::Source;
use bartizan_ports::{Changes, PolicySource, SourceError};
use notify::{
    Event, EventKind, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::sync::mpsc;

/// How often a listing is repeated when a file of it vanishes before it is read, as editors that replace files do.
const LISTINGS: usize = 5;

/// Policy files: every `*.yaml` and `*.yml` under a directory, at any depth, in the order of their paths; or one file.
///
/// Names that start with a dot are skipped. They are editors' swap files, and the `..data` directories by which
/// Kubernetes swaps the content of a mounted ConfigMap; the files themselves are symbolic links into those, and links
/// are followed.
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

// === impl Directory ===

impl Directory {
    /// The files under `root`. Nothing is read yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// What to watch: for a single file its directory, because a replaced file takes its watch away with it.
    fn watched(&self) -> &Path {
        if self.root.is_dir() {
            return &self.root;
        }
        match self.root.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    fn read_once(&self) -> Result<Vec<Source>, SourceError> {
        let mut files = BTreeSet::new();
        if fs::metadata(&self.root).map_err(unreadable(&self.root))?.is_dir() {
            list(&self.root, &mut BTreeSet::new(), &mut files)?;
        } else {
            files.insert(self.root.clone());
        }
        if files.is_empty() {
            return Err(SourceError::Empty {
                path: self.root.clone(),
            });
        }
        files
            .into_iter()
            .map(|path| {
                let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
                Ok(Source {
                    file: path.to_string_lossy().into_owned(),
                    text,
                })
            })
            .collect()
    }
}

impl PolicySource for Directory {
    fn read(&self) -> Result<Vec<Source>, SourceError> {
        let mut outcome = self.read_once();
        for _ in 1..LISTINGS {
            match &outcome {
                Err(SourceError::Unreadable { path, cause })
                    if cause.kind() == io::ErrorKind::NotFound && *path != self.root =>
                {
                    outcome = self.read_once();
                }
                _ => break,
            }
        }
        outcome
    }

    fn changes(&self) -> Result<Changes, SourceError> {
        // One waiting signal is enough: whoever takes it reads everything.
        let (sender, signals) = mpsc::channel(1);
        let unwatchable = |error: notify::Error| SourceError::Unwatchable {
            path: self.root.clone(),
            message: error.to_string(),
        };
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error may mean lost events, so it counts as a change.
            if event.map_or(true, |event| is_change(event.kind)) {
                // Full means a signal waits already.
                let _ = sender.try_send(());
            }
        })
        .map_err(unwatchable)?;
        watcher
            .watch(self.watched(), RecursiveMode::Recursive)
            .map_err(unwatchable)?;
        Ok(Changes::new(signals, watcher))
    }
}

/// Whether files may differ after the event. Opening and reading do not count, or each of our reads would call for another.
const fn is_change(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(AccessKind::Open(_) | AccessKind::Read | AccessKind::Close(AccessMode::Read))
    )
}

fn list(directory: &Path, seen: &mut BTreeSet<PathBuf>, files: &mut BTreeSet<PathBuf>) -> Result<(), SourceError> {
    // Links may lead back to a directory above.
    if !seen.insert(fs::canonicalize(directory).map_err(unreadable(directory))?) {
        return Ok(());
    }
    for entry in fs::read_dir(directory).map_err(unreadable(directory))? {
        let entry = entry.map_err(unreadable(directory))?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        if fs::metadata(&path).map_err(unreadable(&path))?.is_dir() {
            list(&path, seen, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.insert(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> SourceError {
    let path = path.to_owned();
    move |cause| SourceError::Unreadable { path, cause }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, time::Duration};

    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let sources = Directory::new(root).read().unwrap();
        sources
            .iter()
            .map(|source| source.file.strip_prefix(root.to_str().unwrap()).unwrap().to_owned())
            .collect()
    }

    #[test]
    fn yaml_files_are_read_at_every_depth_in_order() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("rules/deep")).unwrap();
        for name in [
            "z.yaml",
            "a.yml",
            "rules/deep/r.yaml",
            "README.md",
            ".a.yaml.swp",
            ".hidden.yaml",
        ] {
            fs::write(root.path().join(name), name).unwrap();
        }
        assert_eq!(names(root.path()), ["/a.yml", "/rules/deep/r.yaml", "/z.yaml"]);
    }

    #[test]
    fn a_mounted_config_map_is_read_once_through_its_links() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("..2026_01")).unwrap();
        fs::write(root.path().join("..2026_01/tenants.yaml"), "first").unwrap();
        symlink("..2026_01", root.path().join("..data")).unwrap();
        symlink("..data/tenants.yaml", root.path().join("tenants.yaml")).unwrap();
        assert_eq!(names(root.path()), ["/tenants.yaml"]);
    }

    #[test]
    fn a_link_to_a_directory_above_ends() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.yaml"), "").unwrap();
        symlink(root.path(), root.path().join("loop")).unwrap();
        assert_eq!(names(root.path()), ["/a.yaml"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let root = tempfile::tempdir().unwrap();
        let empty = Directory::new(root.path()).read().unwrap_err().to_string();
        assert!(empty.starts_with("no *.yaml or *.yml file under /"), "{empty}");
        let missing = Directory::new("/nowhere/policies").read().unwrap_err().to_string();
        assert!(
            missing.starts_with("cannot read /nowhere/policies: No such file"),
            "{missing}"
        );
    }

    #[tokio::test]
    async fn edits_are_signalled_and_reads_are_not() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a.yaml");
        fs::write(&file, "first").unwrap();
        let directory = Directory::new(root.path());
        let mut changes = directory.changes().unwrap();

        directory.read().unwrap();
        let idle = tokio::time::timeout(Duration::from_millis(100), changes.next()).await;
        assert!(idle.is_err(), "reading signalled a change");

        let replacement = root.path().join(".a.yaml.new");
        fs::write(&replacement, "second").unwrap();
        fs::rename(&replacement, &file).unwrap();
        let signalled = tokio::time::timeout(Duration::from_secs(5), changes.next()).await;
        assert_eq!(signalled, Ok(Some(())));
    }
}
