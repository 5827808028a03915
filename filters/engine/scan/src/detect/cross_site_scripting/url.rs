//! Addresses that are scripts, and signs spelt otherwise.

use super::script::hostility;
use super::{Evidence, Place, Reader};
use crate::detect::source::is_word;

/// Bytes of a scheme that is spelt with other things between its letters, at most.
const SPELLING: usize = 88;

impl Reader<'_, '_> {
    /// A colon, before which a scheme may stand.
    pub(super) fn colon(&mut self, at: usize) -> usize {
        if let Some(scheme) = self.scheme(at) {
            self.script_address(scheme.start, at, scheme.broken);
        } else if self.source.has(at.saturating_sub(4), b"data:") && !is_word(self.source.before(at - 4)) {
            self.data_address(at);
        }
        at + 1
    }

    /// The scheme that ends at a colon, if it runs scripts.
    fn scheme(&self, at: usize) -> Option<Scheme> {
        // All of them end in a `t`, whatever stands between the letters.
        let window = self.source.slice(at.saturating_sub(SPELLING)..at);
        let last = window
            .iter()
            .rposition(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | b' ' | 0..=8));
        let last = window.get(last?)?;
        if !matches!(last, b't' | b'T' | b';') && !last.is_ascii_digit() {
            return None;
        }
        for name in [b"javascript".as_slice(), b"vbscript", b"livescript"] {
            if let Some(start) = self.spelt_backwards(at, name) {
                let gaps = self.source.slice(start..at);
                // `Java script:` is a slip of the pen.
                let broken = gaps.len() > name.len() + 1 || (gaps.len() > name.len() && !gaps.contains(&b' '));
                return Some(Scheme { start, broken });
            }
        }
        None
    }

    /// Where a name begins that ends at a place, with spaces and entities of spaces between its letters, or entities for
    /// them.
    fn spelt_backwards(&self, at: usize, name: &[u8]) -> Option<usize> {
        let mut end = at;
        for letter in name.iter().rev() {
            loop {
                if at - end > SPELLING {
                    return None;
                }
                let byte = self.source.before(end);
                if byte.eq_ignore_ascii_case(letter) {
                    end -= 1;
                    break;
                }
                if matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 1..=8) && end > 0 {
                    end -= 1;
                } else if byte == b';' {
                    let window = self.source.slice(end.saturating_sub(10)..end);
                    let length = window.iter().rev().position(|byte| *byte == b'&')? + 1;
                    let entity = self.source.slice(end - length..end);
                    end -= length;
                    if !is_space_entity(entity) {
                        if character(entity)?.eq_ignore_ascii_case(letter) {
                            break;
                        }
                        return None;
                    }
                } else if matches!(byte, b'n' | b'r' | b't') && self.source.before(end - 1) == b'\\' {
                    end -= 2;
                } else if byte.is_ascii_digit() {
                    let window = self.source.slice(end.saturating_sub(6)..end);
                    end -= window.iter().rev().position(|byte| *byte == b'&')? + 1;
                } else {
                    return None;
                }
            }
        }
        Some(end)
    }

    /// `javascript:…`, where an address is expected.
    fn script_address(&mut self, start: usize, colon: usize, broken: bool) {
        let body = self
            .source
            .past(colon + 1, |byte| byte.is_ascii_whitespace() || byte == b'/');
        let harmless = [
            b"void".as_slice(),
            b";",
            b"#",
            b"history.",
            b"window.print",
            b"window.history",
            b"return false",
            b"\"",
            b"'",
            b")",
            b"`",
        ];
        if harmless.iter().any(|harmless| self.source.has(body, harmless))
            && !broken
            && self.source.byte(body + 1) != b'*'
        {
            let spends = hostility(self.source, body..body + 80);
            if spends < 45 {
                return;
            }
        }
        let before = self.source.before_space(start);
        let expected = matches!(before, b'"' | b'\'' | b'`' | b'=' | b'(' | b'<' | b',' | b';') || self.tag.is_some();
        let first = self.source.past_space(self.value) == start;
        let hostile = hostility(self.source, body..body + 120);
        // `JavaScript: the good parts`.
        let spaced = self.source.byte(colon + 1) == b' ' && self.tag.is_none();
        if (spaced && hostile < 45) || self.source.byte(colon + 1) == 0 {
            return;
        }
        let place = self.place(start);
        let weight = match place {
            _ if broken => 88,
            _ if first && hostile >= 45 => 90,
            _ if first => 72,
            Place::Opening if expected => 82_u8.max(hostile),
            Place::Free if expected && hostile >= 45 => 85,
            Place::Free if expected => 45,
            Place::Page if expected && hostile >= 45 => 45,
            Place::Page if expected => 8,
            _ if hostile >= 45 => 40,
            _ => 5,
        };
        self.add(Evidence::Address, start..colon + 1, weight);
    }

    /// `data:text/html,…`, where an address is expected.
    fn data_address(&mut self, colon: usize) {
        let start = colon - 4;
        let runs = [
            b"text/html".as_slice(),
            b"text/javascript",
            b"application/javascript",
            b"application/x-javascript",
            b"application/xhtml",
            b"text/xml",
            b"image/svg+xml,<svg",
            b"image/svg+xml;base64",
            b",<script",
            b",alert",
            b"application/ecmascript",
            b"text/ecmascript",
        ];
        let after = self.source.past_space(colon + 1);
        let Some(kind) = runs.iter().find(|kind| self.source.has(after, kind)) else {
            return;
        };
        let drawing = kind.starts_with(b"image");
        let expected = self.tag.is_some() || matches!(self.source.before_space(start), b'(' | b'=' | b'"' | b'\'');
        let first = self.source.past_space(self.value) == start;
        let weight = match self.place(start) {
            _ if drawing => self.weigh(start, 50, 10, 0),
            _ if first => 70,
            Place::Opening if expected => 80,
            Place::Free if expected => 60,
            Place::Page if expected => 20,
            _ => 15,
        };
        self.add(Evidence::Address, start..after, weight);
    }

    /// An entity that stands for a sign which had better not be seen.
    pub(super) fn entity(&mut self, at: usize) -> usize {
        let pair = self.source.past(at + 1, is_word);
        if self.source.byte(pair) == b'=' && self.values.begins_pair(pair) {
            self.value = pair + 1;
            self.tag = None;
            return pair;
        }
        let colon = [b"&colon;".as_slice(), b"&#58;", b"&#x3a;", b"&#58", b"&#x3a"];
        if let Some(colon) = colon.iter().find(|colon| self.source.has(at, colon)) {
            if self.scheme(at).is_some() {
                self.add(Evidence::Address, at.saturating_sub(10)..at + colon.len(), 88);
            }
            return at + colon.len();
        }
        let run = if self.tag.is_some() || matches!(self.source.before(at), b'(' | b'=') {
            self.entity_run(at)
        } else {
            at
        };
        if run > at {
            let weight = self.weigh(at, 70, 50, 0);
            self.add(Evidence::Evasion, at..run, weight);
            return run;
        }
        // `&lt;script&gt;alert(1)`: will be a script once it is shown twice.
        if self.source.has(at, b"&lt;script") && hostility(self.source, at + 10..at + 80) >= 75 {
            let weight = self.weigh(at, 55, 20, 0);
            self.add(Evidence::Payload, at..at + 10, weight);
        }
        at + 1
    }

    /// Where a run of entities ends that stand for ordinary letters, which nobody writes so without a reason.
    fn entity_run(&self, at: usize) -> usize {
        let mut end = at;
        let mut letters = 0;
        while self.source.byte(end) == b'&' && self.source.byte(end + 1) == b'#' && letters < 32 {
            let hex = self.source.byte(end + 2).eq_ignore_ascii_case(&b'x');
            let digits = end + 2 + usize::from(hex);
            let past = self.source.past(digits, |byte| {
                if hex {
                    byte.is_ascii_hexdigit()
                } else {
                    byte.is_ascii_digit()
                }
            });
            let code = std::str::from_utf8(self.source.slice(digits..past.min(digits + 8))).unwrap_or_default();
            let Ok(code) = u32::from_str_radix(code, if hex { 16 } else { 10 }) else {
                break;
            };
            if !(0x20..0x7f).contains(&code) {
                break;
            }
            letters += 1;
            end = past + usize::from(self.source.byte(past) == b';');
        }
        if letters >= 5 { end } else { at }
    }

    /// `\x3cscript`, `\u003cimg`.
    pub(super) fn escape(&mut self, at: usize) -> usize {
        let tag = [(b"\\x3c".as_slice(), 4), (b"\\u003c", 6), (b"\\74", 3), (b"\\xbc", 4)];
        for (spelling, length) in tag {
            if self.source.has(at, spelling) {
                let name = at + length;
                let runs = [b"script".as_slice(), b"img", b"svg", b"iframe"];
                if runs.iter().any(|runs| self.source.has(name, runs)) {
                    let hostile = hostility(self.source, name..name + 80) >= 45;
                    let weight = if hostile {
                        self.weigh(at, 70, 55, 20)
                    } else {
                        self.weigh(at, 52, 20, 0)
                    };
                    self.add(Evidence::Evasion, at..name + 6, weight);
                }
                return name;
            }
        }
        at + 1
    }

    /// `+ADw-script`: a tag in UTF-7.
    pub(super) fn utf_7(&mut self, at: usize) -> usize {
        if self.source.has(at, b"+adw-") {
            self.add(Evidence::Evasion, at..at + 5, 75);
        }
        at + 1
    }
}

/// A scheme that was read.
struct Scheme {
    start: usize,
    /// Whether there was anything between its letters.
    broken: bool,
}

fn is_space_entity(entity: &[u8]) -> bool {
    let spaces = [
        b"&tab;".as_slice(),
        b"&newline;",
        b"&#9;",
        b"&#10;",
        b"&#13;",
        b"&#x9;",
        b"&#xa;",
        b"&#xd;",
        b"&#09;",
        b"&#x09;",
        b"&#x0a;",
        b"&#x0d;",
        b"&nbsp;",
    ];
    spaces.iter().any(|space| entity.eq_ignore_ascii_case(space))
}

/// The ASCII character that an entity of digits stands for.
fn character(entity: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(entity.strip_prefix(b"&#")?.strip_suffix(b";")?).ok()?;
    match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}
