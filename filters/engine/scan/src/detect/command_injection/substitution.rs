//! Commands in place of values: backticks, `$(…)`, `<(…)`, and the signs that stand for a space.

use super::commands::{Command, read};
use super::{Evidence, Lead, Reader};
use crate::detect::source::is_word;

impl Reader<'_, '_> {
    /// `` `id` ``: a command in place of a value; in prose, a way to set off code.
    pub(super) fn backtick(&mut self, at: usize) -> usize {
        let start = self.source.past(at + 1, |byte| byte == b' ');
        if self.source.byte(at + 1) == b'`' {
            return self.source.past(at, |byte| byte == b'`');
        }
        if self.source.has(at + 1, b"$_") {
            self.add(Evidence::Code, at..at + 3, 75);
        }
        let first = self.source.past_space(self.value) == at;
        if start > at + 1 && !first {
            return at + 1;
        }
        let Some(close) = self.source.find(at + 1, 80, b'`') else {
            return at + 1;
        };
        let Some(reading) = read(self.source, start) else {
            return at + 1;
        };
        if close < reading.end || reading.known.command == Command::Tool {
            return at + 1;
        }
        let glued =
            self.source.before(at).is_ascii_alphanumeric() || self.source.byte(close + 1).is_ascii_alphanumeric();
        let weight = match self.lead(at) {
            Lead::Start if first && self.values.ends_at(close + 1) => 65,
            Lead::Start | Lead::Data if glued || self.values.ends_at(close + 1) => 72,
            Lead::Start | Lead::Data | Lead::Prose if glued => 50,
            Lead::Start | Lead::Data | Lead::Shell | Lead::Prose => 0,
        };
        self.add(Evidence::Substitution, at..close + 1, weight);
        if weight > 0 {
            self.after_command(at, start, reading, Lead::Data);
        }
        at + 1
    }

    /// `$(…)`, `${…}`, `$IFS` and others.
    pub(super) fn dollar(&mut self, at: usize) -> usize {
        match self.source.byte(at + 1) {
            b'(' => self.substitution(at),
            b'{' => self.dollar_brace(at),
            b'I' if self.source.has(at, b"$ifs") => self.field_separator(at, at + 4),
            b'\'' => {
                let window = self.source.slice(at + 2..at + 26);
                let coded = window
                    .windows(2)
                    .any(|pair| matches!(pair, [b'\\', b'x' | b'0'..=b'7' | b'u']));
                self.add(Evidence::Evasion, at..at + 4, if coded { 70 } else { 0 });
            }
            // `wh$@oami`.
            b'@' | b'*'
                if is_word(self.source.before(at))
                    && self.source.byte(at + 2).is_ascii_alphabetic()
                    && !self.is_shell() =>
            {
                self.add(Evidence::Evasion, at..at + 2, 55);
            }
            _ => {}
        }
        at + 1
    }

    fn substitution(&mut self, at: usize) {
        if self.source.byte(at + 2) == b'(' {
            return;
        }
        let start = self.source.past(at + 2, |byte| matches!(byte, b' ' | b'<'));
        let Some(reading) = read(self.source, start) else {
            let hidden = self.source.byte(start) == b'`'
                || self.source.byte(start) == b'$' && self.source.byte(start + 1) == b'(';
            let dense = self.dense && self.lead(at) == Lead::Start;
            self.add(Evidence::Substitution, at..start, if hidden && dense { 55 } else { 0 });
            return;
        };
        let glued = is_word(self.source.before(at));
        if glued && self.source.has(start, b"echo") {
            self.add(Evidence::Evasion, at..reading.end, 45);
        }
        let weight = match self.lead(at) {
            _ if reading.known.command == Command::Tool => 0,
            Lead::Start => 82,
            Lead::Data if glued || !reading.known.english => 75,
            Lead::Data => 55,
            Lead::Prose
                if !reading.known.english
                    && reading.known.command != Command::Change
                    && self.source.before(at) != b'"'
                    && self.source.before(at) != b'=' =>
            {
                40
            }
            Lead::Prose => 8,
            Lead::Shell => 0,
        };
        self.add(Evidence::Substitution, at..reading.end, weight);
        if weight > 0 {
            let lead = if weight >= 40 { Lead::Data } else { Lead::Shell };
            self.after_command(at, start, reading, lead);
        }
    }

    /// `$IFS` between words of a command. Scripts keep and restore it, which looks otherwise.
    pub(super) fn field_separator(&mut self, at: usize, end: usize) {
        let before = self.source.before(at);
        let after = self.source.byte(end);
        let glued = is_word(before) && before != b'=' || matches!(before, b'}' | b'\'');
        let weight = if glued && !matches!(after, b'\n' | 0) && (after != b'"' || self.source.before(end) == b'}') {
            80
        } else {
            0
        };
        self.add(Evidence::Evasion, at..end, weight);
    }

    /// `<(…)`, here-strings, server-side includes, tags of templates and of PHP.
    pub(super) fn less(&mut self, at: usize) -> usize {
        if self.source.has(at, b"<!--#exec") || self.source.has(at, b"<!--#include") {
            self.add(Evidence::Template, at..at + 9, 80);
        } else if self.source.byte(at + 1) == b'(' {
            let first = self.lead(at) == Lead::Start;
            let reading = read(self.source, at + 2);
            if let Some(reading) = reading.filter(|_| first) {
                self.add(Evidence::Substitution, at..reading.end, 60);
            }
        } else if self.source.has(at, b"<<<") && self.dense {
            let quote = self
                .source
                .past(at + 3, |byte| matches!(byte, b'\'' | b'"' | b' ' | b'$' | b'('));
            if let Some(reading) = read(self.source, quote) {
                self.add(Evidence::Substitution, at..reading.end, 52);
            }
        } else if self.source.byte(at + 1) == b'%'
            || self.source.byte(at + 1) == b'?'
            || self.source.byte(at + 1) == b'#'
        {
            self.server_tag(at);
        }
        at + 1
    }

    /// `>(…)`, `>/tmp/x` as all there is, `>&` to a connection.
    pub(super) fn greater(&mut self, at: usize) -> usize {
        let path = self.source.past(at + 1, |byte| matches!(byte, b'>' | b' '));
        let files = [b"/tmp/".as_slice(), b"/var/www", b"/dev/shm", b"/etc/"];
        if files.iter().any(|file| self.source.has(path, file))
            && self.lead(at) == Lead::Start
            && self.line == self.value
        {
            self.add(Evidence::Command, at..path + 4, 55);
        }
        at + 1
    }
}
