//! What commands are given: shells, connections, code, files that an attacker is after.

use super::commands::{Command, Reading};
use super::{Evidence, Lead, Reader};
use crate::detect::needles::needles;

/// Bytes of a command line that are looked at, after and before a command.
const LINE: usize = 64;

/// Bytes of code given on a command line that are looked at.
const CODE: usize = 240;

needles! {
    /// What a command is given.
    given {
        SHELL = 0: b"/bin/sh", b"/bin/bash", b"/bin/zsh", b" sh", b" bash", b"cmd.exe";
        EXECUTES = 1: b" -e ", b" -c ", b"exec:";
        SUBSTITUTES = 2: b"$(", b"`";
        UPLOADS = 3: b"@/etc";
        UPLOADS_INPUT = 4: b"@-";
        INTERACTS = 5: b" -i";
        REDIRECTS = 6: b">";
        CODE = 7: b" -c", b" -e", b" -r";
        DECODES = 8: b"base64";
        IDENTITY = 9: b" -i ";
        SECRET = 10: b"etc/passwd", b"/etc/shadow", b".ssh/id_", b".aws/cred", b"win.ini", b"/proc/self", b".bash_history", b"system32\\config",
            b"/etc/subuid", b"/etc/sudoers", b"wp-config";
    }
}

needles! {
    /// What code does that is given on a command line.
    code {
        CONNECTS = 0: b"socket", b"fsockopen", b"tcpclient", b"/dev/tcp", b"peeraddr";
        RUNS = 1: b"system", b"/bin/sh", b"/bin/bash", b"subprocess", b"exec", b"pty.spawn", b"dup2", b"cmd.exe";
        SPAWNS = 2: b"pty.spawn";
        CALLS = 3: b"system(", b"popen(", b"child_process", b"exec(", b"exec \"", b"os.execute";
    }
}

needles! {
    /// What is piped into a shell.
    piped {
        CONNECTION = 0: b"nc ", b"telnet ", b"ncat ", b"s_client";
        DECODED = 1: b"base64", b"xxd -r", b"rev", b"\\x";
        WRITTEN = 2: b"printf ", b"echo ", b"<<<";
        FETCHED = 3: b"curl", b"wget", b"iwr", b"invoke-web";
        OPEN = 4: b"http://";
        SECURE = 5: b"https://";
    }
}

impl Reader<'_, '_> {
    /// What a command is given.
    pub(super) fn after_command(&mut self, at: usize, start: usize, reading: Reading, lead: Lead) {
        // A text of nothing but commands must not cost more than others; it has been found long before.
        if self.examined > 8 * at + 4096 {
            return;
        }
        self.examined += LINE;
        let window = self.source.slice(reading.end..reading.end + LINE);
        let line = window.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let held = given::find(line);
        let known = reading.known.command;
        let shell = self.source.slice(start..reading.end).ends_with(b"sh");
        let weight = match known {
            Command::Network if held.has(given::EXECUTES) && held.has(given::SHELL) => 85,
            Command::Network if held.has(given::SUBSTITUTES) && held.has(given::SECRET) => 60,
            Command::Network if held.has(given::SUBSTITUTES) && lead == Lead::Shell => 15,
            Command::Network if held.has(given::SUBSTITUTES) => 50,
            Command::Network if held.has(given::UPLOADS) => 60,
            Command::Network if held.has(given::UPLOADS_INPUT) && lead != Lead::Shell => 60,
            Command::Run if shell && held.has(given::INTERACTS) && held.has(given::REDIRECTS) => 80,
            _ => 0,
        };
        self.add(Evidence::Reverse, at..reading.end, weight);
        if known == Command::Run && held.has(given::CODE) {
            self.one_liner(at, reading, lead);
        }
        if known == Command::Run && held.has(given::SUBSTITUTES) && held.has(given::DECODES) {
            self.add(Evidence::Fetched, at..reading.end, 65);
        }
        let identifies = known == Command::Network && held.has(given::IDENTITY);
        if matches!(known, Command::Read | Command::Probe | Command::Network) && held.has(given::SECRET) && !identifies
        {
            let weight = match lead {
                Lead::Start | Lead::Data => 60,
                Lead::Prose => 50,
                Lead::Shell if self.dense && self.line == self.value => 52,
                Lead::Shell => 25,
            };
            self.add(Evidence::Target, reading.end..reading.end + 24, weight);
        }
        if known == Command::Change && self.source.has(start, b"rm") && removes_all(line) {
            let weight = if lead == Lead::Shell { 30 } else { 60 };
            self.add(Evidence::Target, reading.end..reading.end + 6, weight);
        }
    }

    /// Code given to an interpreter on the command line.
    fn one_liner(&mut self, at: usize, reading: Reading, lead: Lead) {
        let held = code::find(self.source.slice(reading.end..reading.end + CODE));
        if held.has(code::CONNECTS) && held.has(code::RUNS) {
            self.add(Evidence::Reverse, at..reading.end, 88);
        } else if held.has(code::SPAWNS) {
            self.add(Evidence::Reverse, at..reading.end, 80);
        } else if held.has(code::CALLS) {
            let weight = if lead == Lead::Shell && !self.dense { 20 } else { 58 };
            self.add(Evidence::Code, at..reading.end, weight);
        }
    }

    /// Something piped into a shell.
    pub(super) fn piped(&mut self, at: usize, reading: Reading) {
        let name = self.source.slice(reading.end.saturating_sub(3)..reading.end);
        let shell = name
            .get(name.len().saturating_sub(2)..)
            .is_some_and(|end| end.eq_ignore_ascii_case(b"sh"))
            || name.eq_ignore_ascii_case(b"iex");
        if reading.known.command != Command::Run || !shell {
            return;
        }
        let held = piped::find(self.source.slice(at.saturating_sub(2 * LINE).max(self.line)..at));
        let weight = if held.has(piped::CONNECTION) {
            80
        } else if held.has(piped::DECODED) {
            75
        } else if held.has(piped::WRITTEN) {
            52
        } else if held.has(piped::FETCHED) {
            if held.has(piped::OPEN) || !held.has(piped::SECURE) {
                52
            } else {
                30
            }
        } else {
            20
        };
        self.add(Evidence::Fetched, at..reading.end, weight);
    }
}

/// Whether a command removes all there is: `-rf /`, `-rf /*`, `-rf ~`.
fn removes_all(line: &[u8]) -> bool {
    let options = [b" -rf ".as_slice(), b" -fr "];
    let Some(target) = options.iter().find_map(|option| line.strip_prefix(*option)) else {
        return false;
    };
    matches!(
        target,
        [b'/' | b'~'] | [b'/' | b'~', b' ' | b'*' | b';' | b'&' | b'"' | b'\'' | b'|', ..]
    ) || target.starts_with(b"/home ")
}
