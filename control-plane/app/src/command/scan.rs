//! `bartizan scan`

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal, Read},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use bartizan_inspect::{Explanation, Inspector, Side, StreamFormat, Surface};
use bartizan_policy::Caller;
use bartizan_ports::PolicySource;
use bartizan_store::{Directory, LoadError};
use bartizan_verdict::Action;

use crate::{
    cli::{Colour, Output, ScanArgs, What},
    terminal,
};

mod json;
mod looks;
mod rows;
mod text;

use looks::{Looks, look};

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
    let (looks, model) = look(bytes);
    let caller = Caller {
        model: model.as_deref().unwrap_or_default(),
        ..caller(args)
    };
    let (side, surface) = match (args.what, looks) {
        (What::Auto | What::Answer, Looks::Events(dialect)) => {
            let named = args.surface.map_or(dialect, stream_format);
            let format = named.ok_or("this does not look like the events of an API; --surface says which it is")?;
            return inspector
                .explain_stream(format, bytes, &caller)
                .map_err(|ended| ended.to_string());
        }
        (What::Auto, Looks::Body(side, surface)) => (side, surface),
        (What::Request, Looks::Body(_, surface)) => (Side::Request, surface),
        (What::Answer, Looks::Body(_, surface)) => (Side::Answer, surface),
        (What::Request, _) => (Side::Request, Surface::Json),
        (What::Answer, _) => (Side::Answer, Surface::Json),
        (What::Auto | What::Text, _) => {
            let text = std::str::from_utf8(bytes).map_err(|error| format!("this is not UTF-8 text: {error}"))?;
            return Ok(inspector.explain_text(args.role, text, &self::caller(args)));
        }
    };
    inspector
        .explain(side, args.surface.unwrap_or(surface), bytes, &caller)
        .map_err(|fault| fault.to_string())
}

/// The events with which an API answers, if it streams.
const fn stream_format(surface: Surface) -> Option<StreamFormat> {
    match surface {
        Surface::Chat => Some(StreamFormat::ChatCompletions),
        Surface::Responses => Some(StreamFormat::Responses),
        Surface::Messages => Some(StreamFormat::Messages),
        Surface::Mcp => Some(StreamFormat::Mcp),
        Surface::Embeddings | Surface::Json => None,
    }
}

fn caller(args: &ScanArgs) -> Caller<'_> {
    Caller {
        tenant: args.tenant.as_deref().unwrap_or_default(),
        model: "",
        path: "",
    }
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
