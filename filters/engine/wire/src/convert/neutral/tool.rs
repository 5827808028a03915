use serde_json::Value;

use super::{CacheMarker, Place};

/// A function that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// JSON Schema of its arguments; `None` for none.
    pub schema: Option<Value>,
    /// Whether the provider has to keep to the schema.
    pub strict: Option<bool>,
    /// Whether the prompt cache is to remember everything up to here.
    pub cache: Option<CacheMarker>,
    /// Where it was.
    pub place: Place,
}

/// Whether and which tool has to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    Auto,
    /// None.
    None,
    /// Some tool.
    Required,
    /// This one.
    Named(String),
}
