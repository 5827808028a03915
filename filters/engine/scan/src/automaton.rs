//! One automaton over all literals of a pack (phrases and the hints of regexes), after Aho and Corasick.
//!
//! It is our own rather than the `aho-corasick` crate's for two reasons, both measured in Envoy: that crate's tables
//! cannot be serialised and take 26 ms to build for 1,000 phrases, and it cannot treat a run of whitespace as one
//! space, which would mean copying nearly every text that has more than one line. Here both case and whitespace are
//! folded by the class of a byte, and a state that ends in a space stays where it is on further whitespace.
//!
//! A whole table of some ten thousand states would be many megabytes, of which ordinary text touches a few hundred rows.
//! So only states that are likely to be met (see `rarity` in [`crate::fold`]) are *warm* and have a row. The others are
//! *cold*: they have a list of where they go on, and a link to the state of what remains of the text where they don't.
//!
//! Literals must be folded (see [`crate::fold`]): lower case, single spaces, none at either end.

mod build;

#[cfg(test)]
mod tests;

/// States, at most.
pub(crate) const MAX_STATES: usize = 1 << 16;

const LANES: usize = 4;
/// Bytes stepped through in lanes before matches are reported.
const BLOCK: usize = 4096;
/// Bytes in a lane; below that they are not worth setting up.
const SHORTEST_LANE: usize = 64;
/// Matches kept for a lane; where there are more, the block is gone over again plainly.
const MOST_NOTED: usize = 48;

/// Finds every occurrence of every literal in one pass.
///
/// A warm state is the offset of its row, with the root as 0. A cold one is a number from the length of all rows on, so
/// that a look into the rows fails for it. States that end a literal, the *matching* ones, are together: the last of the
/// warm ones and the first of the cold ones.
pub(crate) struct Automaton {
    /// Class of each byte; bytes that no literal has share class 0.
    classes: [u8; 256],
    /// Entries in a row.
    stride: usize,
    /// Rows of the warm states: the next state by class, and in a matching state which of those it is.
    rows: Vec<u32>,
    /// For each cold state.
    links: Vec<Link>,
    /// Where cold states go on, grouped by state.
    children: Vec<(u8, u32)>,
    /// The first matching state.
    first_match: u32,
    /// The first state after the matching ones.
    past_match: u32,
    /// For each matching state: where its literals are.
    matches: Vec<(u32, u32)>,
    /// For each warm matching state: its longest proper suffix that is a state.
    suffixes: Vec<u32>,
    /// Literals ending in a matching state, grouped by state.
    literals: Vec<u32>,
}

/// A cold state.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    /// Its first child.
    first: u32,
    /// How many it has.
    count: u32,
    /// The state of its longest proper suffix that is one.
    suffix: u32,
}

impl Automaton {
    /// The state in which a text begins.
    pub(crate) const ROOT: u32 = 0;

    /// Calls `found(literal, end)` for each occurrence in the order of `end`; stops when it returns `Flow::Stop`.
    ///
    /// A step waits for the one before it, so that a processor that could do several at once is idle most of the time.
    /// Texts are therefore stepped through in four places at once.
    pub(crate) fn run(&self, text: &[u8], found: impl FnMut(u32, usize) -> Flow) {
        self.run_on(Self::ROOT, text, found);
    }

    /// As [`Self::run`] for text that goes on from `state`; the state after it, or none if stopped.
    pub(crate) fn run_on(&self, state: u32, text: &[u8], mut found: impl FnMut(u32, usize) -> Flow) -> Option<u32> {
        let (mut state, mut start) = (state, 0);
        for block in text.chunks(BLOCK) {
            let lane = block.len() / LANES;
            let after = if lane >= SHORTEST_LANE {
                self.run_lanes(block, start, state, &mut found)
            } else {
                self.run_plainly(block, start, state, &mut found)
            };
            state = after?;
            start += block.len();
        }
        Some(state)
    }

    /// Steps through a part of the text that begins at `start`; the state after it, or none if stopped.
    fn run_plainly(
        &self,
        part: &[u8],
        start: usize,
        mut state: u32,
        found: &mut impl FnMut(u32, usize) -> Flow,
    ) -> Option<u32> {
        for (end, byte) in (start + 1..).zip(part) {
            state = self.step(state, *byte);
            if self.is_match(state) && self.report(state, end, found) == Flow::Stop {
                return None;
            }
        }
        Some(state)
    }

    /// As [`Self::run_plainly`], in four lanes. Matches are noted first and reported in order after.
    ///
    /// All lanes but the first begin in the root, as if nothing stood before them. What does is made up for by going on
    /// from the end of the lane before until the root is reached: from there on both are in the same state.
    fn run_lanes(
        &self,
        block: &[u8],
        start: usize,
        state: u32,
        found: &mut impl FnMut(u32, usize) -> Flow,
    ) -> Option<u32> {
        let length = block.len() / LANES;
        let (first, rest) = block.split_at_checked(length)?;
        let (second, rest) = rest.split_at_checked(length)?;
        let (third, rest) = rest.split_at_checked(length)?;
        let (fourth, rest) = rest.split_at_checked(length)?;
        let mut lanes = [Lane::new(state), Lane::new(0), Lane::new(0), Lane::new(0)];
        self.step_lanes([first, second, third, fourth], &mut lanes);
        if lanes.iter().any(Lane::is_overfull) {
            return self.run_plainly(block, start, state, found);
        }
        let (mut state, mut start, mut before_first) = (state, start, true);
        for (part, lane) in [first, second, third, fourth].into_iter().zip(&lanes) {
            let mut made_up = 0;
            if !before_first {
                for byte in part {
                    if state == 0 {
                        break;
                    }
                    state = self.step(state, *byte);
                    made_up += 1;
                    if self.is_match(state) && self.report(state, start + made_up, found) == Flow::Stop {
                        return None;
                    }
                }
            }
            for (end, matching) in lane.matches() {
                if *end as usize <= made_up {
                    continue;
                }
                if self.report(*matching, start + *end as usize, found) == Flow::Stop {
                    return None;
                }
            }
            if before_first || state == 0 {
                state = lane.state;
            }
            before_first = false;
            start += part.len();
        }
        self.run_plainly(rest, start, state, found)
    }

