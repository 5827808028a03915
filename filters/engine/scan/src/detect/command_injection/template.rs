//! Expressions of template engines and loggers that reach for more than data.

use super::commands::{Command, read};
use super::shell::is_odd_command;
use super::{Evidence, Lead, Reader};
use crate::detect::needles::needles;
use crate::detect::source::is_word;

needles! {
    /// What a logger looks up.
    lookup {
        CASE = 0: b"lower:", b"upper:";
        DEFAULT = 1: b":-";
        SURROUNDINGS = 2: b"env:", b"sys:", b"java:", b"ctx:", b"date:";
    }
}

needles! {
    /// What an expression of a template holds.
    expression {
        DEEP = 0: b"__globals__", b"__subclasses__", b"__builtins__", b"__import__", b"getruntime", b"processbuilder", b"java.lang",
            b"process.mainmodule", b"_self.env";
        REACHES = 1: b"__class__", b"getfilter(", b"phpinfo", b"@print(", b"@system(", b"passthru", b"classloader", b"class.get", b".getclass()",
            b"attr('application')", b"x5f\\x5f", b"process.start(", b"?new()", b"child_process";
        CALLS = 2: b"popen(", b"sleep(", b"/etc/passwd", b"system(";
        APPLIES = 3: b"filter(", b"map(", b"sort(", b"reduce(";
        RUNNER = 4: b"'system'", b"\"system\"", b"'exec'", b"\"exec\"";
        OWN = 5: b"config", b"self", b"request", b"settings", b"app.", b"dump(", b"session", b"url_for", b"get_flashed", b"lipsum", b"cycler";
    }
}

needles! {
    /// What a tag holds that a server runs.
    server {
        EXECUTES = 0: b"utility.execute", b"?new()";
        RUNS = 1: b"system(", b"exec(", b"passthru(", b"eval(", b"assert(", b"popen(";
        GIVEN = 2: b"$_get", b"$_post", b"$_request", b"$_cookie", b"$_server", b"base64_decode";
        INFO = 3: b"phpinfo(";
        ASKS = 4: b"eval request", b"execute request", b"eval(request", b"exec(request";
        RUNTIME = 5: b"getruntime()";
    }
}

needles! {
    /// What objects are asked for on the way to the machine.
    object {
        OGNL = 0: b"java.", b"@ognl", b"@java", b"#_", b"#cmd", b"#context", b"#request", b"#dm=";
        RUNTIME = 1: b"forname(", b".runtime";
        SYSTEM = 2: b"system", b"popen", b"subprocess", b"sleep", b"'os'", b"\"os\"";
        FAMILY = 3: b"__mro__", b"__base", b"__subclasses__", b"__globals__";
        EVALUATES = 4: b"import", b"eval";
    }
}

/// Bytes of an expression that are looked at.
const BODY: usize = 200;

impl Reader<'_, '_> {
    /// `{{…}}`, `{%…%}`, `{cat,/etc/passwd}`, `{php}`.
    pub(super) fn brace(&mut self, at: usize) -> usize {
        match self.source.byte(at + 1) {
            b'{' => self.expression(at, at + 2, b'}'),
            b'%' => self.expression(at, at + 2, b'%'),
            b'$' if self.source.has(at, b"{$smarty.") => self.add(Evidence::Template, at..at + 9, 60),
            b'S' if self.source.has(at, b"{smarty_internal") => self.add(Evidence::Template, at..at + 16, 85),
            b'p' if self.source.has(at, b"{php}") => self.add(Evidence::Template, at..at + 5, 60),
            b'$' if self.source.byte(at + 2) == b'{' => self.expression(at, at + 3, b'}'),
            _ => self.expansion(at),
        }
        at + 1
    }

    /// `{cat,/etc/passwd}`: a command without a space.
    fn expansion(&mut self, at: usize) {
        let start = self.source.past(at + 1, |byte| byte == b',');
        let Some(reading) = read(self.source, start) else {
            return;
        };
        let next = self.source.byte(reading.end + 1);
        if self.source.byte(reading.end) != b',' || reading.known.command == Command::Tool {
            return;
        }
        let telling = matches!(next, b'/' | b'-' | b'~' | b'$' | b'?' | b'#') || next == b'}';
        let weight = match self.lead(at) {
            Lead::Start | Lead::Data if telling => 75,
            Lead::Start if self.dense && !reading.known.english => 55,
            Lead::Prose if matches!(next, b'/' | b'-') => 50,
            Lead::Start | Lead::Data | Lead::Shell | Lead::Prose => 0,
        };
        self.add(Evidence::Evasion, at..reading.end, weight);
    }

