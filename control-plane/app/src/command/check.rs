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

/// A mistake, as `-o json` lists it.
#[derive(Debug, Serialize)]
struct Mistake<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    field: &'a str,
    message: &'a str,
    remedy: &'a str,
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
    let mistakes = bartizan_policy::compile(&sources).err().unwrap_or_default();
    match args.output {
        Output::Json => terminal::print(&json(&mistakes)?)?,
        Output::Text => terminal::print(&text(&mistakes, sources.len()))?,
    }
    Ok(if mistakes.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

fn json(mistakes: &[PolicyError]) -> Result<String> {
    let list: Vec<_> = mistakes
        .iter()
        .map(|mistake| Mistake {
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

fn text(mistakes: &[PolicyError], files: usize) -> String {
    let files = counted(files, "file");
    if mistakes.is_empty() {
        return format!("{files}: no mistakes\n");
    }
    let lines: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
    format!("{lines}{files}: {}\n", counted(mistakes.len(), "mistake"))
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
