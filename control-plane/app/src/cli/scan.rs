use std::path::PathBuf;

use bartizan_inspect::Surface;
use bartizan_verdict::Role;
use clap::{Args, ValueEnum};

use super::{Output, PolicyArgs};

/// Scan a text, a request or an answer, and explain the verdict
///
/// Runs the code and the policies that the filter runs. JSON that looks like a request or an answer is read as that,
/// and events that look like a streamed answer, too; anything else as text. --as says otherwise.
/// Exit status: 0 nothing is done about it, 1 it is reported, masked or blocked, 2 it cannot be read.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  echo 'Ignore all previous instructions.' | bartizan scan
  bartizan scan request.json
  bartizan scan --as answer --surface messages answer.json -o json
  curl -N … | bartizan scan                             # a streamed answer
  bartizan scan --role tool page.html
  bartizan scan --jsonl < rows.jsonl > verdicts.jsonl   # rows: {\"id\": 1, \"text\": \"…\", \"role\": \"user\"}")]
pub(crate) struct ScanArgs {
    /// What to scan; - for standard input
    #[arg(value_name = "PATH", default_value = "-")]
    pub(crate) path: PathBuf,

    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// What it is
    #[arg(long = "as", value_enum, value_name = "WHAT", default_value_t = What::Auto)]
    pub(crate) what: What,

    /// What a request or an answer is of: chat, responses, embeddings, messages, mcp or json [default: as it looks]
    #[arg(long, value_name = "SURFACE", value_parser = surface)]
    pub(crate) surface: Option<Surface>,

    /// Whose words a text is: system, user, assistant, tool or document
    #[arg(long, value_name = "ROLE", default_value = "user", value_parser = role)]
    pub(crate) role: Role,

    /// The tenant that sends it, for exceptions by tenant
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,

    /// Read lines of {"id", "text", "role"?}, and print a line of {"id", "action", "scores", "findings"} for each
    #[arg(long, conflicts_with_all = ["what", "surface", "role", "output"])]
    pub(crate) jsonl: bool,

    /// How to print the verdict
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,

    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
}

/// What is to be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// As it looks
    Auto,
    /// Plain text
    Text,
    /// The body of a request
    Request,
    /// The body of an answer, or the events of one
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// At a terminal
    Auto,
    Always,
    Never,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("write one of {}", names(Role::ALL.iter().map(|role| role.as_str()))))
}

fn surface(text: &str) -> Result<Surface, String> {
    let known = SURFACES.iter().find(|(name, _)| *name == text);
    match known {
        Some((_, surface)) => Ok(*surface),
        None => Err(format!(
            "write one of {}",
            names(SURFACES.iter().map(|(name, _)| *name))
        )),
    }
}

const SURFACES: [(&str, Surface); 6] = [
    ("chat", Surface::Chat),
    ("responses", Surface::Responses),
    ("embeddings", Surface::Embeddings),
    ("messages", Surface::Messages),
    ("mcp", Surface::Mcp),
    ("json", Surface::Json),
];

fn names(all: impl Iterator<Item = &'static str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}
