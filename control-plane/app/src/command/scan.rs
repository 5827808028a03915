//! `bartizan scan`

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal, Read},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use bartizan_inspect::{Explanation, Inspector, Side, Surface};
use bartizan_policy::Caller;
use bartizan_ports::PolicySource;
use bartizan_store::{Directory, LoadError};
use bartizan_verdict::Action;

use crate::{
    cli::{Colour, Output, ScanArgs, What},
    terminal,
};

mod json;
mod rows;
mod text;

/// Exit status when something is done about what was scanned.
const FINDINGS: u8 = 1;
/// Exit status when it cannot be read, or is no request or answer.
const USAGE: u8 = 2;

pub(crate) fn run(args: &ScanArgs) -> Result<ExitCode> {
    let sources = Directory::new(&args.policies.file).read()?;
    let policy = bartizan_policy::compile(&sources).map_err(LoadError::Invalid)?;
    let inspector = Inspector::new(policy.threat_scan).context("the rules cannot be loaded")?;
    if args.jsonl {
        return rows::run(&inspector, open(&args.path)?, caller(args));
    }
    let mut bytes = Vec::new();
    open(&args.path)?
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", args.path.display()))?;
    let explanation = match explain(&inspector, args, &bytes) {
        Ok(explanation) => explanation,
        Err(message) => {
            terminal::explain(&format!("error: {message}\n"));
            return Ok(ExitCode::from(USAGE));
        }
    };
    match args.output {
        Output::Json => terminal::print(&json::pretty(&explanation)?)?,
        Output::Text => terminal::print(&text::render(&explanation, in_colour(args.color)))?,
    }
    Ok(if explanation.action == Action::Allow {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

fn explain<'i>(inspector: &'i Inspector, args: &ScanArgs, bytes: &[u8]) -> Result<Explanation<'i>, String> {
    let looks = guess(bytes);
    let side = match args.what {
        What::Auto => looks.map(|(side, _)| side),
        What::Text => None,
        What::Request => Some(Side::Request),
        What::Answer => Some(Side::Answer),
    };
    let Some(side) = side else {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("this is not UTF-8 text: {error}"))?;
        return Ok(inspector.explain_text(args.role, text, &caller(args)));
    };
    let surface = args.surface.or(looks.map(|(_, surface)| surface));
    let surface = surface.unwrap_or(Surface::Json);
    let model = model(bytes);
    let caller = Caller {
        model: model.as_deref().unwrap_or_default(),
        ..caller(args)
    };
    inspector
        .explain(side, surface, bytes, &caller)
        .map_err(|fault| fault.to_string())
}

fn caller(args: &ScanArgs) -> Caller<'_> {
    Caller {
        tenant: args.tenant.as_deref().unwrap_or_default(),
        model: "",
        path: "",
    }
}

/// What a JSON object looks like, if it looks like a message of a surface.
fn guess(bytes: &[u8]) -> Option<(Side, Surface)> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let object = value.as_object()?;
    let list = |key: &str| object.get(key).is_some_and(serde_json::Value::is_array);
    let is = |key: &str, wanted: &str| object.get(key).is_some_and(|found| found == wanted);
    let has = |key: &str| object.contains_key(key);
    Some(if is("jsonrpc", "2.0") {
        let side = if has("method") { Side::Request } else { Side::Answer };
        (side, Surface::Mcp)
    } else if list("messages") && has("system") {
        (Side::Request, Surface::Messages)
    } else if list("messages") {
        (Side::Request, Surface::Chat)
    } else if list("choices") {
        (Side::Answer, Surface::Chat)
    } else if is("type", "message") && has("content") {
        (Side::Answer, Surface::Messages)
    } else if is("object", "response") {
        (Side::Answer, Surface::Responses)
    } else if has("input") && (has("encoding_format") || has("dimensions")) {
        (Side::Request, Surface::Embeddings)
    } else if has("input") && has("model") {
        (Side::Request, Surface::Responses)
    } else {
        return None;
    })
}

fn model(bytes: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    Some(value.get("model")?.as_str()?.to_owned())
}

fn open(path: &Path) -> Result<BufReader<Box<dyn Read>>> {
    let read: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?)
    };
    Ok(BufReader::with_capacity(1 << 16, read))
}

/// `NO_COLOR`: <https://no-color.org>.
fn in_colour(when: Colour) -> bool {
    match when {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_told_by_their_looks() {
        for (body, expected) in [
            (
                r#"{"model": "m", "messages": []}"#,
                Some((Side::Request, Surface::Chat)),
            ),
            (
                r#"{"system": "s", "messages": []}"#,
                Some((Side::Request, Surface::Messages)),
            ),
            (r#"{"choices": []}"#, Some((Side::Answer, Surface::Chat))),
            (
                r#"{"type": "message", "content": []}"#,
                Some((Side::Answer, Surface::Messages)),
            ),
            (
                r#"{"model": "m", "input": "i"}"#,
                Some((Side::Request, Surface::Responses)),
            ),
            (
                r#"{"model": "m", "input": "i", "dimensions": 3}"#,
                Some((Side::Request, Surface::Embeddings)),
            ),
            (
                r#"{"object": "response", "output": []}"#,
                Some((Side::Answer, Surface::Responses)),
            ),
            (
                r#"{"jsonrpc": "2.0", "method": "tools/call"}"#,
                Some((Side::Request, Surface::Mcp)),
            ),
            (
                r#"{"jsonrpc": "2.0", "result": {}}"#,
                Some((Side::Answer, Surface::Mcp)),
            ),
            (r#"{"messages": 1}"#, None),
            (r#"["messages"]"#, None),
            ("messages", None),
        ] {
            assert_eq!(guess(body.as_bytes()), expected, "{body}");
        }
    }
}
