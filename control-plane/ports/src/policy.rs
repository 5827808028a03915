use std::{any::Any, fmt, io, path::PathBuf, sync::Arc};

use bartizan_policy::{CompiledPolicy, Source};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

/// The policy in force; always one that compiled.
pub type PolicyFeed = watch::Receiver<Arc<CompiledPolicy>>;

/// How the newest edit fared.
pub type PolicyReports = watch::Receiver<PolicyReport>;

/// What is in force, and what is wrong with the newest edit if it is not that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyReport {
    /// Digest of the policy in force.
    pub digest: String,
    /// When it came into force.
    pub loaded_at: Timestamp,
    /// How many files it was read from.
    pub files: usize,
    /// Every mistake of a newer edit that was refused; empty when the newest edit is the one in force.
    pub problems: Vec<String>,
}

/// Where policy documents come from.
pub trait PolicySource: Send + Sync + 'static {
    /// Reads every document as it is now. Blocks: call it off the async threads.
    ///
    /// # Errors
    /// [`SourceError`] names what could not be read.
    fn read(&self) -> Result<Vec<Source>, SourceError>;

    /// Starts to watch. A change between a `read` and the next `Changes::next` is never lost.
    ///
    /// # Errors
    /// [`SourceError`] when the source cannot be watched at all.
    fn changes(&self) -> Result<Changes, SourceError>;
}

/// Signals that a source may have changed; several changes may arrive as one signal, and a signal may be idle.
pub struct Changes {
    signals: mpsc::Receiver<()>,
    // Whatever has to live for signals to come, such as a file watcher.
    _watcher: Box<dyn Any + Send>,
}

/// Why policy documents could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or directory is missing or unreadable.
    #[error("cannot read {path}: {cause}", path = path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said. Part of the message, so not its source.
        cause: io::Error,
    },
    /// There is not one policy file.
    #[error("no *.yaml or *.yml file under {path}", path = path.display())]
    Empty {
        /// The directory searched.
        path: PathBuf,
    },
    /// The source cannot be watched.
    #[error("cannot watch {path}: {message}", path = path.display())]
    Unwatchable {
        /// The directory.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

// === impl Changes ===

impl Changes {
    /// Passes on what arrives in `signals`, and keeps `watcher` alive meanwhile.
    #[must_use]
    pub fn new(signals: mpsc::Receiver<()>, watcher: impl Any + Send) -> Self {
        Self {
            signals,
            _watcher: Box::new(watcher),
        }
    }

    /// Waits for the next signal; `None` when there will never be another.
    pub async fn next(&mut self) -> Option<()> {
        self.signals.recv().await
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Changes").finish_non_exhaustive()
    }
}
