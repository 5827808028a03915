//! One automaton over all literals of a pack (phrases and the hints of regexes), after Aho and Corasick.
//!
//! It is our own rather than the `aho-corasick` crate's for two reasons, both measured in Envoy: that crate's tables
//! cannot be serialised and take 26 ms to build for 1,000 phrases, and it cannot treat a run of whitespace as one
//! space, which would mean copying nearly every text that has more than one line. Here both case and whitespace are
//! folded by the class of a byte, and a state that ends in a space stays where it is on further whitespace.
//!
//! Literals must be folded (see [`crate::fold`]): lower case, single spaces, none at either end.

use crate::fold::fold;

/// Transitions in the table, at most: 32 MiB of memory. The sample packs need less than a tenth.
pub(crate) const MAX_TRANSITIONS: usize = 8 << 20;

const ROOT: usize = 0;
const LANES: usize = 4;
/// Bytes stepped through in lanes before matches are reported.
const BLOCK: usize = 4096;
/// Bytes in a lane; below that they are not worth setting up.
const SHORTEST_LANE: usize = 64;
/// Matches kept for a lane; where there are more, the block is gone over again plainly.
const MOST_NOTED: usize = 48;
const SPACE: u8 = b' ';

/// The literals are too many or too long together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Finds every occurrence of every literal in one pass.
pub(crate) struct Automaton {
    /// Class of each byte; bytes that no literal has share class 0.
    classes: [u8; 256],
    /// Next state for state + class. States are row offsets, so that a step is one addition and one load.
    table: Vec<u32>,
    /// States from here on end a literal.
    first_match: u32,
    /// For each matching state, counted from `first_match`: its literals, and the next shorter match it contains.
    matches: Vec<MatchState>,
    /// Literals ending in a matching state, grouped by state.
    literals: Vec<u32>,
    /// Classes in a row.
    stride: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct MatchState {
    first: u32,
    count: u32,
    /// The state of the longest proper suffix that is a literal too, or 0.
    suffix: u32,
}

impl Automaton {
    /// The state in which a text begins.
    pub(crate) const ROOT: u32 = 0;

    /// Builds the automaton of literals; a literal is later named by its position in this list.
    pub(crate) fn build(literals: &[&[u8]]) -> Result<Self, TooLarge> {
        let (classes, stride) = classify(literals);
        let mut trie = Trie {
            stride,
            table: vec![0; stride],
            ends: vec![Vec::new()],
            ends_in_space: vec![false],
        };
        for (number, literal) in literals.iter().enumerate() {
            trie.insert(literal, &classes, u32::try_from(number).map_err(|_| TooLarge)?)?;
        }
        let suffixes = trie.close(class_of(&classes, SPACE));
        Ok(trie.number(classes, &suffixes))
    }

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
            if state >= self.first_match && self.report(state, end, found) == Flow::Stop {
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
                    if state >= self.first_match && self.report(state, start + made_up, found) == Flow::Stop {
                        return None;
                    }
                }
            }
            for (end, matching) in lane.matches().filter(|(end, _)| *end as usize > made_up) {
                if self.report(matching, start + end as usize, found) == Flow::Stop {
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
                    if state >= self.first_match {
                        lane.note(end, state);
                    }
                }
            }
        }
        (one.state, two.state, three.state, four.state) = (state1, state2, state3, state4);
    }

    /// States that there are.
    pub(crate) fn states(&self) -> usize {
        self.table.len().checked_div(self.stride as usize).unwrap_or(0)
    }

    /// The number of a state, below [`Self::states`].
    pub(crate) fn number(&self, state: u32) -> usize {
        state.checked_div(self.stride).unwrap_or(0) as usize
    }

    #[inline(always)]
    pub(crate) fn step(&self, state: u32, byte: u8) -> u32 {
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
        // INVARIANT: every state is the offset of a whole row, so the lookup cannot miss; the root is a safe answer.
        self.table
            .get(state as usize + usize::from(class))
            .copied()
            .unwrap_or(0)
    }

    #[cold]
    #[inline(never)]
    fn report(&self, state: u32, end: usize, found: &mut impl FnMut(u32, usize) -> Flow) -> Flow {
        let mut state = state;
        while let Some(entry) = self.match_state(state) {
            let first = entry.first as usize;
            for literal in self
                .literals
                .get(first..first + entry.count as usize)
                .unwrap_or_default()
            {
                if found(*literal, end) == Flow::Stop {
                    return Flow::Stop;
                }
            }
            state = entry.suffix;
        }
        Flow::Continue
    }

    fn match_state(&self, state: u32) -> Option<MatchState> {
        let row = state.checked_sub(self.first_match)?.checked_div(self.stride)?;
        self.matches.get(row as usize).copied()
    }
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Automaton")
            .field("transitions", &self.table.len())
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
    fn matches(&self) -> impl Iterator<Item = (u32, u32)> {
        self.kept.iter().copied().take(self.noted)
    }
}

