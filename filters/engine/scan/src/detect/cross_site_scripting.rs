//! Input that would run as a script in the page it is put into.
//!
//! HTML is what half of the web is about, and scripts are ordinary in it. What is not: markup that breaks out of where
//! it is put, event handlers that run by themselves, scripts that do what only a proof or a theft does (`alert(1)`,
//! reading cookies), and schemes spelt so that filters miss them. So evidence is weighed by its surroundings
//! ([`Place`]): in a page or an article with code, hardly anything counts; in a value that begins with it, nearly all.
//!
//! The text is read once, byte by byte. Only at the few signs that markup and scripts cannot do without is anything
//! looked at, and never further than a few hundred bytes.
//!
//! Not found: scripts that do harm by ordinary means only, such as a stylesheet or a form that looks like the real one.

mod attributes;
mod markup;
mod names;
mod script;
mod url;

#[cfg(test)]
mod tests;

use std::ops::Range;

use bartizan_verdict::Role;

use super::source::Source;
use super::tally::Tally;
use super::values::Values;
use crate::score::Score;

/// Literals without one of which there is no script to be found.
pub const TRIGGERS: &[&str] = &[
    "<",
    "script",
    "alert(",
    "alert`",
    "=alert",
    "(alert",
    "confirm(",
    "confirm`",
    "prompt(",
    "prompt`",
    "eval",
    "document",
    "onerror",
    "onload",
    "onfocus",
    "onclick",
    "onmouse",
    "ontoggle",
    "onbegin",
    "onstart",
    "fromcharcode",
    "atob",
    "data:",
    "\\x3c",
    "\\u003c",
    "+adw-",
    "{{",
    "constructor",
    "expression(",
    "settimeout",
    "setinterval",
    "![]",
    "&colon;",
    "&#",
    "'>",
    "\">",
    "import(",
    "sendbeacon",
    "top[",
    "self[",
    "window[",
    "moz-binding",
    "function(",
    "call`",
];

/// Finds scripts that would run where a text is put.
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
    /// An element that runs, loads or redirects.
    Element,
    /// A script that does what attacks do.
    Payload,
    /// An attribute that is run upon an event.
    Handler,
    /// An address that is a script.
    Address,
    /// Markup that ends what it is put into.
    Breakout,
    /// Spelling that serves to slip past filters.
    Evasion,
    /// A style that runs or loads.
    Style,
    /// An expression of a template engine that reaches for more than data.
    Template,
}

/// What surrounds a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The beginning of a value, or a short one.
    Opening,
    /// Prose, or code without a page around it.
    Free,
    /// A page, or an article with code in it.
    Page,
}

/// A text up to this many bytes, with markup, is markup.
const SHORT: usize = 240;

/// Bytes before what begins a value, at most.
const HEAD: usize = 48;

/// Reads a text and keeps what must be remembered of it.
struct Reader<'t, 'f> {
    source: Source<'t>,
    tally: Tally<'t, 'f>,
    values: Values<'t>,
    /// Where the current value begins.
    value: usize,
    /// Where the element begins that is being read, if one is.
    tag: Option<usize>,
    /// Whether the element is one that is meant to be pressed or filled in, and thus has handlers.
    control: bool,
    /// Elements read so far, of the ordinary sort.
    elements: u32,
    /// Whether the text is a page, or has code set apart.
    page: bool,
    /// Where the last expression of a template ends that was looked at.
    expressions: usize,
    /// Where the last script ends that was looked at.
    scripts: usize,
    /// Whether the text is short and has few words apart: nothing that anybody says.
    dense: bool,
}

impl<'t, 'f> Reader<'t, 'f> {
    fn new(text: &'t str, found: &'f mut dyn FnMut(Range<usize>, Score)) -> Self {
        let source = Source::new(text);
        Self {
            source,
            tally: Tally::new(text, found),
            values: Values::new(source),
            value: 0,
            tag: None,
            control: false,
            elements: 0,
            page: false,
            expressions: 0,
            scripts: 0,
            dense: text.len() <= 200 && text.bytes().filter(|byte| *byte == b' ').count() * 8 <= text.len(),
        }
    }

    /// Reads on from a place; where to read on next.
    fn read(&mut self, at: usize) -> usize {
        match self.source.byte(at) {
            b'<' => self.markup(at),
            b'>' => {
                self.tag = None;
                at + 1
            }
            b'=' => self.assignment(at),
            b':' => self.colon(at),
            b'&' => self.entity(at),
            b'\\' => self.escape(at),
            b'"' | b'\'' => self.quote(at),
            b'(' | b'`' => self.call(at),
            b'.' | b'[' => self.member(at),
            b'!' => self.bracket_run(at),
            b'{' => self.template(at),
            b'+' => self.utf_7(at),
            _ => at + 1,
        }
    }

    fn add(&mut self, evidence: Evidence, range: Range<usize>, weight: u8) {
        self.tally.add(evidence as usize, range, weight);
    }

    fn place(&self, at: usize) -> Place {
        if self.page || self.elements > 6 {
            Place::Page
        } else if at.saturating_sub(self.value) <= HEAD && (self.value > 0 || self.source.len() <= 4 * SHORT)
            || self.source.len() <= SHORT && self.elements > 0
        {
            Place::Opening
        } else {
            Place::Free
        }
    }

    fn quote(&mut self, at: usize) -> usize {
        if self.source.byte(at) == b'"' && self.values.bounds(at) {
            self.value = at + 1;
            self.tag = None;
            return at + 1;
        }
        self.breakout(at);
        at + 1
    }

    /// Weights for the three places, in their order.
    fn weigh(&self, at: usize, opening: u8, free: u8, page: u8) -> u8 {
        match self.place(at) {
            Place::Opening => opening,
            Place::Free => free,
            Place::Page => page,
        }
    }
}
