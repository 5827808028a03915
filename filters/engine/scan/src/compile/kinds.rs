//! Which states of an automaton are alike: the same texts match from them. After Hopcroft (1971).
//!
//! `regex-automata` can do this too, but takes longer for it than for building the automaton.

use std::ops::Range;

/// For each state the number of its kind. `rows`: where each column leads from a state.
pub(super) fn of(matches: &[bool], rows: &[Vec<usize>]) -> Vec<usize> {
    let mut kinds = Kinds::new(matches);
    let columns = rows.first().map_or(0, Vec::len);
    let sources: Vec<Sources> = (0..columns).map(|column| Sources::new(rows, column)).collect();
    // Kinds to tell others apart by: those of which a state leads there, and those of which it does not.
    let mut waiting = vec![MATCHING];
    while let Some(kind) = waiting.pop() {
        let targets = kinds.members(kind).to_vec();
        for sources in &sources {
            for target in &targets {
                for state in sources.of(*target) {
                    kinds.mark(*state);
                }
            }
            kinds.split(&mut waiting);
        }
    }
    kinds.of_state
}

const MATCHING: usize = 1;

/// The states from which a column leads to each state.
struct Sources {
    sources: Vec<usize>,
    /// By state: where its own begin; and where the last ones end.
    starts: Vec<usize>,
}

impl Sources {
    fn new(rows: &[Vec<usize>], column: usize) -> Self {
        let next = |row: &Vec<usize>| row.get(column).copied().unwrap_or(0);
        let mut led: Vec<(usize, usize)> = rows.iter().map(next).zip(0..).collect();
        led.sort_unstable();
        let starts = (0..=rows.len()).map(|target| led.partition_point(|(next, _)| *next < target));
        Self {
            starts: starts.collect(),
            sources: led.into_iter().map(|(_, state)| state).collect(),
        }
    }

    fn of(&self, target: usize) -> &[usize] {
        let starts = self.starts.get(target).zip(self.starts.get(target + 1));
        let range = starts.map(|(start, end)| *start..*end);
        range.and_then(|range| self.sources.get(range)).unwrap_or_default()
    }
}

/// The states by what is known so far of their kinds.
struct Kinds {
    of_state: Vec<usize>,
    /// All states, those of a kind together; and where each stands.
    states: Vec<usize>,
    places: Vec<usize>,
    /// By kind: where its states stand, and how many of them are marked; these come first.
    kinds: Vec<(Range<usize>, usize)>,
    /// Kinds with marked states.
    marked: Vec<usize>,
}

impl Kinds {
    /// Two kinds: states that match and others.
    fn new(matches: &[bool]) -> Self {
        let numbered = (0..matches.len()).zip(matches);
        let (matching, others): (Vec<_>, Vec<_>) = numbered.partition(|(_, matches)| **matches);
        let split = others.len();
        let states: Vec<usize> = others.into_iter().chain(matching).map(|(state, _)| state).collect();
        let mut places = vec![0; states.len()];
        for (place, state) in states.iter().enumerate() {
            if let Some(slot) = places.get_mut(*state) {
                *slot = place;
            }
        }
        Self {
            of_state: matches.iter().map(|matches| usize::from(*matches) * MATCHING).collect(),
            kinds: vec![(0..split, 0), (split..states.len(), 0)],
            states,
            places,
            marked: Vec::new(),
        }
    }

    fn members(&self, kind: usize) -> &[usize] {
        let range = self.kinds.get(kind).map(|(range, _)| range.clone());
        range.and_then(|range| self.states.get(range)).unwrap_or_default()
    }

    /// Notes that a column leads from this state to the kind that tells others apart. A state is marked once at most.
    fn mark(&mut self, state: usize) {
        let Some(kind) = self.of_state.get(state).copied() else {
            return;
        };
        let Some((range, marked)) = self.kinds.get_mut(kind) else {
            return;
        };
        let (to, from) = (range.start + *marked, self.places.get(state).copied());
        if *marked == 0 {
            self.marked.push(kind);
        }
        *marked += 1;
        let Some((from, other)) = from.zip(self.states.get(to).copied()) else {
            return;
        };
        self.states.swap(from, to);
        for (state, place) in [(state, to), (other, from)] {
            if let Some(slot) = self.places.get_mut(state) {
                *slot = place;
            }
        }
    }

    /// Tells marked states of a kind from its others. The smaller part is a new kind, which waits to tell others apart:
    /// what the whole has told already, or will yet, the larger part need not tell again.
    fn split(&mut self, waiting: &mut Vec<usize>) {
        for kind in std::mem::take(&mut self.marked) {
            let new = self.kinds.len();
            let Some((range, marked)) = self.kinds.get_mut(kind) else {
                continue;
            };
            let border = range.start + std::mem::take(marked);
            if border == range.end {
                continue;
            }
            let (first, second) = (range.start..border, border..range.end);
            let (smaller, larger) = if first.len() <= second.len() {
                (first, second)
            } else {
                (second, first)
            };
            *range = larger;
            for state in self.states.get(smaller.clone()).unwrap_or_default() {
                if let Some(kind) = self.of_state.get_mut(*state) {
                    *kind = new;
                }
            }
            self.kinds.push((smaller, 0));
            waiting.push(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by looking at ever longer texts, after Moore.
    fn plainly(matches: &[bool], rows: &[Vec<usize>]) -> Vec<usize> {
        let mut kinds: Vec<usize> = matches.iter().map(|matches| usize::from(*matches)).collect();
        for _ in 0..rows.len() {
            let mut known: Vec<(usize, Vec<usize>)> = Vec::new();
            let finer = (rows.iter().zip(&kinds)).map(|(row, kind)| {
                let seen = (*kind, row.iter().map(|next| kinds[*next]).collect());
                known.iter().position(|known| *known == seen).unwrap_or_else(|| {
                    known.push(seen);
                    known.len() - 1
                })
            });
            kinds = finer.collect();
        }
        kinds
    }

    proptest! {
        #[test]
        fn states_are_of_a_kind_if_no_text_tells_them_apart(
            states in proptest::collection::vec((any::<bool>(), [0_usize..40, 0..40, 0..40]), 1..40),
        ) {
            let count = states.len();
            let matches: Vec<bool> = states.iter().map(|(matches, _)| *matches).collect();
            let rows: Vec<Vec<usize>> = states.iter().map(|(_, row)| row.map(|next| next % count).to_vec()).collect();
            let (kinds, expected) = (of(&matches, &rows), plainly(&matches, &rows));
            for one in 0..count {
                for other in 0..one {
                    prop_assert_eq!(kinds[one] == kinds[other], expected[one] == expected[other], "{} {}", one, other);
                }
            }
        }
    }
}
