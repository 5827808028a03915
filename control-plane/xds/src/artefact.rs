//! The filters' code: read once, and put where Envoy can load it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};

use crate::snapshot::{FilterCode, FilterName, WasmCode};

/// How Envoy gets the filters' code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WasmDelivery {
    /// As files, for an Envoy on this machine or on a shared volume.
    File {
        /// Where `auth.wasm`, `rate-limit.wasm` and `threat-scan.wasm` are.
        filters: PathBuf,
        /// Where copies are put under names that change with their content, such as `auth-0f3a….wasm`, so that an
        /// Envoy never mistakes new code for old. Created if missing; never emptied, because an older Envoy may still
        /// use what is there.
        publish: PathBuf,
    },
    /// Inside the configuration, for an Envoy elsewhere.
    Inline {
        /// Where `auth.wasm`, `rate-limit.wasm` and `threat-scan.wasm` are.
        filters: PathBuf,
    },
}

/// A filter's code could not be read or published.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare the filter {}", path.display())]
pub struct ArtefactError {
    path: PathBuf,
    source: io::Error,
}

/// Reads all three filters and publishes them.
pub(crate) async fn prepare(delivery: &WasmDelivery) -> Result<FilterCode, ArtefactError> {
    Ok(FilterCode {
        auth: prepare_one(delivery, FilterName::Auth).await?,
        rate_limit: prepare_one(delivery, FilterName::RateLimit).await?,
        threat_scan: prepare_one(delivery, FilterName::ThreatScan).await?,
    })
}

async fn prepare_one(delivery: &WasmDelivery, filter: FilterName) -> Result<WasmCode, ArtefactError> {
    let (WasmDelivery::File { filters, .. } | WasmDelivery::Inline { filters }) = delivery;
    let path = filters.join(filter.module()).with_extension("wasm");
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| ArtefactError { path, source }
    };
    let code = tokio::fs::read(&path).await.map_err(failed(&path))?;
    match delivery {
        WasmDelivery::Inline { .. } => Ok(WasmCode::Inline(Arc::from(code))),
        WasmDelivery::File { publish, .. } => {
            let published = publish.join(published_name(filter, &code));
            write_once(&published, &code).await.map_err(failed(&published))?;
            Ok(WasmCode::File(published))
        }
    }
}

fn published_name(filter: FilterName, code: &[u8]) -> String {
    let digest = Sha256::digest(code);
    let digest: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digest}.wasm", filter.module())
}

/// A file of that name has that content, so one that is there is left alone. It appears whole or not at all.
async fn write_once(path: &Path, content: &[u8]) -> io::Result<()> {
    if tokio::fs::try_exists(path).await? {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        tokio::fs::create_dir_all(directory).await?;
    }
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    tokio::fs::write(&partial, content).await?;
    tokio::fs::rename(&partial, path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for filter in FilterName::ALL {
            let path = directory.path().join(filter.module()).with_extension("wasm");
            std::fs::write(path, filter.module()).unwrap();
        }
        directory
    }

    #[tokio::test]
    async fn a_published_file_is_named_after_its_content() {
        let (filters, publish) = (filters(), tempfile::tempdir().unwrap());
        let delivery = WasmDelivery::File {
            filters: filters.path().to_owned(),
            publish: publish.path().join("new"),
        };
        let path_of_auth = async || match prepare(&delivery).await.unwrap().auth {
            WasmCode::File(path) => path,
            WasmCode::Inline(_) => panic!("a file was asked for"),
        };
        let first = path_of_auth().await;
        assert_eq!(path_of_auth().await, first);
        assert_eq!(std::fs::read(&first).unwrap(), b"auth");
        std::fs::write(filters.path().join("auth.wasm"), "new").unwrap();
        let second = path_of_auth().await;
        assert_ne!(second, first);
        assert_eq!(std::fs::read(&first).unwrap(), b"auth", "an Envoy may still use it");
    }

    #[tokio::test]
    async fn a_missing_filter_is_named() {
        let filters = tempfile::tempdir().unwrap();
        let delivery = WasmDelivery::Inline {
            filters: filters.path().to_owned(),
        };
        let error = prepare(&delivery).await.unwrap_err();
        assert!(error.to_string().ends_with("auth.wasm"), "{error}");
    }
}
