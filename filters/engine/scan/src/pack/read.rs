//! Reads postcard by hand: what serde generates for the same takes 8 KB more of a filter.

use super::{
    Contents, Gate, Meaning, PackedClaim, PackedDetector, PackedDfa, PackedLiteral, PackedRegex, PackedRule,
    PackedTables, PackedTrie,
};

/// What is left of some bytes.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// What can be read from the front of bytes; nothing if they make no sense.
pub(super) trait Read<'a>: Sized {
    fn read(from: &mut Reader<'a>) -> Option<Self>;
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// A number in groups of seven bits, the lowest first.
    #[inline(never)]
    fn number(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for group in 0..5 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).checked_shl(7 * group)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn short(&mut self) -> Option<u16> {
        u16::try_from(self.number()?).ok()
    }

    #[inline(never)]
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let (bytes, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(bytes)
    }

    #[inline(never)]
    fn text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.bytes()?).ok()
    }

    fn starts<const COUNT: usize>(&mut self) -> Option<[u16; COUNT]> {
        let mut starts = [0; COUNT];
        for start in &mut starts {
            *start = self.short()?;
        }
        Some(starts)
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        let count = from.number()? as usize;
        let mut list = Self::with_capacity(count.min(1024));
        for _ in 0..count {
            list.push(T::read(from)?);
        }
        Some(list)
    }
}

impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        match from.byte()? {
            0 => Some(None),
            1 => Some(Some(T::read(from)?)),
            _ => None,
        }
    }
}

impl<'a> Read<'a> for u32 {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.number()
    }
}

impl<'a> Read<'a> for &'a [u8] {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.bytes()
    }
}

impl<'a> Read<'a> for &'a str {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.text()
    }
}

impl<'a> Read<'a> for Contents<'a> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            rules: Vec::read(from)?,
            literals: Vec::read(from)?,
            trie: PackedTrie {
                classes: from.bytes()?,
                nodes: from.bytes()?,
                ends: from.bytes()?,
            },
            regexes: Vec::read(from)?,
            words: Vec::read(from)?,
            detectors: Vec::read(from)?,
            attacks: from.bytes()?,
            allowed: Vec::read(from)?,
            undoing: PackedTables {
                telling: from.bytes()?,
                common: from.bytes()?,
                characters: from.bytes()?,
            },
        })
    }
}

impl<'a> Read<'a> for PackedRule<'a> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            id: from.text()?,
            category: from.byte()?,
            action: from.byte()?,
            owasp: Vec::read(from)?,
            placeholder: from.text()?,
            score: from.byte()?,
        })
    }
}

impl<'a> Read<'a> for PackedLiteral<'a> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        let bytes = from.bytes()?;
        let (meaning, number) = (from.number()?, from.number()?);
        let meaning = match meaning {
            0 => Meaning::Phrase { rule: number },
            1 => Meaning::Hint { regex: number },
            2 => Meaning::Trigger { detector: number },
            _ => return None,
        };
        Some(Self { bytes, meaning })
    }
}

impl<'a> Read<'a> for PackedDetector<'a> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            name: from.text()?,
            rules: Vec::read(from)?,
            model: from.bytes()?,
        })
    }
}

impl<'a> Read<'a> for PackedRegex<'a> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            claims: Vec::read(from)?,
            gate: Gate::read(from)?,
            longest: Option::read(from)?,
            beginnings: from.bytes()?,
            forward: PackedDfa::read(from)?,
            reverse: Option::read(from)?,
        })
    }
}

impl<'a> Read<'a> for Gate {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(match from.number()? {
            0 => Self::Prefix,
            1 => Self::Literal {
                lead: Option::read(from)?,
            },
            2 => Self::Near { lead: from.number()? },
            3 => Self::Digits {
                minimum: from.byte()?,
                lead: Option::read(from)?,
            },
            4 => Self::Always,
            _ => return None,
        })
    }
}

impl<'a> Read<'a> for PackedClaim<'a> {
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            rule: from.number()?,
            function: from.byte()?,
            number: from.bytes()?,
            context: Option::read(from)?,
            unless: Option::read(from)?,
        })
    }
}

impl<'a> Read<'a> for PackedDfa<&'a [u8]> {
    #[inline(never)]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            classes: from.bytes()?,
            stride: from.short()?,
            states: from.short()?,
            matching: from.short()?,
            anchored: from.starts()?,
            unanchored: match from.byte()? {
                0 => None,
                1 => Some(from.starts()?),
                _ => return None,
            },
            rows: from.bytes()?,
        })
    }
}
