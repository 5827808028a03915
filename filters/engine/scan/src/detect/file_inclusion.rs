//! Input that would have a file read, or an address fetched, that it is not meant to name.
//!
//! Paths are ordinary, `../` among them: every project imports so. What is not: climbing far up, climbing spelt so that
//! filters miss it, climbing to a file that only an attacker is after, a value that *is* such a file, addresses whose
//! scheme reads files or runs code, and entities of XML that do the same.
//!
//! The text is read once, byte by byte; at dots, slashes, colons and percent signs the path around is looked at, no
//! further than a hundred bytes.
//!
//! Not found: a path that looks like any other, to a file that should be secret.

mod addresses;
mod places;
mod traversal;

#[cfg(test)]
mod tests;

use std::ops::Range;

use bartizan_verdict::Role;

use self::places::place;
use super::needles::needles;
use super::source::{Source, is_word};
use super::tally::Tally;
use super::values::Values;
use crate::score::Score;

/// Literals without one of which there is no path to be found.
pub const TRIGGERS: &[&str] = &[
    "../",
    "..\\",
    "..%",
    "..;",
    ".../",
    "...\\",
    "%2e",
    "%25",
    "%c0",
    "%uff0e",
    "%00",
    "0x2e",
    "0x5c",
    "．",
    "/etc/",
    "etc/",
    "proc/",
    "/sys/",
    "php:",
    "expect:",
    "phar:",
    "zip:",
    "rar:",
    "compress.",
    "netdoc:",
    "ogg:",
    "gopher:",
    "dict:",
    "glob:",
    "tftp:",
    "jar:",
    "data:",
    "file:",
    "169.254.",
    "metadata.google",
    "<!entity",
    "xi:include",
    ".ssh",
    ".aws",
    ".env",
    ".git",
    ".kube",
    ".docker",
    "passwd",
    "shadow",
    "win.ini",
    "boot.ini",
    "system.ini",
    "id_rsa",
    "id_ed25519",
    "wp-config",
    "web.config",
    "web-inf",
    ".htpasswd",
    "history",
    ".netrc",
    "my.cnf",
    "php.ini",
    "config\\sam",
    ".txt?",
    ".php?",
    "httpd.conf",
    "serviceaccount",
    "=http",
    "\\\\",
];

/// Finds files and addresses that a text should not name.
pub fn detect(text: &str, _role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
    let mut reader = Reader::new(text, found);
    let mut at = 0;
    while at < text.len() {
        at = reader.read(at);
    }
    reader.tally.finish();
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// Climbing up.
    Traversal,
    /// A file that an attacker is after.
    Target,
    /// A scheme that reads or runs.
    Scheme,
    /// An entity or inclusion of XML.
    Entity,
    /// Spelling that serves to slip past filters.
    Evasion,
    /// An address of another machine, where a file is expected.
    Remote,
}

needles! {
    /// What the declaration of an entity holds.
    entity {
        OUTSIDE = 0: b"system", b"public";
        ADDRESS = 1: b"file:", b"php:", b"expect:", b"http", b"ftp:", b"netdoc:", b"jar:";
    }
}

/// Bytes of a path that are looked at.
const PATH: usize = 96;

/// Reads a text and keeps what must be remembered of it.
struct Reader<'t, 'f> {
    source: Source<'t>,
    tally: Tally<'t, 'f>,
    values: Values<'t>,
    /// Where the current value begins.
    value: usize,
    /// Whether the value is one of a form whose name says that a file is expected.
    file: bool,
}

impl<'t, 'f> Reader<'t, 'f> {
    fn new(text: &'t str, found: &'f mut dyn FnMut(Range<usize>, Score)) -> Self {
        let source = Source::new(text);
        Self {
            source,
            tally: Tally::new(text, found),
            values: Values::new(source),
            value: 0,
            file: false,
        }
    }

    /// Reads on from a place; where to read on next.
    fn read(&mut self, at: usize) -> usize {
        match self.source.byte(at) {
            b'"' if self.values.bounds(at) => {
                self.value = at + 1;
                at + 1
            }
            b'=' => self.assignment(at),
            b'.' => self.climb(at),
            b'%' => self.percent(at),
            b'0' if self.source.has(at, b"0x2e") || self.source.has(at, b"0x5c") => self.climb(at),
            b'/' | b'\\' => self.segment(at),
            b':' => self.scheme(at),
            b'<' => self.markup(at),
            0xef if self.source.slice(at..at + 3) == "．".as_bytes() => self.climb(at),
            _ => at + 1,
        }
    }

