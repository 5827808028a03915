//! What is kept from one compilation to the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::thread;

use super::error::{Problem, RuleError};
use super::regex::{self, CompiledRegex};
use super::{Pack, RuleSource};

/// Accepted rounds of which regexes are kept: the one in force, and the one before it to go back to.
const ACCEPTED: usize = 2;

/// Compiles one list of rules after another. Regexes, which take nearly all the time, are kept: only those that are new
/// are compiled, whatever else is wrong with the rules. The packs and the mistakes are those of [`compile()`].
///
/// [`compile()`]: super::compile()
#[derive(Debug, Default)]
pub struct Compiler {
    regexes: Regexes,
}

/// What became of the lists compiled since the last round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// They are in force.
    Accepted,
    /// Those in force before still are.
    Refused,
}

/// Regexes by what they are compiled of.
#[derive(Default)]
pub(super) struct Regexes {
    /// Those of this round so far.
    current: Known,
    last: Arc<Known>,
    /// Oldest first.
    accepted: VecDeque<Arc<Known>>,
}

type Known = BTreeMap<Key, Compiled>;

type Compiled = Result<Arc<CompiledRegex>, Problem>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    pattern: String,
    context: Vec<Vec<u8>>,
}

// === impl Key ===

impl Key {
    fn new(pattern: &str, context: Vec<Vec<u8>>) -> Self {
        let pattern = pattern.to_owned();
        Self { pattern, context }
    }

    fn compile(&self) -> Compiled {
        regex::compile(&self.pattern, &self.context).map(Arc::new)
    }
}

// === impl Compiler ===

impl Compiler {
    /// Compiles rules into a pack; `allowed` are texts known to be false alarms, as
    /// [`compile_allowing`](super::compile_allowing) takes them.
    ///
    /// # Errors
    /// Every mistake in every rule, in the order of the rules.
    pub fn compile(&mut self, rules: &[RuleSource], allowed: &[String]) -> Result<Pack, Vec<RuleError>> {
        super::compile_with(&mut self.regexes, rules, allowed)
    }

    /// Forgets the regexes that neither this round nor the last two accepted ones used.
    pub fn end_round(&mut self, round: Round) {
        self.regexes.end_round(round);
    }

    /// How many regexes are kept of the rounds that ended.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.regexes.kept().len()
    }
}

// === impl Regexes ===

impl Regexes {
    /// Compiles regexes that [`Self::compile`] will be asked for, those that are new, as many at once as there are
    /// processors.
    pub(super) fn prepare<'r>(&mut self, wanted: impl Iterator<Item = (&'r str, Vec<Vec<u8>>)>) {
        let keys = wanted.map(|(pattern, context)| Key::new(pattern, context));
        let new: BTreeSet<Key> = keys.filter(|key| self.known(key).is_none()).collect();
        let shares = thread::available_parallelism().map_or(1, usize::from).min(new.len());
        let compile = |share: usize| -> Vec<(Key, Compiled)> {
            let keys = new.iter().skip(share).step_by(shares);
            keys.map(|key| (key.clone(), key.compile())).collect()
        };
        thread::scope(|scope| {
            let spawn = |share| thread::Builder::new().spawn_scoped(scope, move || compile(share)).ok();
            let others: Vec<_> = (1..shares).filter_map(spawn).collect();
            if shares > 0 {
                self.current.extend(compile(0));
            }
            for other in others {
                // What is lost with a thread is compiled when it is asked for.
                self.current.extend(other.join().unwrap_or_default());
            }
        });
    }

    /// As [`regex::compile`], unless the same has been compiled before. What it refuses is kept as well: that a regex is
    /// too large is found out late.
    pub(super) fn compile(&mut self, pattern: &str, context: Vec<Vec<u8>>) -> Compiled {
        let key = Key::new(pattern, context);
        let compiled = self.known(&key).cloned().unwrap_or_else(|| key.compile());
        self.current.insert(key, compiled.clone());
        compiled
    }

    /// What came of it, if it has been compiled in this round or one that is remembered.
    fn known(&self, key: &Key) -> Option<&Compiled> {
        let before = [&self.last].into_iter().chain(&self.accepted);
        let before = before.map(Arc::as_ref);
        std::iter::once(&self.current)
            .chain(before)
            .find_map(|known| known.get(key))
    }

    fn end_round(&mut self, round: Round) {
        self.last = Arc::new(std::mem::take(&mut self.current));
        match round {
            Round::Accepted => self.accepted.push_back(Arc::clone(&self.last)),
            Round::Refused => {}
        }
        self.accepted.drain(..self.accepted.len().saturating_sub(ACCEPTED));
    }

    fn kept(&self) -> BTreeSet<&Key> {
        let kept = [&self.last].into_iter().chain(&self.accepted);
        kept.flat_map(|known| known.keys()).collect()
    }
}

