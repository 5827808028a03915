//! What a policy means for texts that flow: worked out once, used for every text.

use bartizan_verdict::Action;

use super::prefixes::{Prefixes, Wait};
use super::starts::Starts;
use crate::detect::Detector;
use crate::nearby::CONTEXT_BEFORE;
use crate::pack::{Gate, Meaning};
use crate::pattern::Pattern;
use crate::scanner::{Scanner, Subject};

/// Bytes that a match may take until it is known to be worth running its regex, if the runs that wait for it are kept.
const NEAR: usize = 320;
/// The same, if everything within is held back.
const FAR: usize = 4096;

/// What each rule of a scanner can come to in texts of one kind, and so what must be waited for.
///
/// Made once for a policy; takes a millisecond.
#[derive(Debug)]
pub struct StreamPlan {
    pub(super) subject: Subject,
    /// By rule.
    actions: Vec<Action>,
    /// By pattern.
    patterns: Vec<Running>,
    /// Patterns begun where a match may begin.
    pub(super) everywhere: Starts,
    /// Patterns begun when something says that they may match, and before that only to see what is to be held back.
    pub(super) called: Starts,
    /// The longest way back to a start of those.
    pub(super) reach: usize,
    /// Patterns for which everything in reach is held back.
    pub(super) far: Vec<usize>,
    pub(super) prefixes: Prefixes,
    /// The detector that judges addresses, by its place in the scanner, and whether it acts.
    pub(super) addresses: Option<(u32, bool)>,
    /// Detectors that look back over what has gone by, a bit for each.
    pub(super) looking_back: u64,
    /// What it comes to if a bound is met.
    pub(super) overflow: Action,
}

/// How a pattern is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) start: Start,
    /// Whether text is held back while it may match.
    pub(super) acts: bool,
    /// Whether every match is a finding.
    pub(super) sure: bool,
    /// Bytes after a match that say whether it is a finding.
    pub(super) outlook: usize,
    /// Bytes after what calls it in which a match may begin.
    pub(super) after: usize,
}

/// Where runs of a pattern begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Nowhere: its rules do not apply.
    Never,
    /// At its hints.
    AtHint,
    /// At each byte with which a match may begin, not earlier than so many bytes before a hint ends, or digits do.
    Called(usize),
    /// The same, from farther away.
    Far(usize),
    /// At each byte with which a match may begin.
    Everywhere,
}

