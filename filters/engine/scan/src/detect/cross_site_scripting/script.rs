//! What a script does: calls, members, templates.

use std::ops::Range;

use super::names::{CALLS, Call};
use super::{Evidence, Place, Reader};
use crate::detect::needles::needles;
use crate::detect::source::{Source, is_word};

needles! {
    /// What an expression of a template holds.
    template {
        REFLECTS = 0: b"constructor(", b"constructor.c", b"constructor.p", b"constructor.f", b"constructor[", b"$eval", b"__proto__";
    }
}

/// Bytes of a script that are looked at.
const BODY: usize = 200;

/// How much a script looks like an attack, in hundredths, by what it does.
pub(super) fn hostility(source: Source<'_>, range: Range<usize>) -> u8 {
    let end = range.end.min(range.start + BODY);
    let mut most = 0;
    for at in range.start..end {
        let here = match source.byte(at) {
            b'(' | b'`' => call_hostility(source, at).0,
            b'&' if source.has(at, b"&lpar;") || source.has(at, b"&#40;") || source.has(at, b"&#x28;") => 70,
            b'.' | b'[' => member_hostility(source, at),
            b'=' if source.has(at.saturating_sub(8), b"location=") || source.has(at.saturating_sub(5), b".href=") => {
                let target = source.past(at + 1, |byte| matches!(byte, b'\'' | b'"' | b'`' | b' ' | b'\\'));
                let elsewhere =
                    source.has(target, b"//") || source.has(target, b"http") || source.has(target, b"javascript:");
                if elsewhere { 55 } else { 20 }
            }
            b'=' if hands_over(source, at) => 65,
            b'\\' if matches!(source.byte(at + 1), b'x' | b'u') => 30,
            _ => 0,
        };
        most = here.max(most);
    }
    most
}

/// The name that ends right before a place.
pub(super) fn name_before(source: Source<'_>, at: usize) -> Range<usize> {
    let window = source.slice(at.saturating_sub(32)..at);
    let length = window
        .iter()
        .rev()
        .take_while(|byte| is_word(**byte) || **byte == b'$')
        .count();
    at - length..at
}

/// Whether a function that shows or runs something is given another name: `onerror=alert;throw 1`, `a=alert,a(1)`.
pub(super) fn hands_over(source: Source<'_>, equals: usize) -> bool {
    let start = source.past_space(equals + 1);
    let end = source.past(start, is_word);
    matches!(CALLS.get(source.slice(start..end)), Some(Call::Box | Call::Run))
        && matches!(source.byte(end), b',' | b';' | b'}')
}

/// How much a call looks like an attack whose parenthesis, or template, begins here, and where it begins.
pub(super) fn call_hostility(source: Source<'_>, at: usize) -> (u8, usize) {
    let mut open = at;
    // `alert?.(1)`, `(alert)(1)`, `alert (1)`.
    while open > 0 && at - open < 4 && matches!(source.before(open), b' ' | b')' | b'.' | b'?' | b'/' | b'*') {
        open -= 1;
    }
    let name = name_before(source, open);
    let template = source.byte(at) == b'`';
    let argument = source.past_space(at + 1);
    let hostile = match CALLS.get(source.slice(name.clone())) {
        Some(Call::Box) if template => 85,
        Some(Call::Box) if is_trivial(source, argument) => 80,
        Some(Call::Box) => 15,
        Some(Call::Run) if template => 80,
        Some(Call::Run) => runs(source, argument),
        Some(Call::Decode) => 45,
        Some(Call::Send) if source.slice(argument + 1..argument + 3) == b"//" => 52,
        Some(Call::Send) if source.has(argument + 1, b"http") => 30,
        Some(Call::Apply) if template => 70,
        Some(Call::Apply) => applies(source, argument),
        Some(Call::Send) | None => 0,
    };
    (hostile, name.start)
}

/// Where what stands before a place ends, apart from spaces and a comment.
fn before_gap(source: Source<'_>, at: usize) -> usize {
    let mut end = at;
    while end > 0 && at - end < 32 {
        match source.before(end) {
            b' ' | b'\t' => end -= 1,
            b'/' if source.before(end - 1) == b'*' => {
                let window = source.slice(end.saturating_sub(24)..end);
                match window.windows(2).position(|pair| pair == b"/*") {
                    Some(opens) => end = end.saturating_sub(24) + opens,
                    None => return end,
                }
            }
            _ => break,
        }
    }
    end
}

/// Where what stands after a place begins, apart from spaces and a comment.
fn past_gap(source: Source<'_>, at: usize) -> usize {
    let start = source.past(at, |byte| matches!(byte, b' ' | b'\t')).min(at + 32);
    if source.byte(start) != b'/' || source.byte(start + 1) != b'*' {
        return start;
    }
    let window = source.slice(start..start + 24);
    let end = window
        .windows(2)
        .position(|pair| pair == b"*/")
        .map_or(start, |end| start + end + 2);
    source.past(end, |byte| matches!(byte, b' ' | b'\t')).min(end + 32)
}

