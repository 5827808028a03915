//! What separators, substitutions and paths say.

use super::commands::{Arguments, Command, Reading, arguments, named, read};
use super::{Evidence, Lead, Reader};
use crate::detect::source::is_word;

impl Reader<'_, '_> {
    /// `;`, `|`, `&`, `&&`, `||`, and the command after it.
    pub(super) fn separator(&mut self, at: usize) -> usize {
        let sign = self.source.byte(at);
        let mut end = at + 1;
        while end - at < 3 && matches!(self.source.byte(end), b'|' | b'&') {
            end += 1;
        }
        if sign == b'&' && self.source.has(at, b"&#") {
            return end;
        }
        // A pair of a form, not a command: `&name=`.
        if sign == b'&' && end == at + 1 {
            let name = self
                .source
                .past(end, |byte| is_word(byte) || matches!(byte, b'[' | b']' | b'-' | b'.'));
            if name > end && self.source.byte(name) == b'=' {
                return name;
            }
        }
        let mut start = self
            .source
            .past(end, |byte| matches!(byte, b' ' | b'\t' | b'(' | b'{' | b'+' | b'@'));
        // `\n` of JSON, `&& ./x`.
        if self.source.has(start, b"\\n") {
            start = self.source.past_space(start + 2);
        }
        let newline = self.source.byte(start) == b'\n';
        if newline || start - end > 8 {
            return end;
        }
        let lead = self.lead(at);
        let Some(reading) = read(self.source, start) else {
            self.hidden_command(at, start, lead);
            return end;
        };
        let known = reading.known;
        let shape = self.shape(start, reading);
        // A cell of a table.
        let cell = sign == b'|' && end == at + 1 && self.source.byte(self.source.past_space(reading.end)) == b'|';
        let whole = self.values.ends_at(reading.end);
        let weight = match (lead, shape) {
            _ if cell && (known.english || reading.end - start <= 2) => 0,
            _ if known.command == Command::Tool && !reading.evaded => 0,
            (_, _) if reading.evaded && (shape != Arguments::Word || !known.english) => {
                if lead == Lead::Shell {
                    40
                } else {
                    82
                }
            }
            (Lead::Start, Arguments::None) if known.english && !whole => 0,
            (Lead::Start, Arguments::Word)
                if known.english
                    && (sign != b'|' || end > at + 1)
                    && matches!(known.command, Command::Change | Command::Wait | Command::Network) =>
            {
                52
            }
            (Lead::Start | Lead::Data, Arguments::Word) if known.english => 0,
            (Lead::Start | Lead::Data, _) if reading.path => 88,
            (Lead::Start, Arguments::Word) => 70,
            (Lead::Data, Arguments::Word) => 50,
            (Lead::Start, _) => 88,
            // `R&D`, `more|less`: a short word right after a sign.
            (Lead::Data, Arguments::None) if known.english || reading.end - start <= 1 => 20,
            (Lead::Data, _) => 82,
            (Lead::Prose, Arguments::Telling) if self.source.has(start, b"iex") => 58,
            (Lead::Prose, Arguments::Telling) if !known.english || reading.path => 45,
            (Lead::Prose, Arguments::Telling) if known.command == Command::Read => 25,
            (Lead::Prose, Arguments::None)
                if matches!(known.command, Command::Probe | Command::Network)
                    && reading.end - start >= 5
                    && !known.english =>
            {
                40
            }
            (Lead::Prose | Lead::Shell, _) => 0,
        };
        self.add(Evidence::Command, at..reading.end, weight);
        self.after_command(at, start, reading, lead);
        if sign == b'|' {
            self.piped(at, reading);
        }
        end
    }

    /// What stands after a command; words that only `net` is given tell too.
    fn shape(&self, start: usize, reading: Reading) -> Arguments {
        let shape = arguments(self.source, reading.end);
        let words = [
            b"user".as_slice(),
            b"localgroup",
            b"group",
            b"view",
            b"start",
            b"stop",
            b"use ",
            b"share",
            b"accounts",
            b"config",
        ];
        let next = self.source.past_space(reading.end);
        if self.source.has(start, b"net")
            && reading.end - start == 3
            && words.iter().any(|word| self.source.has(next, word))
        {
            return Arguments::Telling;
        }
        shape
    }

    /// After a separator, something that is no command by its letters: `;$(…`, `;/???/??t`, `; > /tmp/x`.
    fn hidden_command(&mut self, at: usize, start: usize, lead: Lead) {
        let variable = self.source.past(start + 1, is_word);
        if self.source.byte(start) == b'$'
            && variable > start + 1
            && self.source.byte(variable) == b'$'
            && is_word(self.source.byte(variable + 1))
            && lead != Lead::Prose
        {
            self.add(Evidence::Evasion, at..variable, 65);
            return;
        }
        if !matches!(lead, Lead::Start | Lead::Data) {
            return;
        }
        let weight = match self.source.byte(start) {
            b'.' if self.source.byte(start + 1) == b'/' => 50,
            b'/' if self.source.has(start, b"/bin/")
                || self.source.has(start, b"/usr/")
                || self.source.has(start, b"/tmp/") =>
            {
                70
            }
            b'$' if matches!(self.source.byte(start + 1), b'(' | b'\'') => 60,
            b'`' if read(self.source, start + 1).is_some() => 60,
            b'>' if self.source.has(self.source.past_space(start + 1), b"/") => 55,
            b'!' if self.source.byte(at) == b';' && is_word(self.source.byte(start + 1)) => 40,
            _ => 0,
        };
        self.add(Evidence::Command, at..start + 1, weight);
    }

    /// What a value begins with: a command, where a form has a field for something else.
    pub(super) fn value_start(&mut self, at: usize) {
        let mut start = self.source.past(at, |byte| matches!(byte, b' ' | b'!'));
        let lines = [b"\\n".as_slice(), b"%0a", b"%0d%0a", b"\\r\\n"];
        let broken = lines.iter().find(|line| self.source.has(start, line));
        if let Some(broken) = broken {
            start += broken.len();
        }
        if self.source.has(start, b"() {") || self.source.has(start, b"(){") {
            return;
        }
        if self.batch(start) {
            return;
        }
        let Some(reading) = read(self.source, start) else {
            return;
        };
        let known = reading.known;
        let shape = arguments(self.source, reading.end);
        let bang = self.source.byte(at) == b'!';
        let weight = match known.command {
            _ if reading.evaded && !(known.english && shape == Arguments::Word) => 80,
            _ if broken.is_some() && (reading.path || shape == Arguments::Telling) => 62,
            _ if bang && !known.english && shape != Arguments::Word => 55,
            Command::Tool => 0,
            _ if !self.pair || known.english && shape == Arguments::Word => 0,
            _ if shape == Arguments::Telling || !known.english && reading.end - start > 2 => 52,
            _ => 0,
        };
        self.add(Evidence::Command, start..reading.end, weight);
        let lead = if self.pair { Lead::Data } else { Lead::Shell };
        self.after_command(start, start, reading, lead);
        self.proxy(start, reading);
    }
}

/// Whether a name is a command that no word of English is.
pub(super) fn is_odd_command(name: &[u8]) -> bool {
    named(name).is_some_and(|known| !known.english && known.command != Command::Tool)
}
