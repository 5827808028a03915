//! Elements, attributes, and quotes that end them.

use super::names::{ELEMENTS, Element};
use super::script::hostility;
use super::{Evidence, Place, Reader, SHORT};
use crate::detect::needles::{Held, needles};
use crate::detect::source::is_word;

needles! {
    /// What the attributes of an element, or a style, hold.
    attribute {
        SOURCE = 0: b"src=", b"src =";
        ANYWHERE = 1: b"//";
        SECURE = 2: b"https://";
        SCRIPT = 3: b"javascript", b"vbscript";
        DOCUMENT = 4: b"srcdoc", b"allowscriptaccess";
        REFRESH = 5: b"refresh";
        DATA = 6: b"data:";
        COOKIE = 7: b"set-cookie", b"utf-7";
        TARGET = 8: b"url=";
        IMPORT = 9: b"import", b"@imp", b"@im\\";
        BARE = 10: b"href=//", b"href=\"//", b"href='//";
        EXPRESSION = 11: b"expression(", b"expression/*";
        BINDING = 12: b"moz-binding";
    }
}

impl Reader<'_, '_> {
    /// A tag that begins here, or a comment.
    pub(super) fn markup(&mut self, at: usize) -> usize {
        let name = at + 1;
        match self.source.byte(name) {
            b'!' => self.declaration(at),
            b'/' => self.end_tag(at),
            b'?' => {
                let relic = self.source.has(name, b"?import");
                self.add(Evidence::Element, at..name + 1, if relic { 60 } else { 0 });
                name
            }
            byte if byte.is_ascii_alphabetic() => {
                let letters = self.source.slice(name..name + 8);
                let spaced = letters
                    .chunks(2)
                    .all(|pair| matches!(pair, [letter, b' '] if letter.is_ascii_alphabetic()));
                if spaced && letters.len() == 8 {
                    let weight = self.weigh(at, 55, 30, 0);
                    self.add(Evidence::Evasion, at..name + 8, weight);
                }
                self.start_tag(at, name)
            }
            // `< script >`: some read it all the same.
            b' ' | b'\t' | b'\n' | b'\r' | 0 if name < self.source.len() => {
                let letters = self.source.past_space(name);
                let script = self.source.has(letters, b"script") && !is_word(self.source.byte(letters + 6));
                let spaced = self.source.has(letters, b"s c r i p t") || self.source.has(letters, b"i f r a m e");
                if (script && hostility(self.source, letters..letters + 80) >= 45) || spaced {
                    self.add(Evidence::Evasion, at..letters + 6, 60);
                }
                name
            }
            _ => name,
        }
    }

    fn declaration(&mut self, at: usize) -> usize {
        if self.source.has(at, b"<!doctype html") {
            self.page = true;
        }
        let commands = [b"<!--#exec".as_slice(), b"<!--#include", b"<!--#echo", b"<!--#set"];
        if commands.iter().any(|command| self.source.has(at, command)) {
            self.add(Evidence::Element, at..at + 9, 75);
        }
        at + 2
    }

    /// `</title>` and its like end what a script would have to get out of.
    fn end_tag(&mut self, at: usize) -> usize {
        let end = self.source.past(at + 2, is_word);
        let kind = ELEMENTS.get(self.source.slice(at + 2..end));
        let close = self.source.past_space(end);
        let next = self.source.past_space(close + 1);
        let holds = matches!(kind, Some(Element::Holder | Element::Script | Element::Style));
        let opens = self.source.byte(next) == b'<' && self.source.byte(next + 1).is_ascii_alphabetic();
        if holds
            && opens
            && self.elements == 0
            && self.source.byte(close) == b'>'
            && at.saturating_sub(self.value) <= super::HEAD
        {
            self.add(Evidence::Breakout, at..next + 1, 60);
        }
        self.tag = None;
        end
    }

