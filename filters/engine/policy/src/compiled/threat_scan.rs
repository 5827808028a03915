use std::borrow::Cow;

use bartizan_scan::{Actions, CategorySet, Exception, Terms, Thresholds};
use bartizan_verdict::{Mode, Role};
use serde::{Deserialize, Serialize};

use super::envelope::{self, DecodeError, Kind};
use super::pattern;

/// What happens to a request that could not be checked because checking itself failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureMode {
    /// It is refused.
    #[default]
    FailClosed,
    /// It passes.
    FailOpen,
}

/// What happens to content that cannot be scanned, such as an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnscannableMode {
    /// The message that has it is refused.
    Refuse,
    /// It passes, and is reported.
    #[default]
    Audit,
    /// It passes.
    Allow,
}

/// What the threat-scan filter knows: what to look for, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreatScanConfig {
    /// The longest request body that is scanned, in bytes; a longer one is refused.
    pub max_body_bytes: u32,
    /// How far findings in requests are acted upon.
    pub mode: Mode,
    /// How far findings in answers are acted upon.
    pub answers: Mode,
    /// What to do about each category, where policy says something else than its rules.
    pub actions: Actions,
    /// From which scores on findings are reported and acted upon.
    pub thresholds: Thresholds,
    /// Where less is done about findings.
    pub exceptions: Vec<CallException>,
    /// What is masked in a request so that it can be restored in the answer.
    pub reversible: CategorySet,
    /// What happens to content that cannot be scanned.
    pub unscannable: UnscannableMode,
    /// What happens when scanning fails.
    pub failure_mode: FailureMode,
    /// The rules, as `bartizan_scan::Scanner::load` takes them.
    pub pack: Vec<u8>,
}

/// An exception, and the calls in which it holds. Empty lists stand for any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallException {
    /// Its name.
    pub name: String,
    /// Names of tenants.
    pub tenants: Vec<String>,
    /// Names of models, or beginnings of names followed by `*`.
    pub models: Vec<String>,
    /// Paths without query, or beginnings of paths followed by `*`.
    pub routes: Vec<String>,
    /// What is excepted.
    pub exception: Exception,
}

/// A call, as far as exceptions ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller<'c> {
    /// Name of the tenant that calls.
    pub tenant: &'c str,
    /// The model that is asked for; empty if none is.
    pub model: &'c str,
    /// The path that is called, with or without its query.
    pub path: &'c str,
}

impl CallException {
    /// Whether the exception holds in a call.
    #[must_use]
    pub fn holds_for(&self, caller: &Caller<'_>) -> bool {
        let path = caller.path.split(['?', '#']).next().unwrap_or_default();
        let any = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern::fits(pattern, text))
        };
        let tenant = self.tenants.is_empty() || self.tenants.iter().any(|tenant| tenant == caller.tenant);
        tenant && any(&self.models, caller.model) && any(&self.routes, path)
    }
}

#[derive(Serialize, Deserialize)]
struct Content<'b> {
    max_body_bytes: u32,
    mode: &'b str,
    answers: &'b str,
    actions: Actions,
    thresholds: Thresholds,
    exceptions: Cow<'b, [CallException]>,
    reversible: CategorySet,
    unscannable: UnscannableMode,
    failure_mode: FailureMode,
    pack: &'b [u8],
}

impl ThreatScanConfig {
    /// A configuration with the defaults for all else: bodies of up to 8 MiB, no exceptions, no reversible masks, a report of what cannot be
    /// scanned, failing closed.
    #[must_use]
    pub fn new(mode: Mode, pack: Vec<u8>) -> Self {
        Self {
            max_body_bytes: 8 << 20,
            mode,
            answers: mode,
            actions: Actions::default(),
            thresholds: Thresholds::default(),
            exceptions: Vec::new(),
            reversible: CategorySet::EMPTY,
            unscannable: UnscannableMode::default(),
            failure_mode: FailureMode::FailClosed,
            pack,
        }
    }

    /// Whether an exception asks for the path of a call.
    #[must_use]
    pub fn asks_for_path(&self) -> bool {
        self.exceptions.iter().any(|exception| !exception.routes.is_empty())
    }

    /// Whether an exception asks for the model of a call.
    #[must_use]
    pub fn asks_for_model(&self) -> bool {
        self.exceptions.iter().any(|exception| !exception.models.is_empty())
    }

    /// What texts of a role are searched for.
    #[must_use]
    pub fn applies_to(&self, role: Role) -> CategorySet {
        self.thresholds.applies_to(role)
    }

    /// What the policy says about findings in one message of a call.
    #[must_use]
    pub fn terms(&self, mode: Mode, caller: &Caller<'_>) -> Terms<'_> {
        let mut exceptions = Vec::new();
        for exception in &self.exceptions {
            if exception.holds_for(caller) {
                exceptions.push(&exception.exception);
            }
        }
        Terms {
            mode,
            actions: &self.actions,
            thresholds: &self.thresholds,
            exceptions,
        }
    }

    /// The bytes to give to the filter.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let content = Content {
            max_body_bytes: self.max_body_bytes,
            mode: self.mode.as_str(),
            answers: self.answers.as_str(),
            actions: self.actions,
            thresholds: self.thresholds,
            exceptions: Cow::Borrowed(&self.exceptions),
            reversible: self.reversible,
            unscannable: self.unscannable,
            failure_mode: self.failure_mode,
            pack: &self.pack,
        };
        envelope::encode(Kind::ThreatScan, &content)
    }

    /// Reads what [`ThreatScanConfig::encode`] wrote. The rules are taken as they are; loading them may still fail.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content: Content<'_> = envelope::decode(Kind::ThreatScan, bytes)?;
        let mode = |text| Mode::parse(text).ok_or(DecodeError::Damaged);
        Ok(Self {
            max_body_bytes: content.max_body_bytes,
            mode: mode(content.mode)?,
            answers: mode(content.answers)?,
            actions: content.actions,
            thresholds: content.thresholds,
            exceptions: content.exceptions.into_owned(),
            reversible: content.reversible,
            unscannable: content.unscannable,
            failure_mode: content.failure_mode,
            pack: content.pack.to_vec(),
        })
    }
}
