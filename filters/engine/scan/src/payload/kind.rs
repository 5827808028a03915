//! The numbers of tokens. Signs are their byte, with how often it is repeated in the bits above.

/// A value begins.
pub(super) const START: u32 = 0x1_0000;
/// A value ends.
pub(super) const END: u32 = 0x2_0000;
pub(super) const LINE: u32 = 0x3_0000;
pub(super) const NUMBER: u32 = 0x4_0000;
pub(super) const HEXADECIMAL: u32 = 0x5_0000;
/// With the shape of the word.
pub(super) const WORD: u32 = 0x6_0000;
/// With what it may mean.
pub(super) const KNOWN: u32 = 0x7_0000;
/// With the byte and what it does.
pub(super) const QUOTE: u32 = 0x8_0000;
/// What stands on both sides of a comparison.
pub(super) const SAME: u32 = 0x9_0000;
/// With how often it climbs.
pub(super) const CLIMB: u32 = 0xA_0000;
/// `on` and more, before `=`.
pub(super) const HANDLER: u32 = 0xB_0000;
/// Two signs that belong together.
pub(super) const PAIR: u32 = 0xC_0000;

/// What a quote does.
pub(super) mod quote {
    pub(crate) const OPENS: u32 = 1;
    pub(crate) const CLOSES: u32 = 2;
    /// It closes what the value has not opened.
    pub(crate) const BREAKS: u32 = 3;
    /// The same, with nothing before it.
    pub(crate) const BEGINS: u32 = 4;
    pub(crate) const APOSTROPHE: u32 = 5;
    pub(crate) const DOUBLED: u32 = 6;
}

/// Signs that belong together.
pub(super) const PAIRS: [[u8; 2]; 16] = [
    *b"/*", *b"*/", *b"<!", *b"</", *b"/>", *b"${", *b"$(", *b"=>", *b"<=", *b">=", *b"!=", *b"<>", *b"->", *b"\\x",
    *b"\\u", *b"<?",
];