impl StreamPlan {
    /// A plan for texts of that kind. `strictest` says what a finding of a rule, by its place in
    /// [`Scanner::rules`], can come to at most.
    ///
    /// Findings may be judged more mildly later, where a score is low or for a tenant with an exception: then more is
    /// held back than was needed. They cannot be judged more strictly.
    #[must_use]
    pub fn new(scanner: &Scanner, subject: Subject, strictest: &dyn Fn(usize) -> Action) -> Self {
        let rules = scanner.rules.iter().enumerate();
        let actions = rules.map(|(number, rule)| {
            if subject.applies.contains(rule.category) {
                strictest(number)
            } else {
                Action::Allow
            }
        });
        let actions: Vec<Action> = actions.collect();
        let action = |rule: usize| actions.get(rule).copied().unwrap_or(Action::Allow);
        let running = |pattern: &Pattern| {
            let claims = pattern.claims.iter();
            let strictest = claims.map(|claim| action(claim.rule)).max().unwrap_or(Action::Allow);
            Running {
                start: start(pattern, strictest),
                acts: strictest >= Action::Mask,
                sure: pattern.claims.iter().any(|claim| claim.is_unconditional()),
                outlook: pattern.claims.iter().map(|claim| claim.outlook()).max().unwrap_or(0),
                after: match pattern.gate {
                    Gate::Near { .. } => CONTEXT_BEFORE + 1,
                    Gate::Prefix | Gate::Literal { .. } | Gate::Digits { .. } | Gate::Always => 0,
                },
            }
        };
        let patterns: Vec<Running> = scanner.patterns.iter().map(running).collect();
        let (mut addresses, mut looking_back) = (None, 0);
        for (place, switched) in (0_u32..).zip(&scanner.detectors) {
            match switched.rules.iter().map(|rule| action(*rule)).max() {
                None | Some(Action::Allow) => {}
                Some(_) if !switched.detector.judges(subject.role) => {}
                Some(strictest) if switched.detector == Detector::MarkupExfiltration => {
                    addresses = Some((place, strictest >= Action::Mask));
                }
                Some(_) => looking_back |= 1_u64.wrapping_shl(place),
            }
        }
        let that = |wanted: fn(Start) -> bool| -> Vec<usize> {
            let numbered = patterns.iter().enumerate();
            let wanted = numbered.filter(|(_, running)| wanted(running.start));
            wanted.map(|(number, _)| number).collect()
        };
        let wait = |meaning: Meaning, literal: &[u8]| match meaning {
            Meaning::Phrase { rule } if action(rule as usize) >= Action::Mask => at_edge(literal),
            Meaning::Hint { regex } => {
                let known = patterns.get(regex as usize).zip(scanner.patterns.get(regex as usize));
                match known {
                    Some((running, pattern)) if running.acts && running.start == Start::AtHint => {
                        where_it_begins(pattern, literal)
                    }
                    Some(_) | None => Wait::Never,
                }
            }
            Meaning::Phrase { .. } | Meaning::Trigger { .. } => Wait::Never,
        };
        let called = that(|start| matches!(start, Start::Called(_)));
        let reaches = called
            .iter()
            .filter_map(|number| patterns.get(*number))
            .map(Running::reach);
        let reach = reaches.max().unwrap_or(0);
        let far = that(|start| matches!(start, Start::Far(_)));
        Self {
            subject,
            reach,
            everywhere: Starts::of(&scanner.patterns, that(|start| start == Start::Everywhere)),
            called: Starts::of(&scanner.patterns, called),
            far: far
                .into_iter()
                .filter(|number| patterns.get(*number).is_some_and(|running| running.acts))
                .collect(),
            prefixes: Prefixes::of(
                &scanner.literals,
                scanner
                    .spelled()
                    .map(|(literal, meaning, _)| (literal, wait(meaning, literal))),
            ),
            addresses,
            looking_back,
            overflow: match actions.iter().max() {
                None | Some(Action::Allow) => Action::Allow,
                Some(Action::Audit) => Action::Audit,
                Some(Action::Mask | Action::Block) => Action::Block,
            },
            actions,
            patterns,
        }
    }

    /// The strictest that a finding of the rule can come to.
    pub(super) fn action(&self, rule: usize) -> Action {
        self.actions.get(rule).copied().unwrap_or(Action::Allow)
    }

    /// Whether text is held back while the rule may hold.
    pub(super) fn acts(&self, rule: usize) -> bool {
        self.action(rule) >= Action::Mask
    }

    pub(super) fn running(&self, pattern: usize) -> Running {
        self.patterns.get(pattern).copied().unwrap_or(Running {
            start: Start::Never,
            acts: false,
            sure: false,
            outlook: 0,
            after: 0,
        })
    }
}

impl Running {
    /// How far back a match may have begun when something says that it may be worth running the regex.
    pub(super) fn reach(&self) -> usize {
        match self.start {
            Start::Called(reach) | Start::Far(reach) => reach,
            Start::Never | Start::AtHint | Start::Everywhere => 0,
        }
    }
}

fn start(pattern: &Pattern, strictest: Action) -> Start {
    let within = |reach: usize| {
        if reach <= NEAR {
            Start::Called(reach)
        } else if reach <= FAR {
            Start::Far(reach)
        } else {
            Start::Everywhere
        }
    };
    match pattern.gate {
        _ if strictest == Action::Allow => Start::Never,
        Gate::Prefix => Start::AtHint,
        Gate::Literal { lead: Some(lead) } | Gate::Near { lead } => within(lead as usize),
        Gate::Digits { .. } => within(pattern.longest),
        Gate::Literal { lead: None } | Gate::Always => Start::Everywhere,
    }
}

fn at_edge(literal: &[u8]) -> Wait {
    if literal.first().is_some_and(u8::is_ascii_alphanumeric) {
        Wait::AtEdge
    } else {
        Wait::Anywhere
    }
}

/// Where the hint with which the pattern's matches begin is waited for.
fn where_it_begins(pattern: &Pattern, hint: &[u8]) -> Wait {
    if hint.first().is_some_and(|byte| pattern.begins_in_word(*byte)) {
        Wait::Anywhere
    } else {
        at_edge(hint)
    }
}
