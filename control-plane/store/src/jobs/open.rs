use std::{
    fmt, fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use bartizan_ports::JobStoreError;
use sqlx::{
    AnyConnection, Connection,
    any::{AnyPoolOptions, install_default_drivers},
};
use tokio::sync::OnceCell;

use super::{
    SqlJobs,
    statement::{ABANDON, POSTGRES, SQLITE},
};

/// How long to wait for PostgreSQL before a client is told to try again.
const PATIENCE: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 8;

/// Where jobs are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum JobStoreAddress {
    /// In this process, and no longer.
    Memory,
    /// In a file that no other process uses; it and its directory are made if they are not there, for their owner only.
    Sqlite(PathBuf),
    /// In PostgreSQL; the URL may hold a password.
    Postgres(String),
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made.
    #[error("cannot keep jobs in {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is in use by another process, is no database, or was written by a newer version.
    #[error("cannot keep jobs in {}: is it in use by another process?", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: JobStoreError,
    },
    /// The address cannot be understood. It is not repeated, because it may hold a password.
    #[error("the address of the PostgreSQL server cannot be understood")]
    Address,
}

// === impl SqlJobs ===

impl SqlJobs {
    /// Opens a store. One in a file is made ready; one in PostgreSQL is connected to when it is first used, so that a
    /// server that is away delays nothing but jobs.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(address: &JobStoreAddress) -> Result<Self, OpenError> {
        install_default_drivers();
        match address {
            JobStoreAddress::Memory => Self::embedded("sqlite::memory:", Path::new(":memory:")).await,
            JobStoreAddress::Sqlite(path) => {
                make_private(path).map_err(|source| OpenError::File {
                    path: path.clone(),
                    source,
                })?;
                // Escaped, because a path may have what is special in a URL.
                let escaped: String = path.to_string_lossy().bytes().map(escape).collect();
                Self::embedded(&format!("sqlite://{escaped}?mode=rwc"), path).await
            }
            JobStoreAddress::Postgres(url) => {
                let pool = AnyPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .connect_lazy(url)
                    .map_err(|_| OpenError::Address)?;
                Ok(Self {
                    pool,
                    migrated: OnceCell::new(),
                    statements: &POSTGRES,
                })
            }
        }
    }

    async fn embedded(url: &str, path: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Database {
            path: path.to_owned(),
            source,
        };
        // A pool would try for half a minute what will not be better then.
        let probe = async {
            let mut connection = AnyConnection::connect(url).await?;
            settle(&mut connection).await?;
            connection.close().await
        };
        probe.await.map_err(|error| unusable(super::failed(error)))?;
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(|connection, _| Box::pin(settle(connection)))
            .connect(url)
            .await
            .map_err(|error| unusable(super::failed(error)))?;
        let store = Self {
            pool,
            migrated: OnceCell::new(),
            statements: &SQLITE,
        };
        store.run(sqlx::query(ABANDON)).await.map_err(unusable)?;
        Ok(store)
    }
}

/// Makes a connection to SQLite one for us alone.
///
/// The lock is for as long as the process lives, so a second one finds out at once. With `NORMAL` a power failure may
/// lose the last moments, and never more. What is forgotten is overwritten.
async fn settle(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for pragma in [
        "PRAGMA busy_timeout = 500",
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = NORMAL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA secure_delete = ON",
    ] {
        sqlx::query(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}

fn make_private(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}

fn escape(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

// === impl JobStoreAddress ===

impl FromStr for JobStoreAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("sqlite:")) {
            ("memory", _) => Ok(Self::Memory),
            (_, Some(path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err("write memory, sqlite:PATH, or postgres://USER@HOST/DATABASE"),
        }
    }
}

/// Without what may be secret.
impl fmt::Display for JobStoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => formatter.write_str("memory"),
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(_) => formatter.write_str("postgres"),
        }
    }
}

impl fmt::Debug for JobStoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
