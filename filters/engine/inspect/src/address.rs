//! Where in a text an address may stand that something is fetched from.
//!
//! What stands in an address leaves for wherever it points to, when the text is shown or somebody follows the link. So
//! the end of an address is taken to be as far off as any reader of Markdown or HTML may take it.

/// Whether a text is in an address, as far as it has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The last four bytes, in lower case.
    last: u32,
    /// An address began in this word.
    is_in_word: bool,
    /// The address of a Markdown link or image, up to its bracket or the end of the line.
    is_in_link: bool,
    /// A tag of HTML, up to its bracket.
    is_in_tag: bool,
    /// The quote that an attribute's value stands in; 0 outside.
    quote: u8,
    /// Whether the last character but white space is `=`.
    assigns: bool,
}

// === impl Address ===

impl Address {
    /// Whether the next character may be part of an address.
    pub(crate) const fn is_open(self) -> bool {
        self.is_in_word || self.is_in_link || self.is_in_tag
    }

    /// Reads a character; `None` is where another text begins.
    pub(crate) fn step(&mut self, character: Option<char>) {
        match character {
            // Beyond ASCII, none means anything here.
            Some(character) => self.read(u8::try_from(character).unwrap_or(0xff)),
            None => *self = Self::default(),
        }
    }

    /// Reads bytes.
    pub(crate) fn pass(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.read(byte));
    }

    fn read(&mut self, byte: u8) {
        let byte = byte.to_ascii_lowercase();
        let before = self.last;
        self.last = before << 8 | u32::from(byte);
        let previous = before.to_le_bytes()[0];
        if byte.is_ascii_alphanumeric() && previous != b'<' {
            // Most of any text. It only goes on with what it stands in.
            self.assigns = false;
            self.is_in_word |= self.is_in_link;
            return;
        }
        let is_slash = |byte| matches!(byte, b'/' | b'\\');
        if self.is_in_tag {
            if self.quote != 0 {
                if byte == self.quote {
                    self.quote = 0;
                }
            } else if byte == b'>' {
                self.is_in_tag = false;
            } else if self.assigns && matches!(byte, b'"' | b'\'') {
                self.quote = byte;
            }
        } else if previous == b'<' && (byte.is_ascii_alphabetic() || is_slash(byte) || matches!(byte, b'!' | b'?')) {
            self.is_in_tag = true;
        }
        if byte.is_ascii_whitespace() {
            self.is_in_word = false;
            self.is_in_link &= byte != b'\n';
            return;
        }
        self.assigns = byte == b'=';
        if previous == b']' && byte == b'(' {
            self.is_in_link = true;
        } else if byte == b')' && previous != b'\\' {
            self.is_in_link = false;
        }
        let is_begun = (is_slash(previous) && is_slash(byte))
            || (byte == b':' && matches!(&before.to_be_bytes(), b"http" | b"ttps"))
            || self.last == u32::from_be_bytes(*b"www.");
        self.is_in_word |= is_begun || self.is_in_link;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the end of a text may be in an address.
    fn is_open(text: &str) -> bool {
        let mut address = Address::default();
        address.pass(text);
        address.is_open()
    }

    #[test]
    fn an_address_goes_as_far_as_a_reader_may_take_it() {
        for open in [
            "see https://example.net/?q=",
            "//example.net/",
            r"HTTP:\\example.net\",
            "http:example.net?",
            r"https:\/\/example.net\/",
            "(WWW.example.net/",
            "![x](",
            "![x]( /path to ",
            "[x](a b) (c](d",
            r"[x](a\) b",
            "[x](/a)?q=",
            "[x]: //example.net/",
            "<img src=x ",
            "<img src='//example.net/ >",
            "<img\nalt = \">\" src=\"//example.net/?q=\n",
            "<a href=mailto:",
            "<https://example.net/ x",
            "</p ",
            "<!-- ",
        ] {
            assert!(is_open(open), "{open}");
        }
    }

    #[test]
    fn elsewhere_there_is_none() {
        for closed in [
            "",
            "to: ",
            r#"{"to":""#,
            "https://example.net/ is ",
            "<https://example.net/> is ",
            "[x](https://example.net/) is ",
            "[x](/a b\n",
            "[x] (y) ",
            "a < b ",
            "ana <",
            "<p title='a > b'>",
            "<p title=it's>",
            "and/or ",
            "5 : 1, http : ",
            "ww.",
            "// mail ",
            "x[1](y) ",
        ] {
            assert!(!is_open(closed), "{closed}");
        }
    }

    #[test]
    fn another_text_begins_anew() {
        let mut address = Address::default();
        address.pass("<a href='https://example.net/");
        address.step(None);
        assert_eq!(address, Address::default());
    }
}