    /// `${jndi:…}`, `${7*7}`, `${IFS}`, `${T(…)}`.
    pub(super) fn dollar_brace(&mut self, at: usize) {
        let body = at + 2;
        if self.source.has(body, b"ifs") && !is_word(self.source.byte(body + 3)) {
            if let Some(close) = self.source.find(body, 12, b'}') {
                self.field_separator(at, close + 1);
            }
            return;
        }
        if at < self.lookups && !self.source.has(body, b"jndi:") {
            return self.expression(at, body, b'}');
        }
        self.lookups = body + 32;
        let held = lookup::find(self.source.slice(body..body + 64));
        let first = lookup::find(self.source.slice(body..body + 6));
        let lookup = if self.source.has(body, b"jndi:") {
            95
        } else if self.source.has(body, b"::-")
            || first.has(lookup::CASE)
            || self.source.byte(body) == b'$' && held.has(lookup::CASE | lookup::DEFAULT)
        {
            90
        } else if first.has(lookup::SURROUNDINGS) {
            if self.dense { 60 } else { 15 }
        } else {
            0
        };
        self.add(Evidence::Lookup, at..body + 4, lookup);
        // `${PATH:0:1}`: a slash without a slash.
        if self.source.has(body, b"path:0:1") || self.source.has(body, b"home:0:1") || self.source.has(body, b"pwd:0:1")
        {
            self.add(Evidence::Evasion, at..body + 9, 80);
        }
        if self.source.byte(body) == b'`' {
            self.add(Evidence::Substitution, at..body + 1, if self.dense { 75 } else { 20 });
        }
        self.expression(at, body, b'}');
    }

    /// What stands between the signs of a template.
    pub(super) fn expression(&mut self, at: usize, body: usize, close: u8) {
        if at < self.expressions {
            return;
        }
        let end = self
            .source
            .find(body, BODY, close)
            .unwrap_or((body + BODY).min(self.source.len()));
        self.expressions = end;
        let window = self.source.slice(body..end);
        let held = expression::find(window);
        let applies = held.has(expression::APPLIES) && held.has(expression::RUNNER);
        let mut weight = if held.has(expression::DEEP) || applies {
            86
        } else if held.has(expression::REACHES) || self.source.has(at, b"${{<%") {
            78
        } else if held.has(expression::CALLS) {
            60
        } else {
            0
        };
        if weight == 0 && is_sum(window) {
            weight = if self.dense && self.lead(at) != Lead::Prose {
                62
            } else {
                12
            };
        }
        if weight == 0 && self.dense && matches!(self.lead(at), Lead::Start) {
            let start = self.source.past_space(body);
            let own = expression::find(self.source.slice(start..start + 20)).has(expression::OWN);
            if own && close == b'}' && self.source.byte(at + 1) == b'{' {
                weight = 54;
            }
        }
        self.add(Evidence::Template, at..end, weight);
    }

    /// `<%= 7*7 %>`, `<?php system($_GET[0]) ?>`, `<#assign …>`.
    pub(super) fn server_tag(&mut self, at: usize) {
        if at < self.expressions {
            return;
        }
        self.expressions = at + 32;
        let held = server::find(self.source.slice(at + 2..at + BODY));
        let weight = match self.source.byte(at + 1) {
            b'#' if held.has(server::EXECUTES) => 90,
            b'#' => 0,
            b'?' if held.has(server::RUNS) && held.has(server::GIVEN) => 92,
            b'?' if self.source.has(at, b"<?=`") || self.source.has(at, b"<?= `") => 85,
            b'?' if held.has(server::RUNS | server::INFO) => {
                if self.dense {
                    70
                } else {
                    20
                }
            }
            b'?' => 0,
            _ => {
                let start = self
                    .source
                    .past(at + 2, |byte| matches!(byte, b'=' | b' ' | b'-' | b'#'));
                let Some(end) = self
                    .source
                    .find(start, 160, b'%')
                    .filter(|end| self.source.byte(end + 1) == b'>')
                else {
                    return;
                };
                let body = self.source.slice(start..end);
                let runs = [b"`".as_slice(), b"File.", b"system(", b"IO.popen"];
                if held.has(server::ASKS) {
                    92
                } else if is_sum(body) {
                    if self.dense { 62 } else { 12 }
                } else if runs.iter().any(|runs| body.starts_with(runs)) || held.has(server::RUNTIME) {
                    80
                } else {
                    0
                }
            }
        };
        self.add(Evidence::Template, at..at + 4, weight);
    }

