//! Files that hold secrets, and the news that they changed.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use bartizan_platform::secret::Secret;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{sync::mpsc, time::Instant};

use super::source::Unreadable;

/// How often a file is looked at even if nothing was heard of it: not every file system tells.
const LOOK: Duration = Duration::from_secs(30);
/// How long nothing may have changed before a file counts as written.
const SETTLED: Duration = Duration::from_millis(50);

/// Hears of changes in the directories of files.
///
/// WHY: a file is replaced by renaming another onto it, and Kubernetes replaces the directory that a link beside it leads
/// to. Neither happens to the file itself.
pub(super) struct FileWatch {
    signals: mpsc::Receiver<()>,
    _watcher: Option<RecommendedWatcher>,
    has_files: bool,
}

impl FileWatch {
    /// Directories that cannot be watched are looked at now and then.
    pub(super) fn start(files: &[PathBuf]) -> Self {
        let (sender, signals) = mpsc::channel(1);
        let directories: BTreeSet<&Path> = files.iter().filter_map(|file| directory(file)).collect();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error may mean lost events, so it counts as a change. A full channel has a signal waiting already.
            if event.map_or(true, |event| is_change(event.kind)) {
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher.ok().map(|mut watcher| {
            for directory in directories {
                if let Err(error) = watcher.watch(directory, RecursiveMode::NonRecursive) {
                    tracing::debug!(%error, "a directory of secrets is not watched, but looked at now and then");
                }
            }
            watcher
        });
        Self {
            signals,
            _watcher: watcher,
            has_files: !files.is_empty(),
        }
    }

    /// Waits until something changed, and then until nothing does any more.
    pub(super) async fn changed(&mut self) {
        if !self.has_files || self.signals.recv().await.is_none() {
            return std::future::pending().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLED, self.signals.recv()).await {}
    }

    /// When to look at the files in any case; `None` if there are none.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.has_files.then(|| Instant::now() + LOOK)
    }
}

fn directory(file: &Path) -> Option<&Path> {
    match file.parent()? {
        parent if parent.as_os_str().is_empty() => Some(Path::new(".")),
        parent => Some(parent),
    }
}

/// Whether files may differ after the event. Opening and reading do not count, or each of our readings would call for
/// another.
const fn is_change(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(AccessKind::Open(_) | AccessKind::Read | AccessKind::Close(AccessMode::Read))
    )
}

/// The text of a file, without white space around it.
pub(super) async fn text(path: &Path) -> Result<Secret<String>, Unreadable> {
    match tokio::fs::read_to_string(path).await {
        Ok(text) => Ok(trimmed(&Secret::new(text))),
        Err(error) => Err(Unreadable::NoFile(path.display().to_string(), error)),
    }
}

pub(super) fn trimmed(secret: &Secret<String>) -> Secret<String> {
    Secret::new(secret.expose().trim().to_owned())
}
