use std::ops::Range;

use bartizan_verdict::{Action, Category, Role};

use crate::pattern::Budget;
use crate::score::{Score, Scores};
use crate::undo::Scratch;
use crate::undone::Undone;

/// Findings kept for one message, at most. A message with more has overflowed, and is refused.
pub const MAX_FINDINGS: usize = 4096;

/// A place in a text where a rule holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which text of the message, counted from 0 in the order they were scanned.
    pub span: usize,
    /// Which rule, by its place in [`Scanner::rules`](crate::Scanner::rules).
    pub rule: usize,
    /// The rule's category.
    pub category: Category,
    /// The action the rule itself asks for; policy may know better, see [`decide`](crate::decide()).
    pub action: Action,
    /// Whose words the text is.
    pub role: Role,
    /// Bytes of the text, on character boundaries.
    pub range: Range<usize>,
    /// How sure that is.
    pub score: Score,
    /// What had to be undone to see it.
    pub undone: Undone,
}

/// What was found in the texts of one message, and the scratch memory for finding it.
///
/// Keep one and [`clear`](Self::clear) it between messages: scanning then allocates nothing on text without findings.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    scores: Scores,
    spans: usize,
    overflowed: bool,
    /// Findings of texts that were not scanned again; see [`Findings::repeat`].
    repeated: usize,
    pub(crate) course: Course,
    pub(crate) budget: Budget,
    pub(crate) scratch: Scratch,
}

/// A point in the scanning of a message, before a text.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    found: usize,
    left: usize,
}

/// What a text does to the message it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    findings: u32,
    /// Steps of regexes that were granted for it and not taken.
    spared: u32,
}

/// How far the regexes have got in the text being scanned.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// By regex.
    progress: Vec<Progress>,
    /// The regexes that have got anywhere: few have in any text.
    called: Vec<usize>,
}

/// How far one regex has got in the text being scanned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Where matches that are still to be searched for may begin; nowhere when start == end.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where the last match ended, or the last attempt failed: nothing earlier is tried again.
    pub(crate) resume: usize,
    /// Whether it is among those that have got anywhere.
    is_called: bool,
}

impl Course {
    /// A text begins, for so many regexes.
    pub(crate) fn begin(&mut self, regexes: usize) {
        for number in self.called.drain(..) {
            if let Some(progress) = self.progress.get_mut(number) {
                *progress = Progress::default();
            }
        }
        if self.progress.len() != regexes {
            self.progress.resize(regexes, Progress::default());
        }
    }

    /// How far that regex has got, to be changed.
    pub(crate) fn of(&mut self, number: usize) -> Option<&mut Progress> {
        let progress = self.progress.get_mut(number)?;
        if !progress.is_called {
            progress.is_called = true;
            self.called.push(number);
        }
        Some(progress)
    }

    /// One after the other, the regexes that have got anywhere.
    pub(crate) fn called(&self, place: usize) -> Option<usize> {
        self.called.get(place).copied()
    }
}

impl Findings {
    /// No findings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the findings and the texts; keeps the memory.
    pub fn clear(&mut self) {
        self.found.clear();
        self.scores = Scores::default();
        self.spans = 0;
        self.overflowed = false;
        self.repeated = 0;
        self.budget = Budget::default();
    }

    /// To be asked before a text is scanned of which it is to be known what it did.
    pub fn mark(&mut self) -> Mark {
        Mark {
            found: self.found.len(),
            left: self.budget.watch(),
        }
    }

    /// The findings since a mark.
    #[must_use]
    pub fn since(&self, mark: Mark) -> &[Finding] {
        self.found.get(mark.found..).unwrap_or_default()
    }

    /// What the texts since a mark did to the message; none if that depended on the texts before.
    #[must_use]
    pub fn effect_since(&self, mark: Mark) -> Option<Effect> {
        if self.overflowed || self.found.len() + self.repeated >= MAX_FINDINGS {
            return None;
        }
        Some(Effect {
            findings: u32::try_from(self.since(mark).len()).ok()?,
            spared: u32::try_from(self.budget.gained_since(mark.left)?).ok()?,
        })
    }

    /// Counts a text as scanned that had this effect before, and that has findings about which nothing is to be done.
    /// Whether the message overflows is then the same as if it had been scanned.
    pub fn repeat(&mut self, effect: Effect) {
        self.begin_span();
        self.repeated = self.repeated.saturating_add(effect.findings as usize);
        self.budget.add(effect.spared as usize);
    }

    /// What was found, in no particular order within a text.
    #[must_use]
    pub fn as_slice(&self) -> &[Finding] {
        &self.found
    }

    /// Whether nothing was found and nothing overflowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && !self.overflowed
    }

    /// Whether the message had more findings than [`MAX_FINDINGS`], or cost more to search than its size allows.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The highest score of each category, over all findings, however low.
    #[must_use]
    pub fn scores(&self) -> Scores {
        self.scores
    }

    /// Adds a finding in one of these texts that was made in another way than by scanning it.
    pub fn add(&mut self, finding: Finding) {
        self.push(finding);
    }

    /// Counts more findings as made than are kept count of, if they were in what is put together of these texts.
    pub fn add_overflow(&mut self, of: &Self) {
        self.overflowed |= of.overflowed;
    }

    /// How many texts were scanned.
    #[must_use]
    pub fn spans(&self) -> usize {
        self.spans
    }

    pub(crate) fn begin_span(&mut self) -> usize {
        let span = self.spans;
        self.spans += 1;
        span
    }

    pub(crate) fn overflow(&mut self) {
        self.overflowed = true;
    }

    /// Whether a rule is known to hold, as surely, where a range of text number `span` is; of the findings before, only
    /// the last few hundred are asked.
    pub(crate) fn has(&self, span: usize, rule: usize, range: &Range<usize>, score: Score) -> bool {
        let of_span = self
            .found
            .iter()
            .rev()
            .take(256)
            .take_while(|finding| finding.span == span);
        of_span
            .into_iter()
            .filter(|known| known.rule == rule && known.score >= score)
            .any(|known| known.range.start < range.end && range.start < known.range.end)
    }

    /// Adds a finding. Mere suspicions, which no default acts on, do not make a message overflow.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.scores.raise(finding.category, finding.score);
        if self.found.len() + self.repeated < MAX_FINDINGS {
            self.found.push(finding);
        } else if finding.score >= Score::AUDIT {
            self.overflowed = true;
        }
    }
}
