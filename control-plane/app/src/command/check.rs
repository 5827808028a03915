//! `bartizan check`

use std::process::ExitCode;

use anyhow::Result;
use bartizan_policy::PolicyError;
use bartizan_ports::PolicySource;
use bartizan_store::Directory;
use serde::Serialize;

use crate::{
    cli::{CheckArgs, Output},
    terminal,
};

/// Exit status when there are mistakes.
const FINDINGS: u8 = 1;
/// Exit status when there is nothing to check.
const USAGE: u8 = 2;

/// A mistake or a warning, as `-o json` lists it.
#[derive(Debug, Serialize)]
struct Mistake<'a> {
    severity: Severity,
    file: &'a str,
    line: usize,
    column: usize,
    field: &'a str,
    message: &'a str,
    remedy: &'a str,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
}

pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode> {
    let sources = match Directory::new(&args.policies.file).read() {
        Ok(sources) => sources,
        Err(error) => {
            terminal::explain(&format!("error: {error}\n"));
            return Ok(ExitCode::from(USAGE));
        }
    };
    // Compiling also tries every rule on its own examples.
    let (mistakes, warnings) = match bartizan_policy::compile(&sources) {
        Ok(policy) => (Vec::new(), policy.warnings),
        Err(mistakes) => (mistakes, Vec::new()),
    };
    match args.output {
        Output::Json => terminal::print(&json(&mistakes, &warnings)?)?,
        Output::Text => terminal::print(&text(&mistakes, &warnings, sources.len()))?,
    }
    Ok(if mistakes.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

fn json(mistakes: &[PolicyError], warnings: &[PolicyError]) -> Result<String> {
    let mistakes = mistakes.iter().map(|mistake| (Severity::Error, mistake));
    let warnings = warnings.iter().map(|warning| (Severity::Warning, warning));
    let list: Vec<_> = mistakes
        .chain(warnings)
        .map(|(severity, mistake)| Mistake {
            severity,
            file: &mistake.file,
            line: mistake.line,
            column: mistake.column,
            field: &mistake.field,
            message: &mistake.message,
            remedy: &mistake.remedy,
        })
        .collect();
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

fn text(mistakes: &[PolicyError], warnings: &[PolicyError], files: usize) -> String {
    let mistaken = mistakes.iter().map(|mistake| format!("{mistake}\n"));
    let warned = warnings.iter().map(|warning| format!("warning: {warning}\n"));
    let lines: String = mistaken.chain(warned).collect();
    let files = counted(files, "file");
    let found = match mistakes.len() {
        0 => "no mistakes".to_owned(),
        count => counted(count, "mistake"),
    };
    match warnings.len() {
        0 => format!("{lines}{files}: {found}\n"),
        count => format!("{lines}{files}: {found}, {}\n", counted(count, "warning")),
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
