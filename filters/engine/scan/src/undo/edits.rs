//! Places of a text that are to read otherwise, and the stretches around them.

use std::ops::Range;

use super::map::Draft;
use crate::undone::Undone;

/// Bytes on either side of what is replaced that are shown with it.
const CONTEXT: usize = 128;
/// Bytes put in place by one edit that are shown by themselves: what was said around an encoded passage would only make
/// it look more ordinary.
const LONG: usize = 24;

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
        let (mut replaced, mut before) = (0, 0);
        while let Some(first) = edits.first() {
            let mut count = 1;
            let alone = first.end - replaced >= LONG;
            let mut ends = (first.range.end, first.end);
            for next in edits.iter().skip(1) {
                if alone || next.range.start - ends.0 > 2 * CONTEXT || next.end - ends.1 >= LONG {
                    break;
                }
                ends = (next.range.end, next.end);
                count += 1;
            }
            let context = if alone { 0 } else { CONTEXT };
            let (together, rest) = edits.split_at_checked(count).unwrap_or((edits, &[]));
            draft.clear();
            let mut undone = Undone::NOTHING;
            // What another edit puts in place is not shown as it was.
            let start = first.range.start.saturating_sub(context).max(before);
            let mut at = text.floor_char_boundary(start);
            for edit in together {
                draft.copy(text.get(at..edit.range.start).unwrap_or_default(), at);
                draft.put(
                    self.replacements.get(replaced..edit.end).unwrap_or_default(),
                    edit.range.clone(),
                );
                (at, replaced) = (edit.range.end, edit.end);
                undone = undone.join(edit.undone);
            }
            before = at;
            let next = rest.first().map_or(text.len(), |next| next.range.start);
            let end = text.ceil_char_boundary((at + context).min(next));
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
    fn a_long_edit_is_written_by_itself() {
        let mut edits = Edits::default();
        edits.replace(2..3, "short", Step::Spacing.into());
        edits.replace(4..5, "a passage that was encoded", Step::Base64.into());
        edits.replace(6..7, "more", Step::Spacing.into());
        let (mut seen, mut draft) = (Vec::new(), Draft::default());
        edits.write("a b c d e", &mut draft, &mut |draft, _| {
            seen.push(draft.text().to_owned())
        });
        assert_eq!(seen, ["a short ", "a passage that was encoded", " more e"]);
    }

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
