/// Content that is not there to be read: it has no text, or none that we can get at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Unscannable {
    /// An image that was sent along.
    Image,
    /// Sound that was sent along, or an earlier answer's that is named.
    Audio,
    /// A file that was sent along and is not text, such as a PDF.
    File,
    /// What only the provider can decrypt: reasoning, search results, summaries.
    Encrypted,
    /// Token numbers in the place of text.
    Tokens,
    /// An address from which the provider fetches an image, a file or tools.
    Remote,
    /// A file that was uploaded to the provider before.
    FileId,
    /// What the provider keeps: earlier responses, conversations, prompts, containers.
    Stored,
}

impl Unscannable {
    /// Every kind, in order of declaration.
    pub const ALL: [Self; 8] = [
        Self::Image,
        Self::Audio,
        Self::File,
        Self::Encrypted,
        Self::Tokens,
        Self::Remote,
        Self::FileId,
        Self::Stored,
    ];

    /// The name used in refusals and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::File => "file",
            Self::Encrypted => "encrypted",
            Self::Tokens => "tokens",
            Self::Remote => "remote",
            Self::FileId => "file-id",
            Self::Stored => "stored",
        }
    }
}

/// Where each kind was first met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unscanned {
    first: [Option<usize>; Unscannable::ALL.len()],
    is_any: bool,
}

impl Unscanned {
    pub(crate) const EMPTY: Self = Self {
        first: [None; Unscannable::ALL.len()],
        is_any: false,
    };

    /// Notes one at an offset of the body.
    pub(crate) fn note(&mut self, kind: Unscannable, offset: usize) {
        if let Some(first) = self.first.get_mut(kind as usize) {
            first.get_or_insert(offset);
            self.is_any = true;
        }
    }

    /// Whether any kind was met.
    pub(crate) const fn is_any(self) -> bool {
        self.is_any
    }

    /// The kinds that were met, and where each was first.
    pub(crate) fn iter(self) -> impl Iterator<Item = (Unscannable, usize)> {
        Unscannable::ALL
            .into_iter()
            .zip(self.first)
            .filter_map(|(kind, offset)| Some((kind, offset?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_noted_once_where_it_was_first() {
        let mut unscanned = Unscanned::default();
        unscanned.note(Unscannable::Stored, 7);
        unscanned.note(Unscannable::Image, 9);
        unscanned.note(Unscannable::Stored, 11);
        let found: Vec<_> = unscanned.iter().collect();
        assert_eq!(found, [(Unscannable::Image, 9), (Unscannable::Stored, 7)]);
    }

    #[test]
    fn every_kind_stands_where_it_says() {
        for (index, kind) in Unscannable::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{}", kind.as_str());
        }
    }
}
