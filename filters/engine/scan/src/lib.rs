//! Text in, findings out: rule packs of phrases and regular expressions, matched in time linear in the text.
//!
//! Rules become a pack in the control plane ([`compile()`], feature `compile`), where there is time and a regex compiler.
//! The filter loads the pack ([`Scanner::load`]), scans every text of a message ([`Scanner::scan`]), and asks what is
//! to be done ([`decide()`]). How it works, and what it does not catch, is in `DESIGN.md` beside this crate.
//!
#![cfg_attr(feature = "compile", doc = "```")]
#![cfg_attr(not(feature = "compile"), doc = "```ignore")]
//! use bartizan_scan::{Actions, CategorySet, Findings, Matcher, RuleSource, Scanner, compile, decide};
//! use bartizan_verdict::{Action, Category, Mode};
//!
//! let rule = RuleSource {
//!     id: "badge-number".into(),
//!     category: Category::Pii,
//!     owasp: vec!["LLM02".into()],
//!     action: Action::Mask,
//!     placeholder: None,
//!     matcher: Matcher::Regex(r"\bBADGE-[0-9]{4}\b".into()),
//!     validate: None,
//!     context: Vec::new(),
//!     unless: Vec::new(),
//! };
//! let pack = compile(&[rule]).map_err(|errors| errors[0].to_string())?;
//!
//! let scanner = Scanner::load(pack.bytes()).map_err(|error| error.to_string())?;
//! let mut findings = Findings::new();
//! scanner.scan("Let BADGE-1234 in.", CategorySet::ALL, &mut findings);
//!
//! let outcome = decide(&findings, &Actions::default(), Mode::Enforce);
//! assert_eq!(outcome.action, Action::Mask);
//! assert_eq!(outcome.masks[0].range, 4..14);
//! assert_eq!(scanner.rules()[outcome.masks[0].rule].placeholder, "[BADGE-NUMBER]");
//! # Ok::<(), String>(())
//! ```
//!
//! It cannot judge meaning: what is said in other words than the rules', in another script, or encoded, is not found.
#![deny(missing_docs)]

mod automaton;
mod category_set;
mod claim;
mod decide;
mod digits;
mod findings;
mod fold;
mod nearby;
mod pack;
mod pattern;
mod scanner;
mod validation;

#[cfg(feature = "compile")]
mod compile;

pub use category_set::CategorySet;
#[cfg(feature = "compile")]
pub use compile::{Matcher, Pack, Part, Problem, RuleError, RuleSource, RuleWarning, compile};
pub use decide::{Actions, MaskRange, NotActions, Outcome, decide};
pub use findings::{Finding, Findings, MAX_FINDINGS};
pub use pack::LoadError;
pub use scanner::{Rule, Scanner};
pub use validation::Validation;