    fn add(&mut self, evidence: Evidence, range: Range<usize>, weight: u8) {
        self.tally.add(evidence as usize, range, weight);
    }

    fn assignment(&mut self, at: usize) -> usize {
        if self.values.begins_pair(at) {
            self.value = at + 1;
            let names = [
                b"file".as_slice(),
                b"page",
                b"path",
                b"include",
                b"template",
                b"doc",
                b"folder",
                b"root",
                b"dir",
                b"view",
                b"module",
                b"load",
                b"read",
                b"lang",
                b"filename",
                b"pg",
                b"style",
                b"inc",
                b"locate",
                b"show",
                b"site",
                b"content",
                b"layout",
                b"conf",
            ];
            self.file = names
                .iter()
                .any(|name| self.source.has(at.saturating_sub(name.len()), name));
            if self.file && self.source.has(at + 1, b"http") {
                self.remote(at + 1);
            }
        }
        at + 1
    }

    /// Where the path begins that a place is in.
    fn path_start(&self, at: usize) -> usize {
        let head = self.source.slice(at.saturating_sub(PATH)..at);
        let length = head
            .iter()
            .rev()
            .take_while(|byte| {
                !matches!(
                    byte,
                    b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'=' | b'(' | b'<' | b'>' | b','
                )
            })
            .count();
        at - length
    }

    /// Whether a path is all there is to its value.
    fn is_whole(&self, start: usize, end: usize) -> bool {
        let first = self.source.past(self.value, |byte| {
            matches!(byte, b' ' | b'\'' | b'"' | b'<' | b'>' | b'|')
        });
        let end = self
            .source
            .past(end, |byte| matches!(byte, b'\'' | b'?' | b'-' | b'/' | b'.'));
        let cut = self.source.has(end, b"%00") || self.source.has(end, b"\\0") || self.source.has(end, b"\\x00");
        first == start && (cut || self.values.ends_at(end))
    }

    /// A part of a path: one that an attacker is after.
    fn segment(&mut self, at: usize) -> usize {
        let name = self.source.past(at, |byte| matches!(byte, b'/' | b'\\'));
        let end = self
            .source
            .past(name, |byte| is_word(byte) || matches!(byte, b'.' | b'-'))
            .min(name + 32);
        if at == self.value && self.source.has(at, b"\\\\") && self.source.byte(end) == b'\\' && end > name {
            // `\\host\share`.
            self.add(Evidence::Remote, at..end, 54);
        }
        let parent = self.parent(at);
        let Some(weight) = place(self.source.slice(name..end), parent) else {
            return name;
        };
        let start = self.path_start(at);
        let more = self.source.past(end, |byte| {
            is_word(byte) || matches!(byte, b'/' | b'.' | b'-' | b'\\' | b'_')
        });
        let doubled = name - at > 1 && self.source.byte(at) == b'/' && self.source.before(at) != b':';
        let weight = if self.is_whole(start, more) {
            if weight >= 35 {
                62
            } else if weight >= 25 {
                40
            } else {
                25
            }
        } else {
            weight / 3
        };
        self.add(Evidence::Target, start.max(at.saturating_sub(24))..end, weight);
        if doubled && weight > 10 {
            self.add(Evidence::Evasion, at..end, 45);
        }
        end
    }

    /// The part of a path before a slash, past doubled slashes and dots between.
    fn parent(&self, at: usize) -> &'t [u8] {
        let mut end = at;
        while end > 0
            && at - end < 16
            && (matches!(self.source.before(end), b'/' | b'\\')
                || self.source.before(end) == b'.' && matches!(self.source.before(end - 1), b'/' | b'\\'))
        {
            end -= 1;
        }
        let head = self.source.slice(end.saturating_sub(24)..end);
        let length = head
            .iter()
            .rev()
            .take_while(|byte| is_word(**byte) || matches!(byte, b'.' | b'-' | b':'))
            .count();
        self.source.slice(end - length..end)
    }

    /// Entities and inclusions of XML.
    fn markup(&mut self, at: usize) -> usize {
        if self.source.has(at, b"<!entity") {
            let held = entity::find(self.source.slice(at..at + 2 * PATH));
            let weight = if !held.has(entity::OUTSIDE) {
                25
            } else if held.has(entity::ADDRESS) {
                92
            } else {
                70
            };
            self.add(Evidence::Entity, at..at + 8, weight);
        } else if self.source.has(at, b"<xi:include") {
            self.add(Evidence::Entity, at..at + 11, 80);
        }
        at + 1
    }
}