    fn start_tag(&mut self, at: usize, name: usize) -> usize {
        let mut start = name;
        let mut end = self.source.past(name, |byte| is_word(byte) || byte == b'-');
        // `<x:script xmlns:x=…>`.
        if self.source.byte(end) == b':' && self.source.byte(end + 1).is_ascii_alphabetic() {
            if self.source.before(end) == b't' && self.source.has(name, b"javascript") {
                self.tag = Some(at);
                return end;
            }
            start = end + 1;
            end = self.source.past(start, is_word);
        }
        let separator = self.source.byte(end);
        if !matches!(
            separator,
            b' ' | b'\t'
                | b'\n'
                | b'\r'
                | 0x0b
                | 0x0c
                | b'/'
                | b'>'
                | b'<'
                | b'#'
                | b'\''
                | b'"'
                | b'\\'
                | b'+'
                | b'%'
                | 0
        ) {
            return end;
        }
        let element = ELEMENTS.get(self.source.slice(start..end));
        self.tag = Some(at);
        self.control = element == Some(Element::Control);
        self.spelling(at, end, element);
        match element {
            Some(Element::Script) => self.script(at, end),
            Some(Element::Page) => self.page_tag(at, end),
            Some(Element::Frame) => {
                let weight = self.frame_weight(at, end);
                self.add(Evidence::Element, at..end, weight);
            }
            Some(Element::Relic | Element::Base) => {
                let weight = self.weigh(at, 55, 15, 0);
                self.add(Evidence::Element, at..end, weight);
            }
            Some(Element::Meta) => self.meta(at, end),
            Some(Element::Link) => self.link(at, end),
            Some(Element::Style) => self.style(at, end),
            Some(Element::Drawing | Element::Media | Element::Control | Element::Holder) | None => {}
        }
        self.elements += 1;
        end
    }

    /// `<svg/onload`, `<ScRiPt`, `<scr<script>`.
    fn spelling(&mut self, at: usize, end: usize, element: Option<Element>) {
        let glued = self.source.byte(end) == b'/' && self.source.byte(end + 1).is_ascii_alphabetic();
        let rises = self
            .source
            .slice(at + 1..end)
            .windows(2)
            .filter(|pair| matches!(pair, [low, high] if low.is_ascii_lowercase() && high.is_ascii_uppercase()))
            .count();
        let nested = self.source.byte(end) == b'<' && self.source.byte(end + 1).is_ascii_alphabetic();
        let inside = is_word(self.source.before(at)) && element == Some(Element::Script);
        let strange = matches!(self.source.byte(end), 0x0b | b'+' | b'%' | b'\\' | b'#') && self.source.byte(end) != 0;
        let weight = match element {
            Some(_) if rises >= 2 => 60,
            Some(Element::Script) if nested || inside && self.source.before(at) != b'>' => 65,
            Some(Element::Media | Element::Drawing | Element::Script | Element::Frame | Element::Control) if glued => {
                self.weigh(at, 60, 50, 25)
            }
            Some(Element::Script | Element::Drawing | Element::Media) if strange => self.weigh(at, 40, 20, 0),
            _ => 0,
        };
        self.add(Evidence::Evasion, at..end, weight);
    }

    fn script(&mut self, at: usize, end: usize) {
        let open = self.source.find(end, 200, b'>').unwrap_or(end);
        let attributes = self.source.slice(end..open);
        let held = attribute::find(attributes);
        let loads = held.has(attribute::SOURCE);
        let mut body = 0;
        if at >= self.scripts {
            body = hostility(self.source, end..open.max(end) + 200);
            self.scripts = end + 64;
        }
        if self.source.byte(self.source.past_space(open + 1)) == b'<' && loads {
            body = 0;
        }
        let broken = self.breaks_out(at);
        let short = self.source.len() <= SHORT;
        let place = self.place(at);
        let first = self
            .source
            .past(self.value, |byte| !byte.is_ascii_alphanumeric() && byte != b'<')
            == at;
        let local = loads && !held.has(attribute::ANYWHERE) && !attributes.contains(&b':');
        let weight = match place {
            _ if broken => 80,
            Place::Opening if local => 30,
            Place::Opening if short && (first || body >= 45) => 62,
            Place::Opening => 25,
            Place::Free => 12,
            Place::Page => 0,
        };
        self.add(Evidence::Element, at..end, weight);
        let elsewhere = loads && held.has(attribute::ANYWHERE) && !held.has(attribute::SECURE);
        let weight = match place {
            Place::Opening => body.max(if elsewhere { 50 } else { 0 }),
            Place::Free => body.saturating_sub(15),
            Place::Page if broken => body,
            Place::Page => body / 5,
        };
        self.add(Evidence::Payload, at..open, weight);
    }

