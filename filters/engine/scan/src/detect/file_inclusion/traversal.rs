//! Climbing up: `../`, and the many ways to spell it.

use super::places::place;
use super::{Evidence, PATH, Reader};
use crate::detect::source::{Source, is_word};

/// Bytes a sign takes, and whether it is spelt otherwise than usual.
#[derive(Clone, Copy, Debug)]
struct Sign {
    length: usize,
    odd: bool,
}

/// A dot, spelt in any way.
fn dot(source: Source<'_>, at: usize) -> Option<Sign> {
    spelt(
        source,
        at,
        b'.',
        &[
            b"%2e",
            b"%252e",
            b"%c0%ae",
            b"%c0%2e",
            b"%uff0e",
            b"%u002e",
            b"0x2e",
            "．".as_bytes(),
        ],
    )
}

/// A slash of either kind, spelt in any way.
fn slash(source: Source<'_>, at: usize) -> Option<Sign> {
    let spellings: &[&[u8]] = &[
        b"%2f",
        b"%5c",
        b"%252f",
        b"%255c",
        b"%c0%af",
        b"%c1%9c",
        b"%c0%2f",
        b"%u2215",
        b"%u2216",
        b"%uff0f",
        b"0x2f",
        b"0x5c",
        "／".as_bytes(),
    ];
    spelt(source, at, b'/', spellings).or_else(|| spelt(source, at, b'\\', &[]))
}

fn spelt(source: Source<'_>, at: usize, plain: u8, spellings: &[&[u8]]) -> Option<Sign> {
    if source.byte(at) == plain {
        return Some(Sign { length: 1, odd: false });
    }
    let coded = match source.byte(at) {
        b'%' => matches!(source.byte(at + 1), b'2' | b'5' | b'c' | b'C' | b'u' | b'U'),
        b'0' => source.byte(at + 1) == b'x',
        other => other == 0xef,
    };
    if !coded {
        return None;
    }
    let spelling = spellings.iter().find(|spelling| source.has(at, spelling))?;
    Some(Sign {
        length: spelling.len(),
        odd: true,
    })
}

/// Steps up, one after the other.
#[derive(Clone, Copy, Debug)]
struct Climb {
    steps: usize,
    /// Whether any is spelt otherwise than `../` or `..\`.
    odd: bool,
    end: usize,
}

/// Reads steps up from a place.
fn climb(source: Source<'_>, start: usize) -> Climb {
    let mut climb = Climb {
        steps: 0,
        odd: false,
        end: start,
    };
    while climb.steps < 32 {
        let mut at = climb.end;
        let (mut dots, mut odd) = (0, false);
        while let Some(sign) = dot(source, at) {
            dots += 1;
            odd |= sign.odd;
            at += sign.length;
            if dots == 4 {
                break;
            }
        }
        if dots == 0 {
            break;
        }
        if source.byte(at) == b';' && dots == 2 {
            odd = true;
            at += 1;
        }
        let mut slashes = 0;
        while let Some(sign) = slash(source, at) {
            slashes += 1;
            odd |= sign.odd;
            at += sign.length;
            if slashes == 4 {
                break;
            }
        }
        if slashes == 0 {
            // `..` as the last part, after a step.
            break;
        }
        // `.\\` is how JSON spells one backslash.
        let doubled = slashes > 1 && !(slashes == 2 && source.byte(at - 1) == b'\\' && source.byte(at - 2) == b'\\');
        climb.end = at;
        if dots >= 2 {
            climb.steps += 1;
            climb.odd |= odd || doubled || dots > 2;
        }
    }
    climb
}

impl Reader<'_, '_> {
    /// A dot: perhaps the first of a climb.
    pub(super) fn climb(&mut self, at: usize) -> usize {
        let climb = climb(self.source, at);
        if climb.steps == 0 {
            return at + 1;
        }
        let start = self.path_start(at);
        let end = self
            .source
            .past(climb.end, |byte| {
                is_word(byte) || matches!(byte, b'/' | b'.' | b'-' | b'\\' | b'_' | b'%' | b'~')
            })
            .min(climb.end + PATH);
        let target = target(self.source.slice(climb.end..end));
        let whole = self.is_whole(start, end);
        let first = self
            .source
            .past(self.value, |byte| matches!(byte, b' ' | b'\'' | b'"' | b'/'))
            == start.max(self.value)
            || start == self.value;
        let cut = self
            .source
            .slice(climb.end..end)
            .windows(3)
            .any(|three| three == b"%00")
            || self.source.has(end, b"\\0");
        let bare = end <= climb.end + 1;
        let weight = match (climb.steps, climb.odd) {
            (_, _) if target >= 30 && (climb.steps > 1 || climb.odd) => 90,
            (_, _) if target >= 20 && climb.steps == 1 && (whole || self.file) => 62,
            (_, _) if cut => 80,
            (2.., true) => 82,
            (_, true) if whole || first => 58,
            (_, true) => 30,
            (5.., false) if whole || first => 60,
            (3..=4, false) if self.file => 60,
            (3..=4, false) if bare && whole => 52,
            (5.., false) => 20,
            (1..=2, false) if self.file => 40,
            _ => 5,
        };
        self.add(Evidence::Traversal, at..end, weight);
        climb.end
    }

    /// A percent sign: a dot or a slash in disguise, or the end of a path that goes on.
    pub(super) fn percent(&mut self, at: usize) -> usize {
        if self.source.has(at, b"%00") && (self.source.before(at).is_ascii_alphanumeric()) {
            let start = self.path_start(at);
            let path = self
                .source
                .slice(start..at)
                .iter()
                .any(|byte| matches!(byte, b'/' | b'\\'));
            let extension = self.source.byte(at + 3) == b'.';
            let weight = match (path, extension || self.values.ends_at(at + 3)) {
                (true, true) => 58,
                (false, true) => 30,
                _ => 0,
            };
            self.add(Evidence::Evasion, start..at + 3, weight);
            return at + 3;
        }
        if dot(self.source, at).is_some() {
            return self.climb(at);
        }
        let spelling = slash(self.source, at).map_or(1, |sign| sign.length);
        at + spelling
    }
}

/// How telling the file at the end of a climb is.
fn target(path: &[u8]) -> u8 {
    let mut folder = b"".as_slice();
    let mut most = 0;
    let folders = [
        b"etc".as_slice(),
        b"windows",
        b"winnt",
        b"proc",
        b"root",
        b"var",
        b"usr",
        b"system32",
        b"boot",
        b"inetpub",
        b"home",
        b"sys",
    ];
    for part in path.split(|byte| matches!(byte, b'/' | b'\\' | b'%')) {
        if part.is_empty() || part == b"." {
            continue;
        }
        // What is left of an escape that was cut.
        let part = part
            .strip_prefix(b"2f")
            .or_else(|| part.strip_prefix(b"5c"))
            .or_else(|| part.strip_prefix(b"2F"))
            .unwrap_or(part);
        if folder.is_empty() && folders.iter().any(|name| part.eq_ignore_ascii_case(name)) {
            most = most.max(30);
        }
        most = most.max(place(part, folder).unwrap_or(0));
        folder = part;
    }
    most
}
