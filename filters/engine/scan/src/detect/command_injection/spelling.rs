//! Names spelt so that they do not stand in the text: quotes and backslashes within words, wildcards in paths.

use super::commands::{Arguments, Command, arguments, read};
use super::{Evidence, Reader};
use crate::detect::source::{Source, is_word};

impl Reader<'_, '_> {
    /// A quote, backslash or caret within a word: `c''at`, `wh\oami`.
    pub(super) fn inside_word(&mut self, at: usize) -> usize {
        let before = self.source.before(at);
        if !before.is_ascii_alphabetic() {
            return at + 1;
        }
        let sign = self.source.byte(at);
        let empty = matches!(sign, b'\'' | b'"') && self.source.byte(at + 1) == sign;
        let next = self.source.byte(at + 1 + usize::from(empty));
        if !next.is_ascii_alphabetic() || (matches!(sign, b'\'' | b'"') && !empty) {
            return at + 1;
        }
        let head = self.source.slice(at.saturating_sub(16)..at);
        let length = head
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'"' | b'\\' | b'^'))
            .count();
        let start = at - length;
        if sign == b'\\' && matches!(self.source.before(start), b':' | b'\\' | b'/' | b'%') {
            return at + 1;
        }
        let Some(reading) = read(self.source, start) else {
            return at + 1;
        };
        let letters = self
            .source
            .slice(start..reading.end)
            .iter()
            .filter(|byte| byte.is_ascii_alphabetic())
            .count();
        let shape = arguments(self.source, reading.end);
        let told = letters >= 4 || shape == Arguments::Telling;
        let escape = sign == b'\\' && matches!(next, b'n' | b't' | b'r' | b'b' | b'f' | b'u' | b'x');
        let weight = match sign {
            _ if !reading.evaded || !told || reading.known.command == Command::Tool => 0,
            b'\\' if escape && (reading.known.english || shape != Arguments::Telling) => 0,
            _ if reading.known.english && shape == Arguments::Word => 0,
            _ => 75,
        };
        self.add(Evidence::Evasion, start..reading.end, weight);
        at + 1
    }

    /// A path: devices that are connections, names spelt with wildcards.
    pub(super) fn path(&mut self, at: usize) -> usize {
        if self.source.has(at, b"/dev/tcp/") || self.source.has(at, b"/dev/udp/") {
            self.add(Evidence::Reverse, at..at + 9, 85);
            return at + 9;
        }
        if matches!(self.source.before(at), b'/' | b':' | b'*') || is_word(self.source.before(at)) {
            return at + 1;
        }
        let (first, end) = spelling(self.source, at + 1, &[b"etc", b"bin", b"usr", b"sbin"]);
        if first == Spelling::Other || self.source.byte(end) != b'/' {
            return at + 1;
        }
        let (second, end) = spelling(
            self.source,
            end + 1,
            &[
                b"passwd", b"shadow", b"hosts", b"group", b"bash", b"cat", b"nc", b"id", b"ls", b"bin", b"uname",
                b"whoami",
            ],
        );
        let weight = match (first, second) {
            (Spelling::Disguised, Spelling::Disguised) => 78,
            (Spelling::Disguised, Spelling::Plain) | (Spelling::Plain, Spelling::Disguised) => 72,
            (Spelling::Disguised, Spelling::Other) if self.dense => 40,
            _ => 0,
        };
        self.add(Evidence::Evasion, at..end, weight);
        at + 1
    }
}

/// How a part of a path is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    /// As one of the names.
    Plain,
    /// As one of the names, with wildcards or quotes.
    Disguised,
    /// As something else.
    Other,
}

/// Letters of a part of a path, at most.
const PART: usize = 16;

/// Reads a part of a path, and compares it with names that it may stand for.
fn spelling(source: Source<'_>, at: usize, names: &[&[u8]]) -> (Spelling, usize) {
    let mut part = [0_u8; PART];
    let mut length = 0;
    let mut end = at;
    let mut left_out = false;
    while end - at < 32 {
        let byte = source.byte(end);
        let next = source.byte(end + 1);
        match byte {
            // What stands for nothing, as long as the part goes on.
            b'\'' | b'"' | b'\\' | b'^' => {
                if !(is_word(next) || matches!(next, b'?' | b'*')) {
                    break;
                }
                left_out = true;
                end += 1;
            }
            b'$' if matches!(next, b'{' | b'(') => {
                let close = if next == b'{' { b'}' } else { b')' };
                let Some(past) = source.find(end, 10, close) else { break };
                left_out = true;
                end = past + 1;
            }
            b'$' => {
                left_out = true;
                end = source.past(end + 1, is_word).min(end + 8);
            }
            b'[' | b']' | b'?' | b'*' | b'!' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => {
                let Some(room) = part.get_mut(length) else { break };
                *room = byte;
                length += 1;
                end += 1;
            }
            _ => break,
        }
    }
    let part = part.get(..length).unwrap_or_default();
    let letters = part.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let questions = part.iter().filter(|byte| **byte == b'?').count();
    let wild = part.iter().any(|byte| matches!(byte, b'?' | b'*' | b'['));
    let stands_for = (letters > 0 || questions >= 2) && names.iter().any(|name| matches_glob(part, name, 24));
    let spelling = match stands_for {
        true if wild || left_out => Spelling::Disguised,
        true => Spelling::Plain,
        false => Spelling::Other,
    };
    (spelling, end)
}

/// Whether a part with wildcards matches a name. A bracket stands for any letter.
fn matches_glob(part: &[u8], name: &[u8], fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    match part {
        [] => name.is_empty(),
        [b'*', rest @ ..] => {
            matches_glob(rest, name, fuel / 2)
                || name
                    .split_first()
                    .is_some_and(|(_, tail)| matches_glob(part, tail, fuel / 2))
        }
        [b'[', rest @ ..] => {
            let Some(close) = rest.iter().position(|byte| *byte == b']') else {
                return false;
            };
            let after = rest.get(close + 1..).unwrap_or_default();
            name.split_first()
                .is_some_and(|(_, tail)| matches_glob(after, tail, fuel))
        }
        [b'?', rest @ ..] => name
            .split_first()
            .is_some_and(|(_, tail)| matches_glob(rest, tail, fuel)),
        [letter, rest @ ..] => name
            .split_first()
            .is_some_and(|(first, tail)| first.eq_ignore_ascii_case(letter) && matches_glob(rest, tail, fuel)),
    }
}
