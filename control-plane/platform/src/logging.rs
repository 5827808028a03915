//! Logs as events with fields, on standard error.

use std::{io, str::FromStr};

use tracing_subscriber::EnvFilter;

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One readable line an event; coloured when standard error is a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not in the syntax of `tracing_subscriber::EnvFilter`.
    #[error("cannot read log filter {filter:?}")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something else in the process has set up logging already.
    #[error("logging is already set up")]
    AlreadySet,
}

/// Sends every event of this process to standard error from now on.
///
/// `filter` is a level (`info`), or levels by module (`info,bartizan_xds=debug`).
///
/// # Errors
/// [`LoggingError`] says whether the filter or a second call is at fault.
pub fn init(format: Format, filter: &str) -> Result<(), LoggingError> {
    let levels = EnvFilter::from_str(filter).map_err(|source| LoggingError::Filter {
        filter: filter.to_owned(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(levels);
    let ansi = io::IsTerminal::is_terminal(&io::stderr());
    match format {
        Format::Text => builder.with_ansi(ansi).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| LoggingError::AlreadySet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let error = init(Format::Text, "bartizan=loudest").unwrap_err();
        assert_eq!(error.to_string(), "cannot read log filter \"bartizan=loudest\"");
    }
}