impl fmt::Debug for Regexes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Regexes");
        shown.field("kept", &self.kept().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(rounds: &[(Vec<&str>, Round)]) -> Regexes {
        let mut regexes = Regexes::default();
        for (patterns, round) in rounds {
            for pattern in patterns {
                assert_eq!(regexes.compile(pattern, Vec::new()).is_err(), *pattern == "(");
            }
            regexes.end_round(*round);
        }
        regexes
    }

    #[test]
    fn the_last_round_and_two_accepted_ones_are_kept() {
        use Round::{Accepted, Refused};
        for (rounds, expected) in [
            (vec![("one", Refused)], "one"),
            (vec![("one", Refused), ("two", Refused)], "two"),
            (
                vec![("one", Accepted), ("two", Refused), ("three", Refused)],
                "one three",
            ),
            (
                vec![
                    ("one", Accepted),
                    ("two", Accepted),
                    ("four", Refused),
                    ("three", Refused),
                ],
                "one three two",
            ),
            (
                vec![("one", Accepted), ("two", Accepted), ("three", Accepted)],
                "three two",
            ),
        ] {
            let rounds: Vec<_> = rounds
                .into_iter()
                .map(|(pattern, round)| (vec![pattern], round))
                .collect();
            let regexes = after(&rounds);
            let kept: Vec<_> = regexes.kept().iter().map(|key| key.pattern.as_str()).collect();
            assert_eq!(kept.join(" "), expected, "{rounds:?}");
        }
    }

    #[test]
    fn a_known_regex_is_not_compiled_again() {
        let mut regexes = after(&[
            (vec!["one", "two"], Round::Accepted),
            (vec!["two", "("], Round::Refused),
        ]);
        let known = Arc::clone(&regexes.accepted[0]);
        let known: Vec<_> = known
            .iter()
            .map(|(key, known)| (key, known.as_ref().unwrap()))
            .collect();
        assert_eq!(known.len(), 2);
        for (key, compiled) in &known {
            let again = regexes.compile(&key.pattern, Vec::new()).unwrap();
            assert!(Arc::ptr_eq(&again, compiled), "{}", key.pattern);
        }
        let near = regexes.compile("one", vec![b"word".to_vec()]).unwrap();
        assert!(known.iter().all(|(_, compiled)| !Arc::ptr_eq(&near, compiled)));
        assert!(regexes.compile("(", Vec::new()).is_err());
    }

    #[test]
    fn what_is_prepared_is_what_would_be_compiled() {
        let patterns = ["one", "two", "three", "four", "(", "one"];
        let mut regexes = after(&[(vec!["two"], Round::Accepted)]);
        regexes.prepare(patterns.iter().map(|pattern| (*pattern, Vec::new())));
        let prepared = regexes.current.clone();
        let names: Vec<_> = prepared.keys().map(|key| key.pattern.as_str()).collect();
        assert_eq!(names, ["(", "four", "one", "three"]);
        for (key, prepared) in &prepared {
            match (prepared, regexes.compile(&key.pattern, Vec::new()), key.compile()) {
                (Ok(prepared), Ok(given), Ok(compiled)) => {
                    assert!(Arc::ptr_eq(prepared, &given), "{}", key.pattern);
                    assert_eq!(prepared.forward, compiled.forward, "{}", key.pattern);
                    assert_eq!(prepared.beginnings, compiled.beginnings, "{}", key.pattern);
                    assert_eq!(
                        (prepared.gate, &prepared.hints),
                        (compiled.gate, &compiled.hints),
                        "{}",
                        key.pattern
                    );
                }
                (Err(prepared), Err(given), Err(compiled)) => assert_eq!((prepared, &given), (&compiled, &compiled)),
                other => unreachable!("{}: {}", key.pattern, other.0.is_ok()),
            }
        }
    }
}