    /// `#{7*7}`, `*{T(…)}`, `%{(#_=…)}`, `@(7*7)`, `#set($x=…)`, `@java.lang…`.
    pub(super) fn template_sign(&mut self, at: usize) {
        match (self.source.byte(at), self.source.byte(at + 1)) {
            (b'#' | b'*', b'{') => {
                self.expression(at, at + 2, b'}');
                let inner = self.source.past_space(at + 2);
                if self.source.byte(inner) == b'`'
                    || self.source.has(inner, b"io.popen")
                    || self.source.has(inner, b"%x(")
                {
                    self.add(Evidence::Template, at..inner + 1, if self.dense { 75 } else { 15 });
                }
            }
            (b'%', b'{') => {
                let held = object::find(self.source.slice(at..at + 96));
                let opens = self.source.has(at, b"%{#") || self.source.has(at, b"%{(#");
                let weight = if opens && held.has(object::OGNL) { 85 } else { 0 };
                self.add(Evidence::Template, at..at + 4, weight);
            }
            (b'#', b'_') if self.source.has(at, b"#_memberaccess") => self.add(Evidence::Template, at..at + 14, 88),
            (b'@', b'j') if self.source.has(at, b"@java.lang.") => self.add(Evidence::Template, at..at + 11, 85),
            (b'@', b'{') => self.expression(at, at + 2, b'}'),
            (b'@', b'(') => {
                let end = self.source.find(at, 40, b')').unwrap_or(at);
                if is_sum(self.source.slice(at + 2..end)) && self.dense {
                    self.add(Evidence::Template, at..end, 58);
                }
            }
            (b'#', b's') if self.source.has(at, b"#set($") => {
                let held = object::find(self.source.slice(at..at + 120));
                let weight = if held.has(object::RUNTIME) { 88 } else { 25 };
                self.add(Evidence::Template, at..at + 6, weight);
            }
            _ => {}
        }
    }

    /// `__import__('os')`, `().__class__.__bases__[0]`.
    pub(super) fn dunder(&mut self, at: usize) -> usize {
        let end = self.source.past(at, is_word);
        let name = self.source.slice(at..end);
        let held = object::find(self.source.slice(end..end + 40));
        let weight = match name {
            b"__import__" if held.has(object::SYSTEM) => 80,
            b"__import__" => 15,
            b"__class__" if held.has(object::FAMILY) => 75,
            b"__subclasses__" if self.dense => 40,
            b"__globals__" | b"__builtins__" if held.has(object::SYSTEM | object::EVALUATES) => 60,
            _ => 0,
        };
        self.add(Evidence::Template, at..end, weight);
        end
    }
}

/// Whether an expression only reckons with numbers, which shows who asks that it is reckoned at all: `7*7`, `7*'7'`.
fn is_sum(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let digits = body.iter().filter(|byte| byte.is_ascii_digit()).count();
    let operators = body.iter().filter(|byte| matches!(byte, b'*' | b'+' | b'-')).count();
    body.len() <= 24
        && digits >= 2
        && operators >= 1
        && body
            .first()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'\'' | b'"' | b'('))
        && body.iter().all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'*' | b'+' | b'-' | b'\'' | b'"' | b' ' | b'(' | b')' | b'=')
        })
}

/// Whether a text in quotes begins with a command.
pub(super) fn is_command_text(text: &[u8]) -> bool {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    is_odd_command(word) || text.starts_with(b"/bin/") || word == b"cat" || word == b"calc"
}
