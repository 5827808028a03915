use core::fmt;

/// One mistake in a policy document.
///
/// Displayed as `policies/tenants.yaml:12:9: spec.limits.requests.window: "5x" is not a duration; write a number and
/// s, m, h or d, such as 1m`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyError {
    /// The file, as it was given; empty if the mistake is in none, such as a document that is missing.
    pub file: String,
    /// The line, from 1; 0 if the mistake is in no particular place.
    pub line: usize,
    /// The column in characters, from 1; 0 if the mistake is in no particular place.
    pub column: usize,
    /// The field, such as `spec.keys[0].sha256`; empty if the mistake is not in a field.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty if the message says it.
    pub remedy: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "{}:{}:{}: ", self.file, self.line, self.column)?;
        } else if !self.file.is_empty() {
            write!(formatter, "{}: ", self.file)?;
        }
        if !self.field.is_empty() {
            write!(formatter, "{}: ", self.field)?;
        }
        formatter.write_str(&self.message)?;
        if !self.remedy.is_empty() {
            write!(formatter, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}