/// Whether a search goes on after an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// The class of every byte, and how many there are. Class 0 is every byte that no literal has.
fn classify(literals: &[&[u8]]) -> ([u8; 256], usize) {
    let mut used = [false; 256];
    for byte in literals.iter().flat_map(|literal| literal.iter()) {
        if let Some(slot) = used.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    // INVARIANT: folding maps 31 of 256 bytes onto others, so there are at most 225 classes beside 0.
    let mut of_folded = [0_u8; 256];
    let mut next = 0_u8;
    for (slot, used) in of_folded.iter_mut().zip(used) {
        if used {
            next = next.saturating_add(1);
            *slot = next;
        }
    }
    let mut classes = [0_u8; 256];
    for (byte, slot) in (0_u8..=255).zip(classes.iter_mut()) {
        *slot = class_of(&of_folded, fold(byte));
    }
    (classes, usize::from(next) + 1)
}

fn class_of(classes: &[u8; 256], byte: u8) -> u8 {
    classes.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The automaton while it is built; states are counted, not yet offsets.
struct Trie {
    stride: usize,
    /// Next state for state * stride + class; 0 is "none" until [`Trie::close`], the root after.
    table: Vec<u32>,
    /// Literals that end in each state.
    ends: Vec<Vec<u32>>,
    ends_in_space: Vec<bool>,
}

/// For each state in breadth-first order: its longest proper suffix that is a state.
struct Suffixes {
    order: Vec<u32>,
    suffix: Vec<u32>,
}

impl Trie {
    fn next(&self, state: u32, class: usize) -> u32 {
        self.table
            .get(state as usize * self.stride + class)
            .copied()
            .unwrap_or(0)
    }

    fn set(&mut self, state: u32, class: usize, next: u32) {
        if let Some(slot) = self.table.get_mut(state as usize * self.stride + class) {
            *slot = next;
        }
    }

    fn insert(&mut self, literal: &[u8], classes: &[u8; 256], number: u32) -> Result<(), TooLarge> {
        let mut state = 0;
        for byte in literal {
            let class = usize::from(class_of(classes, *byte));
            let mut next = self.next(state, class);
            if next == 0 {
                if self.table.len() + self.stride > MAX_TRANSITIONS {
                    return Err(TooLarge);
                }
                next = u32::try_from(self.ends.len()).map_err(|_| TooLarge)?;
                self.table.resize(self.table.len() + self.stride, 0);
                self.ends.push(Vec::new());
                self.ends_in_space.push(*byte == SPACE);
                self.set(state, class, next);
            }
            state = next;
        }
        // The empty literal would end in the root, whose offset says "no match": it is never reported.
        if let Some(ends) = self.ends.get_mut(state as usize).filter(|_| state as usize != ROOT) {
            ends.push(number);
        }
        Ok(())
    }

    /// Fills in what each state does on a byte that continues none of its literals: what its suffix does.
    fn close(&mut self, space: u8) -> Suffixes {
        let states = self.ends.len();
        let mut suffix = vec![0_u32; states];
        let mut order = Vec::with_capacity(states);
        order.push(0_u32);
        let mut position = 0;
        while let Some(state) = order.get(position).copied() {
            position += 1;
            let fallback = suffix.get(state as usize).copied().unwrap_or(0);
            for class in 0..self.stride {
                let child = self.next(state, class);
                let beyond = if state == 0 { 0 } else { self.next(fallback, class) };
                if child == 0 {
                    self.set(state, class, beyond);
                } else {
                    order.push(child);
                    if let Some(slot) = suffix.get_mut(child as usize) {
                        *slot = beyond;
                    }
                }
            }
            // Further whitespace is the same run. Literals have no two spaces in a row, so nothing is overwritten.
            if self.ends_in_space.get(state as usize) == Some(&true) {
                self.set(state, usize::from(space), state);
            }
        }
        Suffixes { order, suffix }
    }

    /// Renumbers states so that those which end a literal come last, and turns numbers into row offsets.
    fn number(&self, classes: [u8; 256], suffixes: &Suffixes) -> Automaton {
        let mut matching = vec![false; self.ends.len()];
        for state in &suffixes.order {
            let own = self.ends.get(*state as usize).is_some_and(|ends| !ends.is_empty());
            let inherited = get(&suffixes.suffix, *state) != *state
                && matching.get(get(&suffixes.suffix, *state) as usize) == Some(&true);
            if let Some(slot) = matching.get_mut(*state as usize) {
                *slot = own || inherited;
            }
        }
        let is_match = |state: &u32| matching.get(*state as usize) == Some(&true);
        let numbering: Vec<u32> = (suffixes.order.iter().filter(|state| !is_match(state)))
            .chain(suffixes.order.iter().filter(|state| is_match(state)))
            .copied()
            .collect();
        let stride = u32::try_from(self.stride).unwrap_or(u32::MAX);
        let mut offsets = vec![0_u32; numbering.len()];
        for (row, state) in (0_u32..).zip(&numbering) {
            if let Some(slot) = offsets.get_mut(*state as usize) {
                *slot = row.saturating_mul(stride);
            }
        }
        let mut table = Vec::with_capacity(self.table.len());
        for state in &numbering {
            let start = *state as usize * self.stride;
            let row = self.table.get(start..start + self.stride).unwrap_or_default();
            table.extend(row.iter().map(|next| get(&offsets, *next)));
        }
        let mut automaton = Automaton {
            classes,
            table,
            first_match: 0,
            matches: Vec::new(),
            literals: Vec::new(),
            stride,
        };
        let plain = numbering.iter().filter(|state| !is_match(state)).count();
        automaton.first_match = u32::try_from(plain).unwrap_or(u32::MAX).saturating_mul(stride);
        for state in numbering.iter().skip(plain) {
            let ends = self.ends.get(*state as usize).map(Vec::as_slice).unwrap_or_default();
            let first = u32::try_from(automaton.literals.len()).unwrap_or(u32::MAX);
            automaton.literals.extend_from_slice(ends);
            let count = u32::try_from(ends.len()).unwrap_or(0);
            let suffix = get(&offsets, get(&suffixes.suffix, *state));
            automaton.matches.push(MatchState { first, count, suffix });
        }
        automaton
    }
}

fn get(values: &[u32], index: u32) -> u32 {
    values.get(index as usize).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fold::fold_literal;

    fn found(literals: &[&str], text: &str) -> Vec<(u32, usize)> {
        let bytes: Vec<&[u8]> = literals.iter().map(|literal| literal.as_bytes()).collect();
        let mut found = Vec::new();
        Automaton::build(&bytes).unwrap().run(text.as_bytes(), |literal, end| {
            found.push((literal, end));
            Flow::Continue
        });
        found.sort_unstable();
        found
    }

    /// Where each literal ends, by folding every prefix of the text and comparing.
    fn expected(literals: &[&str], text: &str) -> Vec<(u32, usize)> {
        let mut expected = Vec::new();
        for (number, literal) in (0_u32..).zip(literals) {
            for end in 1..=text.len() {
                let prefix = &text.as_bytes()[..end];
                if !prefix.last().unwrap().is_ascii_whitespace() && *prefix.last().unwrap() != 0x0b {
                    let mut folded = vec![b' '];
                    folded.extend(fold_literal(prefix));
                    if !literal.is_empty() && folded.ends_with(literal.as_bytes()) {
                        expected.push((number, end));
                    }
                }
            }
        }
        expected.sort_unstable();
        expected
    }

    #[test]
    fn literals_inside_literals_are_all_found() {
        assert_eq!(found(&["he", "she", "his", "hers"], "uSHErs"), [(0, 4), (1, 4), (3, 6)]);
        assert_eq!(found(&["a", "a"], "A"), [(0, 1), (1, 1)]);
        assert_eq!(found(&[], "text"), []);
        assert_eq!(found(&["", "x"], "xx"), [(1, 1), (1, 2)]);
    }

    #[test]
    fn a_run_of_whitespace_is_one_space() {
        assert_eq!(found(&["a b c"], "a \t\n b\r\nc"), [(0, 9)]);
        assert_eq!(found(&["a b"], "ab"), []);
        assert_eq!(found(&["a b", "b a"], "a   b   a"), [(0, 5), (1, 9)]);
    }

    #[test]
    fn a_search_can_be_stopped() {
        let mut calls = 0;
        Automaton::build(&[b"a"]).unwrap().run(b"aaaa", |_, _| {
            calls += 1;
            Flow::Stop
        });
        assert_eq!(calls, 1);
    }

    #[test]
    fn literals_beyond_the_limit_are_refused() {
        let long = vec![b'a'; MAX_TRANSITIONS];
        assert_eq!(Automaton::build(&[&long]).map(|_| ()), Err(TooLarge));
    }

    #[test]
    fn occurrences_across_lanes_and_blocks_are_found_in_order() {
        let literals: [&[u8]; 4] = [b"needle", b"two words", b"a", b"xxxx"];
        let automaton = Automaton::build(&literals).unwrap();
        let long_run = " ".repeat(3000);
        for unit in [
            "needle ",
            "two words,",
            "....needle..........",
            "xxxxx",
            &format!("two{long_run}words"),
            "a",
        ] {
            for length in [200, 255, 256, 300, 1000, 4096, 4097, 9000, 20_000] {
                let text: String = unit.chars().cycle().take(length).collect();
                let (mut found, mut plain) = (Vec::new(), Vec::new());
                automaton.run(text.as_bytes(), |literal, end| {
                    found.push((literal, end));
                    Flow::Continue
                });
                automaton.run_plainly(text.as_bytes(), 0, 0, &mut |literal, end| {
                    plain.push((literal, end));
                    Flow::Continue
                });
                assert_eq!(found, plain, "{length} bytes");
                assert!(!plain.is_empty() || length < 3100);
            }
        }
    }

    proptest! {
        #[test]
        fn lanes_find_what_plain_steps_find(text in "(needle|two +words|[a-z ]{1,9}|x{1,9}){0,400}") {
            let literals: [&[u8]; 5] = [b"needle", b"two words", b"e t", b"xxxx", b"words needle two"];
            let automaton = Automaton::build(&literals).unwrap();
            let (mut found, mut plain) = (Vec::new(), Vec::new());
            automaton.run(text.as_bytes(), |literal, end| { found.push((literal, end)); Flow::Continue });
            automaton.run_plainly(text.as_bytes(), 0, 0, &mut |literal, end| { plain.push((literal, end)); Flow::Continue });
            prop_assert_eq!(found, plain);
        }

        #[test]
        fn occurrences_are_those_of_a_plain_search(
            literals in proptest::collection::vec("[ab\u{e9}]{1,2}( [ab]{1,2}){0,2}", 0..6),
            text in "[abAB\u{e9} \\n]{0,40}",
        ) {
            let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
            prop_assert_eq!(found(&literals, &text), expected(&literals, &text));
        }
    }
}