/// Whether a box shows nothing that anybody would want to read: a number, a short word, the page's own name or cookie.
fn is_trivial(source: Source<'_>, at: usize) -> bool {
    let window = source.slice(at..at + 24);
    let first = source.byte(at);
    if matches!(first, b'\'' | b'"' | b'`' | b'/' | b'\\' | b'&') {
        let body = window.get(1..).unwrap_or_default();
        let length = body
            .iter()
            .position(|byte| matches!(byte, b'\'' | b'"' | b'`' | b'/' | b'\\' | b'&'));
        return length.is_some_and(|length| {
            let word = body.get(..length).unwrap_or_default();
            length <= 12 && word.iter().filter(|byte| **byte == b' ').count() == 0
        });
    }
    let end = source.past(at, |byte| is_word(byte) || byte == b'.');
    let closes = matches!(source.byte(source.past_space(end)), b')' | 0 | b'&' | b'+' | b',');
    let word = source.slice(at..end);
    let own = [
        b"document.".as_slice(),
        b"window.origin",
        b"origin",
        b"location",
        b"self.",
        b"this",
        b"name",
        b"localstorage",
        b"top.",
        b"cookie",
        b"domain",
        b"string.from",
    ];
    first == b')'
        || (closes && word.len() <= 8 && word.first().is_some_and(u8::is_ascii_digit))
        || (word.len() <= 40 && own.iter().any(|own| source.has(at, own)))
}

/// What `eval(`, `setTimeout(` and their like are given: code as text is suspicious, a function is not.
fn runs(source: Source<'_>, at: usize) -> u8 {
    let quoted = matches!(source.byte(at), b'\'' | b'"' | b'`');
    let inner = [
        b"atob".as_slice(),
        b"string.from",
        b"location",
        b"name)",
        b"name,",
        b"unescape",
        b"decodeuri",
        b"document.",
        b"id)",
        b"this.",
    ];
    let hidden = quoted && (source.has(at + 1, b"al") || source.has(at + 1, b"do") || source.byte(at + 1) == b'\\');
    if hidden || inner.iter().any(|inner| source.has(at, inner)) {
        75
    } else if quoted {
        25
    } else {
        5
    }
}

/// What a list is gone through with: `[1].find(alert)`.
fn applies(source: Source<'_>, at: usize) -> u8 {
    let end = source.past(at, is_word);
    let closes = source.byte(end) == b')';
    match CALLS.get(source.slice(at..end)) {
        Some(Call::Box | Call::Run) if closes => 75,
        _ => 0,
    }
}

/// How much a member looks like an attack whose dot, or bracket, stands here.
pub(super) fn member_hostility(source: Source<'_>, at: usize) -> u8 {
    let mut end = before_gap(source, at);
    while end > 0 && at - end < 32 && matches!(source.before(end), b')' | b'?') {
        end = before_gap(source, end - 1);
    }
    let owner = source.slice(name_before(source, end));
    let own = |names: &[&[u8]]| names.iter().any(|name| owner.eq_ignore_ascii_case(name));
    if source.byte(at) == b'.' {
        let member = past_gap(source, at + 1);
        if own(&[b"document"]) {
            let steals = source.has(member, b"cookie") && !source.has(member + 6, b" =");
            return if steals {
                50
            } else if source.has(member, b"domain") {
                45
            } else {
                0
            };
        }
        let reflected = [
            b".constructor(".as_slice(),
            b".constructor`",
            b".constructor.constructor",
        ]
        .iter()
        .any(|reflected| source.has(at, reflected));
        return if reflected { 75 } else { 0 };
    }
    let quote = past_gap(source, at + 1);
    if !matches!(source.byte(quote), b'\'' | b'"' | b'`' | b'/' | b'\\') {
        return 0;
    }
    let global = own(&[
        b"top",
        b"self",
        b"window",
        b"parent",
        b"frames",
        b"globalthis",
        b"this",
        b"document",
    ]);
    let names = [
        b"alert".as_slice(),
        b"eval",
        b"cookie",
        b"document",
        b"constructor",
        b"prompt",
        b"confirm",
        b"location",
        b"write",
        b"\\x",
        b"al",
    ];
    let named = names.iter().any(|name| source.has(quote + 1, name));
    let joined = source
        .slice(quote + 1..quote + 12)
        .windows(2)
        .any(|pair| matches!(pair, [b'\'' | b'"' | b'/', b'+']));
    match (global, named || joined) {
        (true, true) => 75,
        (false, true) if source.has(quote + 1, b"constructor") => 60,
        _ => 0,
    }
}

