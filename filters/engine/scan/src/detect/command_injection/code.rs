//! Calls of programming languages that run commands or code.

use super::template::is_command_text;
use super::{Evidence, Lead, Reader};
use crate::detect::lexicon::Lexicon;
use crate::detect::needles::needles;
use crate::detect::source::is_word;

/// What a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runs {
    /// A command, as its name says in a few languages.
    Command,
    /// A command, and hardly anybody calls it so but for that.
    Telling,
    /// Code.
    Code,
    /// Another function, by its name.
    Function,
    /// A module, by its name.
    Module,
    /// Shows all there is to know of PHP.
    Info,
    /// Turns a text into code, or code into a text.
    Decode,
    /// Waits.
    Wait,
}

static RUNS: Lexicon<Runs> = Lexicon::new(&[
    ("assert", Runs::Code),
    ("array_map", Runs::Function),
    ("array_filter", Runs::Function),
    ("base64_decode", Runs::Decode),
    ("call_user_func", Runs::Function),
    ("call_user_func_array", Runs::Function),
    ("check_output", Runs::Command),
    ("create_function", Runs::Function),
    ("constructor", Runs::Code),
    ("downloadstring", Runs::Telling),
    ("downloadfile", Runs::Telling),
    ("downloaddata", Runs::Telling),
    ("exec", Runs::Command),
    ("execsync", Runs::Command),
    ("execute", Runs::Command),
    ("eval", Runs::Code),
    ("fsockopen", Runs::Telling),
    ("frombase64string", Runs::Decode),
    ("forname", Runs::Module),
    ("gzinflate", Runs::Decode),
    ("getruntime", Runs::Telling),
    ("iex", Runs::Code),
    ("invoke-expression", Runs::Code),
    ("os", Runs::Module),
    ("passthru", Runs::Telling),
    ("pcntl_exec", Runs::Telling),
    ("phpinfo", Runs::Info),
    ("popen", Runs::Command),
    ("preg_replace", Runs::Function),
    ("proc_open", Runs::Telling),
    ("processbuilder", Runs::Command),
    ("require", Runs::Module),
    ("shell_exec", Runs::Telling),
    ("sleep", Runs::Wait),
    ("spawn", Runs::Command),
    ("spawnsync", Runs::Command),
    ("str_rot13", Runs::Decode),
    ("system", Runs::Command),
    ("tcpclient", Runs::Telling),
    ("usleep", Runs::Wait),
]);

needles! {
    /// What a call is given, or stands beside.
    run {
        ADDRESS = 0: b"http";
        DECODES = 1: b"base64_decode", b"gzinflate", b"str_rot13", b"frombase64";
        FETCHES = 2: b"new-object", b"iwr", b"invoke-web", b"downloadstring";
        MACHINE = 3: b"compile(", b"__import__", b"import os", b"return process", b"os.system";
        RUNNER = 4: b"system", b"assert", b"exec", b"passthru", b"phpinfo";
        EVALUATES = 5: b"/e'", b"/e\"";
        RUNTIME = 6: b"java.lang.runtime";
        PROCESS = 7: b"child_process";
        OBJECT = 8: b"new-object";
        IMPORTED = 9: b"import os;", b"__import__", b"awk ";
    }
}

impl Reader<'_, '_> {
    /// A call, a definition of a shell, or the type operator of an expression language.
    pub(super) fn call(&mut self, at: usize) -> usize {
        if self.source.byte(at + 1) == b')' {
            self.definition(at);
        }
        let mut end = at;
        while end > 0 && at - end < 2 && self.source.before(end) == b' ' {
            end -= 1;
        }
        let window = self.source.slice(end.saturating_sub(24)..end);
        let length = window
            .iter()
            .rev()
            .take_while(|byte| is_word(**byte) || **byte == b'-')
            .count();
        let start = end - length;
        let name = self.source.slice(start..end);
        if name.eq_ignore_ascii_case(b"t") && self.source.has(at, b"(java.lang") {
            self.add(Evidence::Template, start..at + 10, 90);
        }
        let quoted = self.source.past(at + 1, |byte| matches!(byte, b'\'' | b'"'));
        if self.source.has(quoted, b"java.lang.runtime") || self.source.has(quoted, b"java.lang.processb") {
            self.add(Evidence::Template, start..quoted, 80);
        }
        if let Some(runs) = RUNS.get(name) {
            self.run(start, at, runs);
        }
        at + 1
    }

