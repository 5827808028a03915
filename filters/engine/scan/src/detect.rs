//! Built-in detectors: what neither phrases nor regexes can tell.
//!
//! A detector is switched on by a rule (`detector: NAME`), and finds under that rule's id, category and action. To add
//! one, write a file with `TRIGGERS` and `detect` as [`repetition`] has them, and give it a row in the table below.

pub mod command_injection;
pub mod cross_site_scripting;
pub mod disguised_order;
pub mod file_inclusion;
pub mod hidden_characters;
pub mod hidden_markup;
pub mod injection_classifier;
pub mod markup_exfiltration;
pub mod repetition;
pub mod sql_injection;

use std::fmt;
use std::ops::Range;

use bartizan_verdict::Role;

use crate::payload::Attack;
use crate::score::Score;
use crate::undone::{Step, Undone};

macro_rules! detectors {
    ($($(#[$meta:meta])* $detector:ident => $name:literal, $module:ident;)+) => {
        /// A built-in detector.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Detector { $($(#[$meta])* $detector,)+ }

        impl Detector {
            /// Every detector, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$detector,)+];

            /// The name used in rules.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$detector => $name,)+ }
            }

            /// The detector of that name, if there is one. Names are case-sensitive.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|detector| detector.as_str() == text)
            }

            /// Literals without one of which the detector finds nothing; none if it is to see every text.
            ///
            /// They are in lower case, with single spaces, and found anywhere, within words too. An occurrence costs
            /// some ten nanoseconds: what stands in every line of ordinary text makes a bad trigger.
            #[must_use]
            pub const fn triggers(self) -> &'static [&'static str] {
                match self { $(Self::$detector => $module::TRIGGERS,)+ }
            }

            /// Calls `found` with the bytes and the score of each finding. The time is linear in the text.
            pub fn detect(self, text: &str, role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
                match self { $(Self::$detector => $module::detect(text, role, found),)+ }
            }
        }
    };
}

detectors! {
    /// Text that reads like an order to the model: injection, jailbreak, extraction. It needs a model.
    InjectionClassifier => "injection-classifier", injection_classifier;
    /// The same under a disguise that was undone. It needs the same model.
    DisguisedOrder => "disguised-order", disguised_order;
    /// Characters that only a model reads.
    HiddenCharacters => "hidden-characters", hidden_characters;
    /// Orders that markup hides from readers.
    HiddenMarkup => "hidden-markup", hidden_markup;
    /// Images and links that carry data out.
    MarkupExfiltration => "markup-exfiltration", markup_exfiltration;
    /// Input that would change the query it is put into.
    SqlInjection => "sql-injection", sql_injection;
    /// Input that would run a command, or code, on the machine it is put into.
    CommandInjection => "command-injection", command_injection;
    /// Input that would run as a script in the page it is put into.
    CrossSiteScripting => "cross-site-scripting", cross_site_scripting;
    /// Input that would have a file read, or an address fetched, that it is not meant to name.
    FileInclusion => "file-inclusion", file_inclusion;
    /// The same over and over, so often that it makes most of a long text.
    Repetition => "repetition", repetition;
}

/// Finds nothing: the detector needs a model.
pub fn nothing(_: &str, _: Role, _: &mut dyn FnMut(Range<usize>, Score)) {}

impl Detector {
    /// Whether the detector judges a text with that undone.
    pub(crate) fn judges_undone(self, undone: Undone, thorough: bool) -> bool {
        match self {
            // Detectors do not mind how wide a gap is, and have read the text as it stands.
            _ if undone == Step::WideGaps.into() => false,
            Self::DisguisedOrder => !undone.is_empty() && undone.steps().any(|step| thorough || step.is_telling()),
            // What hid it is gone.
            Self::HiddenCharacters => undone.is_empty(),
            _ => true,
        }
    }

    /// What the detector has the model of attacks tell it, if it needs that.
    pub(crate) const fn attack(self) -> Option<Attack> {
        match self {
            Self::SqlInjection => Some(Attack::Sql),
            Self::CrossSiteScripting => Some(Attack::Script),
            Self::CommandInjection => Some(Attack::Command),
            Self::FileInclusion => Some(Attack::File),
            Self::InjectionClassifier
            | Self::DisguisedOrder
            | Self::HiddenCharacters
            | Self::HiddenMarkup
            | Self::MarkupExfiltration
            | Self::Repetition => None,
        }
    }