impl Reader<'_, '_> {
    /// A call outside of markup: a script put into a script, or a value that is nothing else.
    pub(super) fn call(&mut self, at: usize) -> usize {
        let (hostile, start) = call_hostility(self.source, at);
        if hostile > 0 {
            self.payload(start, at, hostile);
        }
        at + 1
    }

    /// A member outside of markup.
    pub(super) fn member(&mut self, at: usize) -> usize {
        let hostile = member_hostility(self.source, at);
        if hostile > 0 {
            self.payload(name_before(self.source, at).start, at, hostile);
        }
        at + 1
    }

    /// Adds what a script does from `start` on, with a parenthesis or dot at a place.
    pub(super) fn payload(&mut self, start: usize, at: usize, hostile: u8) {
        let end = self.call_end(at);
        let first = self.source.past(self.value, |byte| {
            matches!(byte, b'(' | b' ' | b'\t' | b'[' | b'{' | b'$')
        });
        let first = if self.source.has(first, b"new ") {
            first + 4
        } else {
            first
        };
        let alone = first >= start.saturating_sub(2)
            && (self.values.ends_at(end)
                || matches!(self.source.byte(end), b';' | b'/' | b',' | b'<')
                || self.source.len() <= 40);
        let broken = self.breaks_script(start);
        let weight = if broken && hostile >= 45 && self.place(at) == Place::Opening {
            hostile.max(70)
        } else if alone && self.dense {
            hostile.clamp(52, 60)
        } else if self.tag.is_some() {
            if hostile >= 75 { self.weigh(at, 55, 40, 0) } else { 0 }
        } else {
            match self.place(at) {
                Place::Opening if self.dense && hostile >= 70 => 52,
                Place::Opening => hostile / 2,
                Place::Free if broken => hostile / 2,
                Place::Free => hostile / 5,
                Place::Page => 0,
            }
        };
        self.add(Evidence::Payload, start..end, weight);
    }

    /// Where the call ends whose parenthesis stands at a place, if that is soon.
    fn call_end(&self, at: usize) -> usize {
        let closing = match self.source.byte(at) {
            b'(' => b')',
            b'`' => b'`',
            _ => return self.source.past(at + 1, |byte| is_word(byte) || byte == b'.'),
        };
        self.source.find(at + 1, 64, closing).map_or(at + 1, |end| end + 1)
    }

    /// Whether a name stands where a script is broken into: `'-alert(1)-'`, `";alert(1)//`.
    fn breaks_script(&self, at: usize) -> bool {
        let before = self.source.slice(at.saturating_sub(6)..at);
        let mut bytes = before
            .iter()
            .rev()
            .skip_while(|byte| matches!(**byte, b' ' | b'(' | b'['));
        let joint = bytes.next().is_some_and(|byte| {
            matches!(
                byte,
                b'-' | b'+' | b';' | b'*' | b',' | b'|' | b'^' | b'&' | b'{' | b'/'
            )
        });
        joint
            && bytes
                .find(|byte| !matches!(**byte, b' ' | b')' | b'}' | b';' | b'|' | b'&' | b'$' | b']'))
                .is_some_and(|byte| matches!(byte, b'\'' | b'"' | b'`'))
    }

    /// `![]`, of which scripts without letters are made.
    pub(super) fn bracket_run(&mut self, at: usize) -> usize {
        let list = self.source.past_space(at + 1);
        if self.source.byte(list) != b'[' || self.source.byte(self.source.past_space(list + 1)) != b']' {
            return at + 1;
        }
        let body = self.source.slice(at..at + 48);
        let signs = body
            .iter()
            .take_while(|byte| matches!(byte, b'[' | b']' | b'(' | b')' | b'!' | b'+' | b' ' | b'{' | b'}'));
        let length = signs.count();
        let weight = if length >= 12 { 80 } else { 0 };
        self.add(Evidence::Payload, at..at + length, weight);
        at + length.max(1)
    }

    /// `{{…}}` and `${…}` with more than data in them.
    pub(super) fn template(&mut self, at: usize) -> usize {
        let opens = self.source.byte(at + 1) == b'{' || matches!(self.source.before(at), b'$' | b'#');
        if !opens {
            return at + 1;
        }
        if at < self.expressions {
            return at + 2;
        }
        let end = self.source.find(at, BODY, b'}').unwrap_or(at + BODY);
        self.expressions = end;
        let weight = if template::find(self.source.slice(at..end)).has(template::REFLECTS) {
            88
        } else {
            let hostile = hostility(self.source, at..end);
            self.weigh(at, hostile, hostile / 2, 0)
        };
        self.add(Evidence::Template, at..end, weight);
        at + 2
    }
}
