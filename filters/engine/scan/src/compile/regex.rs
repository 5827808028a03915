//! A regex to the automata that find it and the hints that say where to look.

use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::{Hir, translate::TranslatorBuilder};

use super::automaton::{self, Direction, OwnedDfa};
use super::error::Problem;
use super::hint::{self, Hints};
use crate::pack::Gate;

/// Bytes of an automaton that searches, at most.
const SEARCHING_LIMIT: usize = 16 << 10;
const NESTING_LIMIT: u32 = 64;
/// A match that may be longer than this counts as one without bound.
const LONGEST: usize = 4096;

pub(super) struct CompiledRegex {
    pub(super) gate: Gate,
    pub(super) hints: Vec<Vec<u8>>,
    pub(super) longest: Option<u32>,
    pub(super) beginnings: Vec<u8>,
    pub(super) forward: OwnedDfa,
    pub(super) reverse: Option<OwnedDfa>,
}

/// Compiles a regex. `context`: words of which one is near every match that counts; none if there is no such condition.
pub(super) fn compile(pattern: &str, context: &[Vec<u8>]) -> Result<CompiledRegex, Problem> {
    let hir = parse(pattern)?;
    match hir.properties().minimum_len() {
        None => return Err(Problem::NeverMatches),
        Some(0) => return Err(Problem::MatchesEmpty),
        Some(_) => {}
    }
    let Hints { gate, literals } = hint::of(&hir, context);
    let longest = hir.properties().maximum_len().filter(|longest| *longest <= LONGEST);
    let searching = match gate {
        // Where a match can begin is known to a few bytes.
        Gate::Prefix | Gate::Literal { lead: Some(_) } | Gate::Near { .. } => None,
        Gate::Digits { .. } if longest.is_some() => None,
        // Most bytes are passed over by a look at them.
        Gate::Literal { lead: None } if hint::has_prefix(&hir) => None,
        Gate::Literal { lead: None } | Gate::Digits { .. } | Gate::Always => searching(&hir),
    };
    let (forward, reverse) = match searching {
        Some((forward, reverse)) => (forward, Some(reverse)),
        None => (automaton::build(&hir, Direction::ForwardAnchored)?, None),
    };
    Ok(CompiledRegex {
        gate,
        hints: literals,
        longest: longest.and_then(|longest| u32::try_from(longest).ok()),
        beginnings: forward.beginnings(),
        forward,
        reverse,
    })
}

/// The automata of a regex that is searched for, if they are small.
///
/// One that keeps count of repetitions may need very many states to search, as each byte may begin a match while others
/// are under way. It is tried at each byte in turn instead, which needs no more states than the regex has.
fn searching(hir: &Hir) -> Option<(OwnedDfa, OwnedDfa)> {
    let small = |direction| {
        automaton::build(hir, direction)
            .ok()
            .filter(|automaton| automaton.size() <= SEARCHING_LIMIT)
    };
    Some((small(Direction::Forward)?, small(Direction::Reverse)?))
}

/// Reads a pattern as bytes: without Unicode, as filters have no tables for it.
pub(super) fn parse(pattern: &str) -> Result<Hir, Problem> {
    let syntax = |span: &ast::Span, message: String| {
        let at = pattern
            .get(..span.start.offset)
            .map_or(0, |before| before.chars().count())
            + 1;
        Problem::Syntax { at, message }
    };
    let parsed = ast::parse::ParserBuilder::new()
        .nest_limit(NESTING_LIMIT)
        .build()
        .parse(pattern);
    let parsed = parsed.map_err(|error| syntax(error.span(), error.kind().to_string()))?;
    // WHY: `(?u)` would work or not depending on which tables the parser happens to be built with.
    ast::visit(&parsed, UnicodeFlag)?;
    let mut translator = TranslatorBuilder::new().unicode(false).utf8(false).build();
    translator.translate(pattern, &parsed).map_err(|_| Problem::Unicode)
}

/// Refuses patterns that turn Unicode on.
struct UnicodeFlag;

impl ast::Visitor for UnicodeFlag {
    type Output = ();
    type Err = Problem;

    fn finish(self) -> Result<(), Problem> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Problem> {
        let flags = match ast {
            Ast::Flags(set) => Some(&set.flags),
            Ast::Group(group) => group.flags(),
            _ => None,
        };
        match flags.and_then(|flags| flags.flag_state(ast::Flag::Unicode)) {
            Some(true) => Err(Problem::Unicode),
            Some(false) | None => Ok(()),
        }
    }
}