    fn step_lanes(&self, [first, second, third, fourth]: [&[u8]; LANES], lanes: &mut [Lane; LANES]) {
        let [one, two, three, four] = lanes;
        // WHY copies: a state that is kept in memory costs each step a store and a load.
        let (mut state1, mut state2, mut state3, mut state4) = (one.state, two.state, three.state, four.state);
        let bytes = first.iter().zip(second).zip(third).zip(fourth);
        for (end, (((first, second), third), fourth)) in (1_u32..).zip(bytes) {
            state1 = self.step(state1, *first);
            state2 = self.step(state2, *second);
            state3 = self.step(state3, *third);
            state4 = self.step(state4, *fourth);
            let highest = state1.max(state2).max(state3.max(state4));
            if highest >= self.first_match {
                let states = [state1, state2, state3, state4];
                for (lane, state) in [&mut *one, &mut *two, &mut *three, &mut *four].into_iter().zip(states) {
                    if self.is_match(state) {
                        lane.note(end, state);
                    }
                }
            }
        }
        (one.state, two.state, three.state, four.state) = (state1, state2, state3, state4);
    }

    /// States that there are.
    pub(crate) fn states(&self) -> usize {
        self.rows.len() / self.stride + self.links.len()
    }

    /// The number of a state, below [`Self::states`].
    pub(crate) fn number(&self, state: u32) -> usize {
        let state = state as usize;
        match state.checked_sub(self.rows.len()) {
            None => state / self.stride,
            Some(place) => self.rows.len() / self.stride + place,
        }
    }

    #[inline(always)]
    pub(crate) fn step(&self, state: u32, byte: u8) -> u32 {
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
        // INVARIANT: every warm state is the offset of a whole row, so only cold ones lie beyond.
        match self.rows.get(state as usize + usize::from(class)) {
            Some(next) => *next,
            None => self.cold_step(state, class),
        }
    }

    /// A step that falls back from state to state until one of them goes on. Each fall makes up for a step that led
    /// there, so that all together are no more than two for each byte.
    #[inline(never)]
    fn cold_step(&self, mut state: u32, class: u8) -> u32 {
        while let Some(link) = self.link(state) {
            let first = link.first as usize;
            let children = self.children.get(first..first + link.count as usize);
            let mut children = children.unwrap_or_default().iter();
            if let Some((_, next)) = children.find(|(known, _)| *known == class) {
                return *next;
            }
            state = link.suffix;
        }
        let next = self.rows.get(state as usize + usize::from(class));
        next.copied().unwrap_or(Self::ROOT)
    }

    #[inline(always)]
    fn is_match(&self, state: u32) -> bool {
        (self.first_match..self.past_match).contains(&state)
    }

    /// Which of the matching states one of them is.
    #[inline(always)]
    fn place_of_match(&self, state: u32) -> usize {
        let at = state as usize;
        match self.rows.get(at + self.stride - 1) {
            Some(place) => *place as usize,
            None => (self.suffixes.len() + at).saturating_sub(self.rows.len()),
        }
    }

    /// What a state has if it is cold.
    fn link(&self, state: u32) -> Option<&Link> {
        self.links.get((state as usize).checked_sub(self.rows.len())?)
    }

    #[cold]
    #[inline(never)]
    fn report(&self, state: u32, end: usize, found: &mut impl FnMut(u32, usize) -> Flow) -> Flow {
        let mut state = state;
        while self.is_match(state) {
            let place = self.place_of_match(state);
            let (first, count) = self.matches.get(place).copied().unwrap_or_default();
            let literals = self.literals.get(first as usize..(first + count) as usize);
            for literal in literals.unwrap_or_default() {
                if found(*literal, end) == Flow::Stop {
                    return Flow::Stop;
                }
            }
            // The next shorter literal, if there is one, ends in the suffix.
            let cold = || self.link(state).map(|link| link.suffix);
            state = self.suffixes.get(place).copied().or_else(cold).unwrap_or(Self::ROOT);
        }
        Flow::Continue
    }
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Automaton")
            .field("states", &self.states())
            .field("cold", &self.links.len())
            .field("literals", &self.literals.len())
            .finish_non_exhaustive()
    }
}

/// One of several places in which a text is stepped through.
struct Lane {
    state: u32,
    /// How often the lane was in a matching state; only the first of those are kept.
    noted: usize,
    kept: [(u32, u32); MOST_NOTED],
}

impl Lane {
    const fn new(state: u32) -> Self {
        Self {
            state,
            noted: 0,
            kept: [(0, 0); MOST_NOTED],
        }
    }

    #[cold]
    fn note(&mut self, end: u32, state: u32) {
        if let Some(slot) = self.kept.get_mut(self.noted) {
            *slot = (end, state);
        }
        self.noted += 1;
    }

    fn is_overfull(&self) -> bool {
        self.noted > MOST_NOTED
    }

    /// Where in the lane a match ended, and its state.
    fn matches(&self) -> &[(u32, u32)] {
        self.kept.get(..self.noted).unwrap_or_default()
    }
}

/// Whether a search goes on after an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}
