//! Places of a text that are to read otherwise, and the stretches around them.

use std::ops::Range;

use super::map::Draft;
use crate::undone::Undone;

/// Bytes on either side of what is replaced that are shown with it.
const CONTEXT: usize = 128;

/// Replacements in a text, in its order and apart.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    edits: Vec<Edit>,
    /// What the edits put in place, one after the other.
    replacements: String,
}

#[derive(Clone, Debug)]
struct Edit {
    range: Range<usize>,
    /// Where in `replacements` this one ends.
    end: usize,
    undone: Undone,
}

impl Edits {
    pub(crate) fn clear(&mut self) {
        self.edits.clear();
        self.replacements.clear();
    }

    /// Where the last edit ends, so that the next one may begin.
    pub(crate) fn end(&self) -> usize {
        self.edits.last().map_or(0, |edit| edit.range.end)
    }

    /// Replaces a range that lies after those replaced before.
    pub(crate) fn replace(&mut self, range: Range<usize>, with: &str, undone: Undone) {
        self.replacements.push_str(with);
        let end = self.replacements.len();
        self.edits.push(Edit { range, end, undone });
    }

    /// The number of edits, to which [`Self::undo`] goes back.
    pub(crate) fn mark(&self) -> usize {
        self.edits.len()
    }

    /// Takes back the edits made since there were `mark`.
    pub(crate) fn undo(&mut self, mark: usize) {
        self.edits.truncate(mark);
        self.replacements.truncate(self.edits.last().map_or(0, |edit| edit.end));
    }

    /// Writes each stretch of a text in which something is replaced, and calls `each` with it and with what was undone.
    pub(crate) fn write(&self, text: &str, draft: &mut Draft, each: &mut dyn FnMut(&Draft, Undone)) {
        let mut edits = self.edits.as_slice();
        let mut replaced = 0;
        while let Some(first) = edits.first() {
            let apart = |pair: &[Edit]| matches!(pair, [one, next] if next.range.start - one.range.end > 2 * CONTEXT);
            let count = edits.windows(2).position(apart).map_or(edits.len(), |last| last + 1);
            let (together, rest) = edits.split_at_checked(count).unwrap_or((edits, &[]));
            draft.clear();
            let mut undone = Undone::NOTHING;
            let mut at = text.floor_char_boundary(first.range.start.saturating_sub(CONTEXT));
            for edit in together {
                draft.copy(text.get(at..edit.range.start).unwrap_or_default(), at);
                draft.put(
                    self.replacements.get(replaced..edit.end).unwrap_or_default(),
                    edit.range.clone(),
                );
                (at, replaced) = (edit.range.end, edit.end);
                undone = undone.join(edit.undone);
            }
            let end = text.ceil_char_boundary((at + CONTEXT).min(text.len()));
            draft.copy(text.get(at..end).unwrap_or_default(), at);
            each(draft, undone);
            edits = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::undone::Step;

    #[test]
    fn edits_near_each_other_are_written_together() {
        let far = "-".repeat(3 * CONTEXT);
        let text = ["aXbYYc", &far, "dZe"].concat();
        let mut edits = Edits::default();
        edits.replace(1..2, "", Step::Spacing.into());
        edits.replace(3..5, "yes", Step::Leetspeak.into());
        let mark = edits.mark();
        edits.replace(5..6, "wrong", Step::Spacing.into());
        edits.undo(mark);
        let z = text.find('Z').unwrap();
        edits.replace(z..z + 1, "z", Step::Base64.into());

        let mut seen = Vec::new();
        let mut draft = Draft::default();
        edits.write(&text, &mut draft, &mut |draft, undone| {
            let whole = draft.map(None).raw(0..draft.text().len());
            seen.push((draft.text().trim_matches('-').to_owned(), undone.to_string(), whole));
        });
        assert_eq!(
            seen,
            [
                ("abyesc".to_owned(), "spacing > leetspeak".to_owned(), 0..5 + CONTEXT),
                ("dze".to_owned(), "base64".to_owned(), z - CONTEXT..z + 2),
            ]
        );
    }
}
