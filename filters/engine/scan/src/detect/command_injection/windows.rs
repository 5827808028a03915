//! Commands of Windows: options of PowerShell, programs that fetch and run, loops of batch files.

use super::commands::{Command, Reading};
use super::{Evidence, Lead, Reader};
use crate::detect::needles::needles;
use crate::detect::source::is_word;

needles! {
    /// What programs of Windows are given.
    proxied {
        SCRIPT = 0: b"javascript:", b"/i:http", b"vbscript:";
        RUNS = 1: b"process call create", b"/transfer", b"-urlcache";
        ADDRESS = 2: b"http://", b"https://";
        POWERSHELL = 3: b"powershell", b"pwsh";
    }
}

impl Reader<'_, '_> {
    /// An option that says what a command line is up to.
    pub(super) fn option(&mut self, at: usize) -> usize {
        let told_by = matches!(
            self.source.byte(at + 1),
            b'-' | b'u' | b'o' | b'w' | b'e' | b'E' | b'n' | b'N' | b'W'
        );
        if is_word(self.source.before(at))
            || !told_by
            || matches!((self.source.byte(at + 1), self.source.byte(at + 2)), (b'-', other) if !matches!(other, b'c' | b'u'))
        {
            return at + 1;
        }
        let told: &[(&[u8], u8)] = &[
            (b"-urlcache", 80),
            (b"-oproxycommand=", 75),
            (b"-o proxycommand=", 70),
            (b"--checkpoint-action=exec", 80),
            (b"--use-compress-program=", 40),
            (b"--upload-pack=", 55),
            (b"-wrapper sh,", 75),
            (b"-exec sh ", 25),
        ];
        if let Some((option, weight)) = told.iter().find(|(option, _)| self.source.has(at, option)) {
            self.add(Evidence::Code, at..at + option.len(), *weight);
            return at + 1;
        }
        // `-e JABj…`, `-enc`, `-EncodedCommand`: a script in Base64.
        if self.source.has(at, b"-e") {
            let end = self.source.past(at + 1, |byte| byte.is_ascii_alphabetic());
            let name = self.source.slice(at + 1..end);
            let encoded = b"encodedcommand"
                .get(..name.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(name))
                || name.eq_ignore_ascii_case(b"ec");
            let body = self.source.past(end, |byte| matches!(byte, b' ' | b'"' | b'\''));
            let past = self.source.past(body, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
            });
            let letters = self.source.slice(body..past.min(body + 40));
            let mixed = letters.iter().any(u8::is_ascii_uppercase) && letters.iter().any(u8::is_ascii_lowercase);
            if encoded && body > end && letters.len() >= 16 && mixed && self.mentions_powershell(at) {
                self.add(Evidence::Fetched, at..body + 16, 85);
            }
        } else if self.source.has(at, b"-w hidden") || self.source.has(at, b"-windowstyle hidden") {
            self.add(Evidence::Evasion, at..at + 9, 52);
        } else if self.source.has(at, b"-nop ") && self.mentions_powershell(at) {
            self.add(Evidence::Code, at..at + 4, 35);
        }
        at + 1
    }

    fn mentions_powershell(&self, at: usize) -> bool {
        proxied::find(self.source.slice(at.saturating_sub(80)..at)).has(proxied::POWERSHELL)
    }

    /// Programs of the system that fetch and run what they are told to.
    pub(super) fn proxy(&mut self, at: usize, reading: Reading) {
        if reading.known.command != Command::Proxy {
            return;
        }
        let held = proxied::find(self.source.slice(reading.end..reading.end + 120));
        let weight = if held.has(proxied::SCRIPT) {
            85
        } else if held.has(proxied::RUNS) {
            70
        } else if held.has(proxied::ADDRESS) {
            let ordinary = self.source.has(at, b"invoke-") || self.source.has(at, b"iwr");
            if ordinary && !self.pair { 20 } else { 65 }
        } else {
            0
        };
        self.add(Evidence::Fetched, at..reading.end, weight);
    }

    /// A loop or a condition of a batch file, as all that a value is: `for /f …`, `if exist …`.
    pub(super) fn batch(&mut self, at: usize) -> bool {
        if !self.pair && self.source.len() > 200 || self.source.find(at, 200, b'\n').is_some() {
            return false;
        }
        let start = self.source.past(at, |byte| matches!(byte, b'&' | b'|' | b';' | b' '));
        let found = if self.source.has(start, b"for ") {
            self.batch_loop(self.source.past_space(start + 4))
        } else if self.source.has(start, b"if ") {
            self.batch_condition(self.source.past_space(start + 3))
        } else {
            false
        };
        if found {
            self.add(
                Evidence::Command,
                start..start + 8,
                if self.pair || start > at { 60 } else { 52 },
            );
        }
        found
    }

    fn batch_loop(&self, at: usize) -> bool {
        let option = self.source.byte(at) == b'/'
            && matches!(self.source.byte(at + 1).to_ascii_lowercase(), b'f' | b'l' | b'r' | b'd');
        let variable = self.source.byte(at) == b'%';
        option && self.source.byte(at + 2) == b' ' || variable && self.source.find(at, 40, b'(').is_some()
    }

    fn batch_condition(&self, at: usize) -> bool {
        let mut at = at;
        for word in [b"/i ".as_slice(), b"not "] {
            if self.source.has(at, word) {
                at = self.source.past_space(at + word.len());
            }
        }
        let asks = [b"exist ".as_slice(), b"defined ", b"errorlevel ", b"cmdextversion "];
        if asks.iter().any(|asked| self.source.has(at, asked)) {
            return true;
        }
        let end = self.source.past(at, |byte| byte != b' ' && byte != b'=');
        let bare = matches!(self.source.byte(at), b'"' | b'{') && self.pair;
        let variable =
            matches!(self.source.byte(at), b'%' | b'!' | b'[') || bare || self.source.has(at.saturating_sub(3), b"/i ");
        let operator = self.source.past_space(end);
        let compares = [b"==".as_slice(), b"equ ", b"neq ", b"lss ", b"leq ", b"gtr ", b"geq "];
        variable && end > at && compares.iter().any(|sign| self.source.has(operator, sign))
    }

    /// `%COMSPEC%`, and the signs with which templates begin.
    pub(super) fn sign(&mut self, at: usize) -> usize {
        if self.source.has(at, b"%comspec%") {
            self.add(Evidence::Command, at..at + 9, 65);
        } else {
            self.template_sign(at);
        }
        if self.source.byte(at) == b'%' && self.source.has(at, b"%0a") && self.lead(at) == Lead::Start {
            self.value_start(at + 3);
        }
        at + 1
    }
}
