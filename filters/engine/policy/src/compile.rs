use crate::{CompiledPolicy, PolicyError};

/// The only `apiVersion` there is.
pub const API_VERSION: &str = "bartizan.dev/v1alpha1";

/// The largest file, in bytes: 32 MiB.
pub const MAX_SOURCE_BYTES: usize = 32 << 20;

/// A file of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, for messages.
    pub file: String,
    /// Its content.
    pub text: String,
}

/// Compiles all documents of all files.
///
/// # Errors
/// Every mistake, sorted by place.
pub fn compile(sources: &[Source]) -> Result<CompiledPolicy, Vec<PolicyError>> {
    Err(sources
        .iter()
        .map(|source| PolicyError {
            file: source.file.clone(),
            line: 0,
            column: 0,
            field: String::new(),
            message: "documents cannot be compiled yet".to_owned(),
            remedy: String::new(),
        })
        .collect())
}
