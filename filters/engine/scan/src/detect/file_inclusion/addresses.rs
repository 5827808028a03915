//! Addresses where a file is expected: of schemes that read or run, and of other machines.

use super::{Evidence, PATH, Reader};

impl Reader<'_, '_> {
    /// `page=http://…/shell.txt?`
    pub(super) fn remote(&mut self, at: usize) {
        let end = self.source.past(at, |byte| !byte.is_ascii_whitespace() && byte != b'&');
        let address = self.source.slice(at..end.min(at + 2 * PATH));
        let cut = address.ends_with(b"?")
            || address.ends_with(b"%00")
            || address.ends_with(b"%23")
            || address.ends_with(b"#");
        let runs = [b".txt".as_slice(), b".php", b".jsp", b".asp"]
            .iter()
            .any(|name| address.windows(4).any(|four| four == *name));
        let weight = match (self.file, cut, runs) {
            (true, true, true) => 70,
            (true, true, false) | (true, false, true) | (false, true, true) => 54,
            _ => 0,
        };
        self.add(Evidence::Remote, at..end, weight);
    }

    /// `php://`, `file:///`, and others that a file's name should not begin with.
    pub(super) fn scheme(&mut self, at: usize) -> usize {
        let head = self.source.slice(at.saturating_sub(16)..at);
        let length = head
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.')
            .count();
        let start = at - length;
        let first = self.source.past(self.value, |byte| matches!(byte, b' ' | b'\'' | b'"')) == start;
        let name = self.source.slice(start..at);
        let slashes = self.source.has(at, b"://");
        let is = |names: &[&[u8]]| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
        let weight = if is(&[b"php"]) && slashes {
            let after = at + 3;
            if self.source.has(after, b"filter") || self.source.has(after, b"input") || self.source.has(after, b"fd") {
                if first || self.is_embedded(start) { 88 } else { 60 }
            } else {
                40
            }
        } else if is(&[
            b"expect",
            b"phar",
            b"compress.zlib",
            b"compress.bzip2",
            b"netdoc",
            b"ogg",
        ]) && (slashes || is(&[b"netdoc"]))
        {
            if first { 85 } else { 50 }
        } else if is(&[b"gopher", b"dict", b"zip", b"rar", b"glob", b"tftp"]) && slashes {
            if first { 70 } else { 25 }
        } else if is(&[b"jar"]) && (self.source.has(at + 1, b"http") || self.source.has(at + 1, b"file")) {
            if first { 75 } else { 30 }
        } else if is(&[b"data"])
            && (self.source.has(at, b"://text/plain")
                || self.source.has(at, b":text/plain,<?")
                || self.source.has(at, b"://application"))
        {
            if first { 80 } else { 45 }
        } else if is(&[b"file"]) && slashes {
            if first { 54 } else { 10 }
        } else if is(&[b"http", b"https"])
            && slashes
            && (self.source.has(at + 3, b"169.254.169.254")
                || self.source.has(at + 3, b"metadata.google.internal")
                || self.source.has(at + 3, b"[fd00:ec2::254]"))
        {
            if first { 75 } else { 45 }
        } else {
            if first && slashes && is(&[b"http", b"https", b"ftp"]) && self.values.line {
                self.remote(start);
            }
            0
        };
        self.add(Evidence::Scheme, start..at + 3, weight);
        at + 1
    }

    /// Whether a place stands in an address or a form, as a value in it.
    fn is_embedded(&self, at: usize) -> bool {
        self.source.before(at) == b'='
    }
}
