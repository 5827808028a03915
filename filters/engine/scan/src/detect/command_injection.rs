//! Input that would run a command, or code, on the machine it is put into.
//!
//! Commands are what developers talk of all day, and agents are given shells. So a command alone says nothing. What
//! does: a command right after a sign that ends another, in a value that is none itself (`8.8.8.8; id`); commands spelt
//! so that filters miss them; shells that are handed to somebody else; downloads that are run; and expressions of
//! template engines and languages that reach for the machine.
//!
//! The text is read once, byte by byte, and only at signs with which a shell or a language goes on is anything looked
//! at: what command stands there (`shell`), whether the value before it is a command line itself ([`Lead`]), what code
//! does (`code`), what templates hold (`template`).
//!
//! Not found: a harmful command where commands are expected. That is for whoever decides what an agent may run.

mod arguments;
mod code;
mod commands;
mod names;
mod shell;
mod spelling;
mod substitution;
mod template;
mod windows;

#[cfg(test)]
mod tests;

use std::ops::Range;

use bartizan_verdict::Role;

use super::source::Source;
use super::tally::Tally;
use super::values::Values;
use crate::score::Score;

/// Literals without one of which there is no command to be found.
pub const TRIGGERS: &[&str] = &[
    ";",
    "|",
    "&",
    "`",
    "$(",
    "${",
    "$'",
    "{{",
    "{%",
    "#{",
    "*{",
    "@(",
    "%{",
    "{php",
    "<(",
    "<<<",
    "<%",
    "<?",
    "<#",
    "<!--#",
    "() {",
    "(){",
    "$ifs",
    "$@",
    "/dev/tcp",
    "/dev/udp",
    "/etc/",
    "/bin/",
    "/?",
    ">/",
    "> /",
    "%0a",
    "%comspec%",
    "__",
    "java.lang",
    "getruntime",
    "child_process",
    "system(",
    "exec(",
    "eval(",
    "popen(",
    "passthru",
    "phpinfo",
    "base64_decode",
    "powershell",
    "download",
    "invoke-",
    "iex",
    "-urlcache",
    "proxycommand",
    "checkpoint-action",
    "upload-pack",
    "mshta",
    "regsvr32",
    "rundll32",
    "curl",
    "wget",
    "nc -",
    "''",
    "\"\"",
    "for %",
    "for /",
    "if exist",
    "if not",
];

/// Finds commands that would run where a text is put.
pub fn detect(text: &str, _role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
    let mut reader = Reader::new(text, found);
    reader.begin(0);
    let mut at = 0;
    while at < text.len() {
        at = reader.read(at);
    }
    reader.tally.finish();
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// A command where none belongs.
    Command,
    /// A command in place of a value.
    Substitution,
    /// Spelling that serves to slip past filters.
    Evasion,
    /// A shell handed to somebody else.
    Reverse,
    /// Something fetched or decoded, and run.
    Fetched,
    /// What a harmful command is after.
    Target,
    /// Code that runs commands.
    Code,
    /// A template that does more than show data.
    Template,
    /// An expression that a logger looks up.
    Lookup,
    /// A function that a shell or language defines to be misled.
    Definition,
}

/// What stands before a place in its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// Nothing, or nothing but quotes and brackets.
    Start,
    /// One word or number: data.
    Data,
    /// A command line.
    Shell,
    /// Prose, or code.
    Prose,
}

/// Bytes of a value that is data, at most.
const DATA: usize = 64;

/// Reads a text and keeps what must be remembered of it.
struct Reader<'t, 'f> {
    source: Source<'t>,
    tally: Tally<'t, 'f>,
    values: Values<'t>,
    /// Where the current value begins.
    value: usize,
    /// Where the current line begins.
    line: usize,
    /// Whether the line begins as a command line does, once that has been asked.
    shell: Option<bool>,
    /// Whether the text is short and has few words apart: nothing that anybody says.
    dense: bool,
    /// Whether the value is one of a form.
    pair: bool,
    /// Where the last expression of a template ends that was looked at; what it holds has been seen.
    expressions: usize,
    /// Bytes of command lines looked at so far, in all.
    examined: usize,
    /// The same for what a logger looks up.
    lookups: usize,
}

impl<'t, 'f> Reader<'t, 'f> {
    fn new(text: &'t str, found: &'f mut dyn FnMut(Range<usize>, Score)) -> Self {
        let source = Source::new(text);
        Self {
            source,
            tally: Tally::new(text, found),
            values: Values::new(source),
            value: 0,
            line: 0,
            shell: None,
            dense: text.len() <= 200 && text.bytes().filter(|byte| *byte == b' ').count() * 8 <= text.len() + 16,
            pair: false,
            expressions: 0,
            lookups: 0,
            examined: 0,
        }
    }

    /// Begins a value at a place.
    fn begin(&mut self, at: usize) {
        self.value = at;
        self.line = at;
        self.shell = None;
        self.value_start(at);
    }

    /// Reads on from a place; where to read on next.
    fn read(&mut self, at: usize) -> usize {
        match self.source.byte(at) {
            b'\n' => {
                self.line = at + 1;
                self.shell = None;
                at + 1
            }
            b'"' if self.values.bounds(at) => {
                self.begin(at + 1);
                at + 1
            }
            b'=' => self.assignment(at),
            b';' | b'|' | b'&' => self.separator(at),
            b'`' => self.backtick(at),
            b'$' => self.dollar(at),
            b'(' => self.call(at),
            b'{' => self.brace(at),
            b'<' => self.less(at),
            b'>' => self.greater(at),
            b'/' => self.path(at),
            b'\'' | b'"' | b'\\' | b'^' => self.inside_word(at),
            b'_' if self.source.byte(at + 1) == b'_' => self.dunder(at),
            b'-' => self.option(at),
            b'%' | b'#' | b'@' | b'*' => self.sign(at),
            _ => at + 1,
        }
    }

    fn add(&mut self, evidence: Evidence, range: Range<usize>, weight: u8) {
        self.tally.add(evidence as usize, range, weight);
    }

    fn assignment(&mut self, at: usize) -> usize {
        if self.values.begins_pair(at) {
            self.pair = true;
            self.begin(at + 1);
        }
        at + 1
    }

    /// What stands before a place.
    fn lead(&mut self, at: usize) -> Lead {
        let start = self
            .source
            .past(self.value, |byte| {
                matches!(
                    byte,
                    b' ' | b'\t' | b'"' | b'\'' | b'`' | b'(' | b')' | b'\\' | b'\n' | b'\r'
                )
            })
            .min(at);
        if start == at || (self.source.has(start, b"%0a") && start + 3 == at) {
            return Lead::Start;
        }
        if !self.pair && self.is_shell() {
            return Lead::Shell;
        }
        if at - start > DATA {
            return Lead::Prose;
        }
        let words = self
            .source
            .slice(start..at)
            .split(|byte| *byte == b' ')
            .filter(|word| !word.is_empty());
        if words.count() <= 1 { Lead::Data } else { Lead::Prose }
    }

    /// Whether the line begins with a command, a prompt, or a word of a shell's language.
    fn is_shell(&mut self) -> bool {
        if let Some(shell) = self.shell {
            return shell;
        }
        let line = self.line.max(self.value);
        let shell = commands::begins_command_line(self.source, line, line > self.value || !self.values.line);
        self.shell = Some(shell);
        shell
    }
}
