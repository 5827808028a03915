//! `--jsonl`: a verdict for each line.

use std::{
    io::{self, BufRead, BufWriter, Write},
    process::ExitCode,
};

use anyhow::Result;
use bartizan_inspect::Inspector;
use bartizan_policy::Caller;
use bartizan_verdict::{Action, Role};
use serde::Deserialize;

use super::{FINDINGS, USAGE, json::Verdict};
use crate::terminal;

/// A line of the input.
#[derive(Debug, Deserialize)]
struct Row {
    id: serde_json::Value,
    text: String,
    #[serde(default)]
    role: Option<String>,
}

/// Judges every line. A line that cannot be read is reported, and the others are judged all the same.
pub(super) fn run(inspector: &Inspector, input: impl BufRead, caller: Caller<'_>) -> Result<ExitCode> {
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut code = 0;
    for (number, line) in (1_u64..).zip(input.lines()) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let (row, role) = match read(&line) {
            Ok(read) => read,
            Err(message) => {
                terminal::explain(&format!("line {number}: {message}\n"));
                code = USAGE;
                continue;
            }
        };
        let explanation = inspector.explain_text(role, &row.text, &caller);
        if explanation.action != Action::Allow {
            code = code.max(FINDINGS);
        }
        let verdict = serde_json::to_string(&Verdict::new(Some(&row.id), &explanation))?;
        match writeln!(output, "{verdict}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::from(code)),
            outcome => outcome?,
        }
    }
    output.flush()?;
    Ok(ExitCode::from(code))
}

fn read(line: &str) -> Result<(Row, Role), String> {
    let row: Row = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let role = match &row.role {
        None => Role::User,
        Some(name) => Role::parse(name).ok_or_else(|| format!("there is no role {name:?}"))?,
    };
    Ok((row, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_of_a_row_is_the_users_unless_it_says_otherwise() {
        let role = |line: &str| read(line).map(|(_, role)| role);
        assert_eq!(role(r#"{"id": 1, "text": "t"}"#), Ok(Role::User));
        assert_eq!(
            role(r#"{"id": "a", "text": "t", "role": "document", "x": 1}"#),
            Ok(Role::Document)
        );
        assert_eq!(
            role(r#"{"id": 1, "text": "t", "role": "boss"}"#),
            Err(r#"there is no role "boss""#.to_owned())
        );
        assert!(role(r#"{"id": 1}"#).is_err());
    }
}
