//! What a command has to say, on standard output. Logs go to standard error.

use std::io::{self, Write};

/// Prints to standard output. Whoever reads it may have gone away, which is no failure of ours.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Prints to standard error.
pub(crate) fn explain(text: &str) {
    // There is nowhere left to report that standard error is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