    fn page_tag(&mut self, at: usize, end: usize) {
        // A body alone may carry a handler; a page has a head.
        if !self.source.has(at, b"<body") {
            self.page = self.source.len() > SHORT;
        }
        let _ = end;
    }

    fn frame_weight(&self, at: usize, end: usize) -> u8 {
        let held = self.attributes(end);
        if held.has(attribute::DOCUMENT | attribute::SCRIPT) {
            self.weigh(at, 65, 45, 10)
        } else if held.has(attribute::SECURE) {
            self.weigh(at, 25, 5, 0)
        } else {
            self.weigh(at, 55, 10, 0)
        }
    }

    fn meta(&mut self, at: usize, end: usize) {
        let held = self.attributes(end);
        let refreshes = held.has(attribute::REFRESH);
        let weight = if refreshes && held.has(attribute::ANYWHERE | attribute::SCRIPT | attribute::DATA) {
            self.weigh(at, 75, 35, 5)
        } else if refreshes && held.has(attribute::TARGET) {
            self.weigh(at, 30, 5, 0)
        } else if refreshes || held.has(attribute::COOKIE) {
            self.weigh(at, 60, 15, 5)
        } else {
            self.weigh(at, 30, 0, 0)
        };
        self.add(Evidence::Element, at..end, weight);
    }

    fn link(&mut self, at: usize, end: usize) {
        let held = self.attributes(end);
        let weight = if held.has(attribute::IMPORT | attribute::SCRIPT | attribute::BARE) {
            self.weigh(at, 65, 30, 5)
        } else {
            self.weigh(at, 50, 5, 0)
        };
        self.add(Evidence::Element, at..end, weight);
    }

    fn style(&mut self, at: usize, end: usize) {
        let body = self.source.slice(end..end + 64);
        let held = attribute::find(body);
        let escapes = body
            .windows(2)
            .filter(|pair| matches!(pair, [b'\\', hex] if hex.is_ascii_hexdigit()))
            .count();
        let weight = if held.has(attribute::IMPORT | attribute::BINDING) || escapes >= 5 {
            self.weigh(at, 70, 30, 0)
        } else if held.has(attribute::EXPRESSION | attribute::SCRIPT) {
            self.weigh(at, 60, 40, 5)
        } else {
            0
        };
        self.add(Evidence::Style, at..end, weight);
    }

    /// What the attributes of an element hold whose name ends at a place.
    fn attributes(&self, end: usize) -> Held {
        let close = self.source.find(end, 200, b'>').unwrap_or(end + 120);
        attribute::find(self.source.slice(end..close))
    }

    /// `">` where no tag is open, and markup after it.
    pub(super) fn breakout(&mut self, at: usize) {
        if self.tag.is_some() {
            return;
        }
        let close = self.source.past_within(at + 1, 12, |byte| {
            matches!(
                byte,
                b'/' | b')' | b' ' | b'\'' | b'"' | b'`' | b']' | b'}' | b'-' | b';'
            )
        });
        if self.source.byte(close) != b'>' {
            return;
        }
        let next = self
            .source
            .past(close + 1, |byte| byte.is_ascii_whitespace() || byte == b'<');
        let opens = self.source.before(next) == b'<'
            && matches!(self.source.byte(next), b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?');
        if opens && self.elements == 0 {
            let weight = self.weigh(at, 68, 25, 5);
            self.add(Evidence::Breakout, at..next, weight);
        }
    }

    /// Whether a tag stands right after something that ends another.
    fn breaks_out(&self, at: usize) -> bool {
        let before = self.source.slice(at.saturating_sub(4)..at);
        self.elements == 0
            && before.last() == Some(&b'>')
            && before.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'-' | b'`'))
    }
}
