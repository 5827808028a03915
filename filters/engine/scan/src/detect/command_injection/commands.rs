//! Commands, and how they are read however they are spelt.

use super::names::COMMANDS;
pub(super) use super::names::{Command, Known};
use crate::detect::source::{Source, is_word};

/// Letters of the longest command.
const LONGEST: usize = 24;

/// A command that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) known: Known,
    /// Whether it was spelt so that its name does not stand in the text.
    pub(super) evaded: bool,
    /// Whether it was named by its path.
    pub(super) path: bool,
    /// Where its name ends.
    pub(super) end: usize,
}

/// The command of a name.
pub(super) fn named(name: &[u8]) -> Option<Known> {
    COMMANDS.get(name)
}

/// Reads a command at a place: its path taken off, and quotes and the like in its name left out.
pub(super) fn read(source: Source<'_>, at: usize) -> Option<Reading> {
    let mut name = [0_u8; LONGEST];
    let mut length = 0;
    let mut evaded = false;
    let mut path = false;
    let mut end = at;
    let mut quotes = 0_u32;
    while end - at < 64 {
        let byte = source.byte(end);
        match byte {
            b'/' if source.byte(end + 1).is_ascii_alphabetic() || source.byte(end + 1) == b'?' => {
                path = true;
                length = 0;
                evaded = false;
                end += 1;
            }
            b'\'' | b'"' | b'^' if length > 0 || is_word(source.byte(end + 1)) || source.byte(end + 1) == byte => {
                quotes += 1;
                // `"curl" http://…`: the whole name in quotes hides nothing, and is left only.
                evaded |= length > 0 && is_word(source.byte(end + 1)) || byte == b'^';
                end += 1;
            }
            b'\\' if source.byte(end + 1).is_ascii_alphanumeric() && (length > 0 || source.before(end) != b'\\') => {
                evaded |= length > 0;
                end += 1;
            }
            b'$' if length > 0
                && matches!(source.byte(end + 1), b'@' | b'*' | b'!' | b'?' | b'-' | b'$' | b'#')
                && is_word(source.byte(end + 2)) =>
            {
                evaded = true;
                end += 2;
            }
            b'$' | b'<' | b'>' if length > 0 && source.byte(end + 1) == b'(' && source.byte(end + 2) == b')' => {
                evaded = true;
                end += 3;
            }
            b'-' | b'.' if length > 0 && source.byte(end + 1).is_ascii_alphanumeric() => {
                *name.get_mut(length)? = byte;
                length += 1;
                end += 1;
            }
            _ if byte.is_ascii_alphanumeric() => {
                *name.get_mut(length)? = byte;
                length += 1;
                end += 1;
            }
            _ => break,
        }
    }
    let known = named(name.get(..length)?).or_else(|| without_version(name.get(..length)?))?;
    Some(Reading {
        known,
        evaded: evaded && (quotes != 2 || length >= 3),
        path,
        end,
    })
}

/// `python3.10`, `perl5.36`.
fn without_version(name: &[u8]) -> Option<Known> {
    let letters = name.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (head, version) = name.split_at_checked(letters)?;
    let numbered = !version.is_empty() && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    named(head).filter(|known| numbered && known.command == Command::Run)
}

/// What stands after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arguments {
    /// Nothing: the value, or the command, is over.
    None,
    /// What only a command is given: an option, a path, an address, a redirection.
    Telling,
    /// A number or a name, as in prose too.
    Word,
}

/// Looks at what stands after a command.
pub(super) fn arguments(source: Source<'_>, end: usize) -> Arguments {
    let at = source.past(end, |byte| matches!(byte, b' ' | b'\t' | b'+'));
    let spaced = at > end;
    match source.byte(at) {
        0 | b';' | b'|' | b'&' | b'`' | b')' | b'\n' | b'\r' | b'"' | b'\'' | b'}' | b'#'
            if !spaced || source.byte(at) != b'#' =>
        {
            Arguments::None
        }
        b'<' if source.byte(at + 1) == b'/' => Arguments::None,
        b'-' if source.byte(at + 1).is_ascii_alphanumeric() || source.byte(at + 1) == b'-' => Arguments::Telling,
        b'$' | b'<' | b'>' | b'{' => Arguments::Telling,
        b'/' | b'~' | b'%' | b'*' | b'\\' | b'"' | b'\'' if spaced => Arguments::Telling,
        b'/' if source.has(at, b"/etc") || source.has(at, b"/c ") => Arguments::Telling,
        b'.' if matches!(source.byte(at + 1), b'.' | b'/') => Arguments::Telling,
        byte if spaced && byte.is_ascii_digit() => Arguments::Telling,
        byte if spaced && byte.is_ascii_alphabetic() => {
            let word = source.past(at, |byte| is_word(byte) || matches!(byte, b'-'));
            let telling = matches!(source.byte(word), b'.' | b':' | b'=' | b'@' | b'/' | b'\\')
                && is_word(source.byte(word + 1))
                || source.has(word, b"://")
                || source.has(word, b":\\");
            if telling { Arguments::Telling } else { Arguments::Word }
        }
        _ => Arguments::Word,
    }
}

/// Whether a line begins as one given to a shell.
///
/// Not the first line of a value may go on with the one before.
pub(super) fn begins_command_line(source: Source<'_>, line: usize, follows: bool) -> bool {
    let first = source.past(line, |byte| matches!(byte, b' ' | b'\t'));
    if follows && matches!(source.byte(first), b'|' | b'&')
        || source.byte(first) == b'[' && source.byte(first + 1) == b' '
    {
        return true;
    }
    let mut at = source.past(line, |byte| {
        matches!(byte, b' ' | b'\t' | b'$' | b'>' | b'#' | b'-' | b'(' | b'@')
    });
    for prefix in [b"run ".as_slice(), b"sudo ", b"- run:", b"cmd ["] {
        if source.has(at, prefix) {
            at = source.past(at + prefix.len(), |byte| matches!(byte, b' ' | b'"' | b'|'));
        }
    }
    // `NAME=value command`.
    let name = source.past(at, is_word);
    if name > at && source.byte(name) == b'=' && source.byte(name + 1) != b' ' && follows {
        return true;
    }
    let end = source.past(at, |byte| is_word(byte) || matches!(byte, b'-' | b'.' | b'/'));
    let word = source.slice(at..end);
    let base = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let follows = source.byte(end);
    let Some(known) = named(base).or_else(|| without_version(base)) else {
        return word.starts_with(b"./");
    };
    matches!(follows, b' ' | b'\n' | b'\t' | 0 | b';' | b'|' | b'&')
        && (!known.english
            || arguments(source, end) != Arguments::Word
            || matches!(known.command, Command::Tool | Command::Run | Command::Change))
}
