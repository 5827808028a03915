//! Attributes: handlers of events, styles.

use super::names::EVENTS;
use super::script::{hands_over, hostility, name_before};
use super::{Evidence, HEAD, Place, Reader};
use crate::detect::needles::needles;
use crate::detect::source::is_word;

needles! {
    /// What a style holds.
    style {
        RUNS = 0: b"expression(", b"expression/*", b"moz-binding", b"javascript", b"vbscript", b"*/ession", b"/*x";
        BEHAVES = 1: b"behavior:", b"behaviour:";
    }
}

impl Reader<'_, '_> {
    /// `=`: before it, an attribute that is run, or the name of a value.
    pub(super) fn assignment(&mut self, at: usize) -> usize {
        if self.values.begins_pair(at) && self.tag.is_none() {
            self.value = at + 1;
        }
        let mut end = at;
        while end > 0 && at - end < 4 && matches!(self.source.before(end), b' ' | b'\t' | b'\n' | b'/') {
            end -= 1;
        }
        if hands_over(self.source, at) {
            let weight = self.weigh(at, 60, 20, 0);
            self.add(Evidence::Payload, end..at + 1, weight);
        }
        let name = name_before(self.source, end);
        let letters = self.source.slice(name.clone());
        let before = self.source.before(name.start);
        let vue = before == b'@' || (before == b':' && self.source.has(name.start.saturating_sub(5), b"v-on:"));
        if letters.len() >= 5 && self.source.has(name.start, b"on") || vue && self.tag.is_some() {
            self.handler(name.start, at, vue);
        } else if self.tag.is_some() && letters.eq_ignore_ascii_case(b"srcdoc") {
            let weight = self.weigh(at, 65, 40, 10);
            self.add(Evidence::Handler, name.start..at, weight);
        } else if letters.eq_ignore_ascii_case(b"style") && (self.tag.is_some() || self.place(at) == Place::Opening) {
            self.inline_style(at);
        }
        at + 1
    }

    /// `onerror=…` and its like.
    fn handler(&mut self, start: usize, equals: usize, vue: bool) {
        let name = self.source.slice(start..equals);
        let event = name.get(2..).unwrap_or_default();
        let letters = event.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if !(3..=36).contains(&letters) && !vue {
            return;
        }
        let before = self.source.before(start);
        let known = EVENTS.iter().any(|known| self.source.has(start + 2, known));
        let first = self.source.past(self.value, |byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<')
        }) == start;
        let broken = self.tag.is_none()
            && (matches!(self.source.before_space(start), b'"' | b'\'' | b'`')
                || matches!(self.source.byte(self.value), b'"' | b'\''))
            && start.saturating_sub(self.value) <= HEAD;
        let value = self.source.past_space(equals + 1);
        let quote = self.source.byte(value);
        let quoted = matches!(quote, b'"' | b'\'' | b'`' | b'\\');
        // `onClick={…}` is how components are written; `==` and `=>` are no attributes.
        if matches!(quote, b'{' | b'=' | b'>')
            || (self.tag.is_none() && !first && !broken)
            || !known && self.tag.is_none()
        {
            return;
        }
        let separated = matches!(
            before,
            b' ' | b'\t' | b'\n' | b'\r' | b'/' | b'"' | b'\'' | b'`' | b';' | b'>' | b'<' | 0x0c | 0x0b | b'@' | b':'
        ) || !(0x20..0x80).contains(&before)
            || is_word(before) && self.source.has(start.saturating_sub(4), b"\\x");
        if !separated {
            return;
        }
        let body_end = if quoted {
            self.source.find(value + 1, 160, quote).unwrap_or(value + 160)
        } else {
            self.source.find(value, 160, b'>').unwrap_or(value + 160)
        };
        let hostile = hostility(self.source, value..body_end + 1);
        // What a control does when it is pressed is its maker's business; what runs by itself is not.
        let pressed = self.control
            && quoted
            && (self.source.has(start, b"oncl")
                || self.source.has(start, b"onch")
                || self.source.has(start, b"onsu")
                || self.source.has(start, b"onin"));
        let weight = match self.place(start) {
            _ if vue && hostile < 45 => 0,
            _ if broken && known => 80_u8.max(hostile),
            Place::Opening if hostile >= 45 => 88,
            Place::Opening if pressed => 15,
            Place::Opening => 62,
            Place::Free if hostile >= 75 && pressed => 50,
            Place::Free if hostile >= 45 => 75,
            Place::Free if pressed => 8,
            Place::Free => 25,
            Place::Page if hostile >= 45 && !pressed => 45,
            Place::Page if hostile >= 45 => 10,
            Place::Page => 3,
        };
        self.add(Evidence::Handler, start..value, weight);
    }

    /// A style that runs or loads.
    fn inline_style(&mut self, at: usize) {
        let end = self.source.find(at, 160, b'>').unwrap_or(at + 160);
        let held = style::find(self.source.slice(at..end));
        let weight = if held.has(style::RUNS) {
            self.weigh(at, 75, 55, 20)
        } else if held.has(style::BEHAVES) {
            self.weigh(at, 60, 40, 10)
        } else {
            0
        };
        self.add(Evidence::Style, at..end.min(self.source.len()), weight);
    }
}