    /// Whether the detector judges texts of that role. What attacks tools is not looked for in what the model and the
    /// operator write in prose: there it is code that someone asked for.
    #[must_use]
    pub const fn judges(self, role: Role) -> bool {
        match self {
            // Where people and models write markup, it is shown as such.
            Self::HiddenMarkup => matches!(role, Role::Tool | Role::Document),
            _ if self.attack().is_some() => !matches!(role, Role::Assistant | Role::System),
            _ => true,
        }
    }
}

#[cfg(feature = "compile")]
impl Detector {
    /// What the detector has learnt, as a pack takes it along; empty if it learns nothing.
    pub(crate) const fn model(self) -> &'static [u8] {
        match self {
            Self::InjectionClassifier | Self::DisguisedOrder => include_bytes!("../models/injection.bin"),
            _ => &[],
        }
    }
}

/// What the detectors of attacks on tools have learnt together, as a pack takes it along.
#[cfg(feature = "compile")]
pub(crate) const ATTACKS: &[u8] = include_bytes!("../models/attacks.bin");

impl fmt::Display for Detector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold_literal;
    use crate::payload::Model;

    type Detect = fn(&str, Role, &mut dyn FnMut(Range<usize>, Score));

    /// The highest score that a detector gives a text, in hundredths.
    pub(super) fn score(detect: Detect, text: &str) -> u8 {
        let mut highest = Score::NONE;
        detect(text, Role::Tool, &mut |_, score| highest = highest.max(score));
        highest.hundredths()
    }

    /// How a text is to be judged, in hundredths.
    #[derive(Clone, Copy)]
    pub(super) enum Wanted {
        AtLeast(u8),
        Below(u8),
    }

    /// Nothing was learnt from these texts: the model of attacks may be wrong about one in six.
    pub(super) fn assert_judged(detector: Detector, wanted: Wanted, texts: &[&str]) {
        let model = Model::load(ATTACKS).unwrap();
        let attack = detector.attack().unwrap() as usize;
        let judged = texts.iter().map(|text| {
            let verdicts = model.judge(text, Role::Tool);
            (verdicts[attack].score.hundredths(), *text)
        });
        let wrong = judged.filter(|(score, _)| match wanted {
            Wanted::AtLeast(least) => *score < least,
            Wanted::Below(most) => *score >= most,
        });
        let wrong: Vec<_> = wrong.collect();
        assert!(wrong.len() * 6 <= texts.len(), "{wrong:#?}");
    }

    /// Whether a text has one of some triggers, as the pass over it would say.
    pub(super) fn is_triggered(triggers: &[&str], text: &str) -> bool {
        let folded = String::from_utf8(fold_literal(text.as_bytes())).unwrap();
        triggers.iter().any(|trigger| folded.contains(trigger))
    }

    #[test]
    fn names_parse_back() {
        for detector in Detector::ALL {
            assert_eq!(Detector::parse(detector.as_str()), Some(*detector));
        }
        assert_eq!(Detector::parse("Repetition"), None);
    }

    #[test]
    fn triggers_are_folded() {
        for detector in Detector::ALL {
            for trigger in detector.triggers() {
                assert!(!trigger.is_empty(), "{detector}");
                assert_eq!(
                    fold_literal(trigger.as_bytes()),
                    trigger.as_bytes(),
                    "{detector} {trigger}"
                );
            }
        }
    }

    #[test]
    fn no_detector_minds_what_it_is_given() {
        let long = "é\u{200b}<%' OR 1=1;--\u{1f600}".repeat(400);
        for detector in Detector::ALL {
            for role in Role::ALL {
                for end in (0..=64).chain([long.len()]) {
                    let text = &long[..long.floor_char_boundary(end)];
                    detector.detect(text, *role, &mut |range, _| {
                        assert!(text.get(range).is_some(), "{detector} in {end} bytes");
                    });
                }
            }
        }
    }
}