    fn run(&mut self, start: usize, at: usize, runs: Runs) {
        let argument = self.source.past(at + 1, |byte| {
            matches!(byte, b' ' | b'\'' | b'"' | b'`' | b'@' | b'\\' | b'(')
        });
        let quoted = argument > at + 1 && self.source.byte(at + 1) != b' ';
        let window = self.source.slice(argument..argument + 48);
        let given = [
            b"$_get".as_slice(),
            b"$_post",
            b"$_request",
            b"$_cookie",
            b"$_server",
            b"request.getparameter",
            b"request.args",
            b"params[",
        ]
        .iter()
        .any(|given| self.source.has(argument, given));
        let close = self.source.find(at, 120, b')').map_or(at + 1, |close| close + 1);
        let owner = self.owner_start(start);
        let first = self.source.past(self.value, |byte| {
            matches!(
                byte,
                b' ' | b';' | b'\'' | b'"' | b'@' | b'.' | b'(' | b'{' | b'$' | b'<' | b'?' | b'=' | b'\n'
            )
        });
        let alone = self.dense && first + 4 >= owner;
        let broken = self.breaks_code(owner);
        let held = run::find(window);
        let command = quoted && is_command_text(window);
        let weight = match runs {
            _ if given => 88,
            Runs::Command if broken => 80,
            Runs::Command if command && alone => 66,
            Runs::Command if alone && quoted => 56,
            Runs::Command if command && self.near_import(start) => 52,
            Runs::Command if command => 22,
            Runs::Command => 4,
            Runs::Telling if broken => 82,
            Runs::Telling if alone => 66,
            Runs::Telling if self.source.has(start, b"downloads") || self.source.has(start, b"downloadf") => {
                if held.has(run::ADDRESS) { 60 } else { 25 }
            }
            Runs::Telling if self.source.has(start, b"tcpclient") => {
                let made = run::find(self.source.slice(start.saturating_sub(32)..start));
                if made.has(run::OBJECT) { 65 } else { 30 }
            }
            Runs::Telling if self.source.has(start, b"getruntime") && self.source.has(close, b".exec(") => 40,
            Runs::Telling => 25,
            Runs::Code if held.has(run::DECODES | run::FETCHES) => 82,
            Runs::Code if held.has(run::MACHINE) => 75,
            Runs::Code if alone && command => 56,
            Runs::Code if broken && !self.source.has(start, b"constructor") => 60,
            Runs::Code => 4,
            Runs::Function if held.has(run::RUNNER) => 78,
            Runs::Function if self.source.has(start, b"preg_replace") && held.has(run::EVALUATES) => 72,
            Runs::Function if self.source.has(start, b"create_f") => 40,
            Runs::Function => 0,
            Runs::Module if held.has(run::RUNTIME) => 85,
            Runs::Module if held.has(run::PROCESS) && self.source.has(start.saturating_sub(11), b"mainmodule.") => 82,
            Runs::Module if held.has(run::PROCESS) && self.source.slice(close..close + 8).contains(&b'.') => {
                if alone {
                    78
                } else {
                    45
                }
            }
            Runs::Module if held.has(run::PROCESS) => 15,
            Runs::Module => 0,
            Runs::Info if broken || self.source.before(start) == b'@' => 80,
            Runs::Info if self.dense => 60,
            Runs::Info => 15,
            Runs::Decode => {
                if self.source.byte(close) == b'(' {
                    60
                } else {
                    5
                }
            }
            Runs::Wait if broken && self.source.byte(at + 1).is_ascii_digit() => 70,
            Runs::Wait => 0,
        };
        self.add(Evidence::Code, owner..close, weight);
    }

    /// Where `os` begins before `.system(`.
    fn owner_start(&self, start: usize) -> usize {
        let window = self.source.slice(start.saturating_sub(48)..start);
        let length = window
            .iter()
            .rev()
            .take_while(|byte| is_word(**byte) || matches!(byte, b'.' | b'(' | b')' | b'\\' | b':'))
            .count();
        start - length
    }

    /// Whether a place stands where a text in quotes is ended to go on with code: `'.system('id').'`, `";phpinfo();`.
    fn breaks_code(&self, at: usize) -> bool {
        let window = self.source.slice(at.saturating_sub(8).max(self.value)..at + 1);
        let mut bytes = window
            .iter()
            .rev()
            .skip_while(|byte| is_word(**byte) || matches!(byte, b' ' | b'@' | b'$' | b'{' | b'('));
        let joint = bytes
            .next()
            .is_some_and(|byte| matches!(byte, b'.' | b';' | b'+' | b'&' | b'|'));
        let quote = bytes.find(|byte| !matches!(**byte, b' ' | b')' | b';' | b'}' | b']'));
        let opens = quote.is_some_and(|byte| matches!(byte, b'\'' | b'"')) || joint && window.len() <= 3;
        joint && opens && at.saturating_sub(self.value) <= 48
    }

    /// Whether the call stands beside what imports its module on the spot.
    fn near_import(&self, start: usize) -> bool {
        run::find(self.source.slice(start.saturating_sub(40)..start)).has(run::IMPORTED)
    }

    /// `() { :;}; …`, which misleads a shell, and `:(){ :|:& };:`, which fills a machine.
    fn definition(&mut self, at: usize) {
        let open = self.source.past_space(at + 2);
        if self.source.byte(open) != b'{' {
            return;
        }
        let body = self.source.past_space(open + 1);
        let named = !matches!(self.source.before(at), b' ' | b'"' | b'\'' | b'=' | b'(' | 0 | b'\n');
        if !named {
            let empty = self.source.has(body, b":;")
                || self.source.has(body, b":; ")
                || self.source.has(body, b"ignored;")
                || self.source.has(body, b"_;");
            let first = self.lead(at) == Lead::Start;
            self.add(
                Evidence::Definition,
                at..body + 1,
                if empty {
                    90
                } else if first && self.dense {
                    30
                } else {
                    0
                },
            );
            return;
        }
        // A function that calls itself twice, side by side.
        let window = self.source.slice(at.saturating_sub(16)..at);
        let length = window
            .iter()
            .rev()
            .take_while(|byte| !matches!(**byte, b' ' | b';' | b'=' | b'\n' | b'"'))
            .count();
        let name = self.source.slice(at - length..at);
        let again = self.source.past_space(body + name.len());
        if !name.is_empty()
            && self.source.has(body, name)
            && matches!(self.source.byte(again), b'|' | b'&')
            && self.source.has(self.source.past_space(again + 1), name)
        {
            self.add(Evidence::Definition, at - length..again + 1, 82);
        }
    }
}
