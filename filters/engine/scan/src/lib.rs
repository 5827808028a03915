//! Text in, findings out: rule packs of phrases and regular expressions, matched in time linear in the text.
//!
//! Rules become a pack in the control plane ([`compile()`], feature `compile`), where there is time and a regex compiler.
//! The filter loads the pack ([`Scanner::load`]), scans every text of a message ([`Scanner::scan`]), and asks what is
//! to be done ([`decide()`]). How it works, and what it does not catch, is in `DESIGN.md` beside this crate.
//!
#![cfg_attr(feature = "compile", doc = "```")]
#![cfg_attr(not(feature = "compile"), doc = "```ignore")]
//! use bartizan_scan::{Actions, Findings, Matcher, RuleSource, Scanner, Subject, Terms, Thresholds, compile, decide};
//! use bartizan_verdict::{Action, Category, Mode, Role};
//!
//! let badge = Matcher::Regex(r"\bBADGE-[0-9]{4}\b".into());
//! let rule = RuleSource {
//!     owasp: vec!["LLM02".into()],
//!     ..RuleSource::new("badge-number", Category::Pii, Action::Mask, badge)
//! };
//! let pack = compile(&[rule]).map_err(|errors| errors[0].to_string())?;
//!
//! let scanner = Scanner::load(pack.bytes()).map_err(|error| error.to_string())?;
//! let mut findings = Findings::new();
//! scanner.scan("Let BADGE-1234 in.", Subject::of(Role::User), &mut findings);
//!
//! let terms = Terms {
//!     mode: Mode::Enforce,
//!     actions: &Actions::default(),
//!     thresholds: &Thresholds::default(),
//!     exceptions: Vec::new(),
//! };
//! let outcome = decide(&findings, &terms);
//! assert_eq!(outcome.action, Action::Mask);
//! assert_eq!(outcome.masks[0].range, 4..14);
//! assert_eq!(scanner.rules()[outcome.masks[0].rule].placeholder, "[BADGE-NUMBER]");
//! # Ok::<(), String>(())
//! ```
//!
//! It cannot judge meaning: what is said in other words than the rules' is not found.
#![deny(missing_docs)]

pub mod classifier;
pub mod detect;
pub mod undo;

mod allowed;
mod automaton;
mod category_set;
mod claim;
mod decide;
mod dfa;
mod digits;
mod findings;
mod fold;
mod nearby;
mod pack;
mod pass;
mod pattern;
pub mod payload;
mod scanner;
mod score;
mod shape;
mod stream;
mod terms;
mod thresholds;
mod undone;
mod validation;
mod vector;

#[cfg(feature = "compile")]
mod compile;

pub use category_set::CategorySet;
#[cfg(feature = "compile")]
pub use compile::{
    Compiler, Matcher, Pack, Part, Problem, Round, RuleError, RuleSource, RuleWarning, compile, compile_allowing,
};
pub use decide::{Actions, MaskRange, NotActions, Outcome, decide};
pub use detect::Detector;
pub use findings::{Effect, Finding, Findings, MAX_FINDINGS, Mark};
pub use pack::LoadError;
pub use scanner::{Rule, Scanner, Subject, label_of};
pub use score::{Score, Scores};
pub use stream::{Delivery, StreamPlan, StreamScanner};
pub use terms::{Excepted, Exception, Terms};
pub use thresholds::{NotThresholds, Reach, Threshold, Thresholds};
pub use undone::{Step, Undone};
#[cfg(feature = "compile")]
pub use validation::Validation;
