use std::fmt;

macro_rules! steps {
    ($($(#[$meta:meta])* $step:ident => $name:literal,)+) => {
        /// One thing that was undone to see what a text says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Step { $($(#[$meta])* $step,)+ }

        impl Step {
            /// Every step, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$step,)+];

            /// The name used in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$step => $name,)+ }
            }

            /// The step of that name, if there is one. Names are case-sensitive.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|step| step.as_str() == text)
            }
        }
    };
}

steps! {
    /// Other forms of the same characters, such as full-width or mathematical letters (Unicode NFKC).
    Nfkc => "nfkc",
    /// Characters without width, and others that are not shown.
    Invisible => "invisible",
    /// Tag characters, which spell ASCII without being shown.
    Tags => "tags",
    /// Variation selectors, by themselves or carrying bytes.
    VariationSelectors => "variation-selectors",
    /// Characters that turn the direction of text around.
    Bidi => "bidi",
    /// Letters that look like others.
    Confusables => "confusables",
    /// Accents and other marks piled onto letters.
    CombiningMarks => "combining-marks",
    /// Letters turned upside down.
    UpsideDown => "upside-down",
    /// Spaces or punctuation between single letters; words with something else than spaces between them, or nothing.
    Spacing => "spacing",
    /// Many spaces or tabs between two words of a line.
    WideGaps => "wide-gaps",
    /// Digits and signs in place of letters.
    Leetspeak => "leetspeak",
    /// `&#105;` and its like.
    HtmlEntities => "html-entities",
    /// `%69` and its like.
    Percent => "percent",
    /// `\u0069`, `\x69` and their like.
    UnicodeEscapes => "unicode-escapes",
    /// Base64, of either alphabet.
    Base64 => "base64",
    /// Base32.
    Base32 => "base32",
    /// Hexadecimal digits.
    Hex => "hex",
    /// Binary digits, eight to a character.
    Binary => "binary",
    /// The numbers of characters, decimal or octal.
    CharacterCodes => "character-codes",
    /// Morse code.
    Morse => "morse",
    /// Letters moved on by thirteen places.
    Rot13 => "rot13",
    /// Letters moved on by another number of places.
    Caesar => "caesar",
    /// Letters counted from the other end of the alphabet.
    Atbash => "atbash",
    /// Text from back to front.
    Reversal => "reversal",
}

impl Step {
    /// Whether nobody does it who wants to be read. Programs write escapes, entities and joined words, and people copy
    /// spaces, ligatures and marks without width: only where much of a text is made of them is it a disguise.
    #[must_use]
    pub const fn is_telling(self) -> bool {
        !matches!(
            self,
            Self::Nfkc
                | Self::Spacing
                | Self::WideGaps
                | Self::Leetspeak
                | Self::Confusables
                | Self::Invisible
                | Self::CombiningMarks
                | Self::HtmlEntities
                | Self::Percent
                | Self::UnicodeEscapes
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The steps that had to be undone to see something, from the outermost to the innermost: the first 4 of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Undone([Option<Step>; 4]);

impl Undone {
    /// Nothing: it stands in the text as it is.
    pub const NOTHING: Self = Self([None; 4]);

    /// This chain and one step more; a step that is in it already, or a fifth one, changes nothing.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        for slot in &mut self.0 {
            match slot {
                Some(known) if *known == step => break,
                Some(_) => {}
                None => {
                    *slot = Some(step);
                    break;
                }
            }
        }
        self
    }

    /// This chain and then another.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        other.steps().fold(self, Self::then)
    }

    /// The steps, the outermost first.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.0.iter().copied().flatten()
    }

    /// Whether nothing had to be undone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, [None, ..])
    }
}

impl From<Step> for Undone {
    fn from(step: Step) -> Self {
        Self::NOTHING.then(step)
    }
}

/// The names of the steps with ` > ` between.
impl fmt::Display for Undone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps().enumerate() {
            let between = if place == 0 { "" } else { " > " };
            write!(formatter, "{between}{step}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for step in Step::ALL {
            assert_eq!(Step::parse(step.as_str()), Some(*step));
        }
        assert_eq!(Step::parse("Base64"), None);
    }

    #[test]
    fn a_chain_keeps_its_first_four_steps_each_once() {
        let chain = |steps: &[Step]| steps.iter().fold(Undone::NOTHING, |chain, step| chain.then(*step));
        for (steps, shown) in [
            (vec![], ""),
            (vec![Step::Base64], "base64"),
            (vec![Step::Base64, Step::Rot13, Step::Base64], "base64 > rot13"),
            (
                vec![Step::Percent, Step::Hex, Step::Nfkc, Step::Tags, Step::Bidi],
                "percent > hex > nfkc > tags",
            ),
        ] {
            assert_eq!(chain(&steps).to_string(), shown);
            assert_eq!(chain(&steps).is_empty(), steps.is_empty());
        }
    }
}
