//! Where the values begin and end that a text is made of.
//!
//! A text may be one value (a line somebody typed), JSON (the arguments of a tool), or a form (`name=value&…`). What
//! stands at the beginning of a value says more than what stands in the midst of prose.

use super::source::{Source, is_word};

/// Bytes of a name before `=`, at most.
const NAME: usize = 48;

/// How a text is divided into values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'t> {
    source: Source<'t>,
    /// Whether the text is JSON, whose own quotes bound values.
    pub(super) json: bool,
    /// Whether the text is XML, whose attributes are values.
    xml: bool,
    /// Whether the text is one line, as a form is; code that assigns is mostly more.
    pub(super) line: bool,
}

impl<'t> Values<'t> {
    pub(super) fn new(source: Source<'t>) -> Self {
        let start = source.past_space(0);
        let second = source.byte(source.past_space(start + 1));
        let json = match source.byte(start) {
            b'{' => matches!(second, b'"' | b'}'),
            b'[' => matches!(second, b'"' | b'{' | b'['),
            _ => false,
        };
        let line = !source.slice(0..source.len()).contains(&b'\n');
        let xml = source.has(start, b"<?xml");
        Self {
            source,
            json,
            xml,
            line,
        }
    }

    /// Whether the double quote at a place is one of JSON's own, or begins an attribute of XML.
    pub(super) fn bounds(self, at: usize) -> bool {
        if self.xml {
            return self.source.before(at) == b'=';
        }
        if !self.json || self.source.before(at) == b'\\' {
            return false;
        }
        let before = self.source.before_space(at);
        let after = self.source.byte(self.source.past_space(at + 1));
        matches!(before, b'{' | b'[' | b',' | b':' | b'\n' | 0) || matches!(after, b':' | b',' | b'}' | b']' | 0)
    }

    /// Whether the `=` at a place ends the name of the first pair of a form, or of the value that is a pair.
    pub(super) fn assigns(self, at: usize) -> bool {
        self.line && !self.source.byte(at + 1).is_ascii_whitespace() && !matches!(self.source.byte(at + 1), b'=' | b'>')
    }

    /// Whether the `=` at a place ends the name of a pair of a form that is not the first: `&name=`.
    pub(super) fn starts_pair(self, at: usize) -> bool {
        let head = self.source.slice(at.saturating_sub(NAME)..at);
        let name = head.iter().rev().take_while(|byte| is_name(**byte)).count();
        name > 0 && matches!(self.source.before(at - name), b'&' | b'?')
    }

    /// Whether the `=` at a place ends the name of a pair, the first or another.
    pub(super) fn begins_pair(self, at: usize) -> bool {
        let head = self.source.slice(at.saturating_sub(NAME)..at);
        let name = head.iter().rev().take_while(|byte| is_name(**byte)).count();
        name > 0 && self.assigns(at) && (at == name || matches!(self.source.before(at - name), b'&' | b'?'))
    }

    /// Whether nothing of the value is left at a place.
    pub(super) fn ends_at(self, at: usize) -> bool {
        let at = self.source.past_space(at);
        match self.source.byte(at) {
            0 => true,
            b'"' => self.json || self.xml || at + 1 >= self.source.len(),
            b'&' => {
                let end = self.source.past(at + 1, is_word);
                end > at + 1 && matches!(self.source.byte(end), b'=' | b'[')
            }
            _ => false,
        }
    }
}

fn is_name(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'[' | b']' | b'$' | b'.' | b'-')
}
