use bartizan_scan::{Actions, CategorySet};
use bartizan_verdict::{Category, Mode, Role};
use serde::{Deserialize, Serialize};

use super::envelope::{self, DecodeError, Kind};

/// What happens to a request that could not be checked because checking itself failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureMode {
    /// It is refused.
    #[default]
    FailClosed,
    /// It passes.
    FailOpen,
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
    /// Whose texts are not searched for [`ThreatScanConfig::EXEMPTABLE`] categories.
    pub exempt_roles: Vec<Role>,
    /// What happens when scanning fails.
    pub failure_mode: FailureMode,
    /// The rules, as `bartizan_scan::Scanner::load` takes them.
    pub pack: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Content<'b> {
    max_body_bytes: u32,
    mode: &'b str,
    answers: &'b str,
    actions: Actions,
    #[serde(borrow)]
    exempt_roles: Vec<&'b str>,
    failure_mode: FailureMode,
    pack: &'b [u8],
}

impl ThreatScanConfig {
    /// The categories an exempt role is exempt from. An operator's own system prompt reads like an attack on the
    /// model, but a credential or personal data in it is as real as elsewhere.
    pub const EXEMPTABLE: [Category; 3] = [
        Category::PromptInjection,
        Category::Jailbreak,
        Category::PromptExtraction,
    ];

    /// What texts of a role are searched for.
    #[must_use]
    pub fn applies_to(&self, role: Role) -> CategorySet {
        if self.exempt_roles.contains(&role) {
            Self::EXEMPTABLE
                .into_iter()
                .fold(CategorySet::ALL, CategorySet::without)
        } else {
            CategorySet::ALL
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
            exempt_roles: self.exempt_roles.iter().map(|role| role.as_str()).collect(),
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
        let role = |text: &&str| Role::parse(text).ok_or(DecodeError::Damaged);
        Ok(Self {
            max_body_bytes: content.max_body_bytes,
            mode: mode(content.mode)?,
            answers: mode(content.answers)?,
            actions: content.actions,
            exempt_roles: content.exempt_roles.iter().map(role).collect::<Result<_, _>>()?,
            failure_mode: content.failure_mode,
            pack: content.pack.to_vec(),
        })
    }
}
