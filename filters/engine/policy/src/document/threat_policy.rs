use std::collections::BTreeMap;

use bartizan_verdict::{Action, Category, Mode, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::text::{AllowedText, ModelPattern, Name, RoutePattern};
use super::{Level, Word};

/// What is done about threats.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ThreatPolicySpec {
    /// Whether findings are acted upon (`enforce`), only reported (`audit`), or nothing is scanned (`off`).
    pub(crate) mode: Word<Mode>,
    /// Names of the RulePacks in force.
    pub(crate) rule_packs: Vec<Name>,
    /// What to do about a category, whatever its rules say.
    #[serde(default)]
    #[schemars(schema_with = "actions_schema")]
    pub(crate) actions: BTreeMap<Word<Category>, Word<Action>>,
    /// From which scores on findings are reported and acted upon; where entries overlap, later ones win.
    #[serde(default)]
    pub(crate) thresholds: Vec<ThresholdSpec>,
    /// How findings are masked.
    #[serde(default)]
    pub(crate) masking: MaskingSpec,
    /// Where less is done about findings.
    #[serde(default)]
    pub(crate) exceptions: Vec<ExceptionSpec>,
    /// Texts known to be false alarms, regardless of case and white space: no finding when what a rule found, or all of
    /// the text it is in (unless a model's), is one of these.
    #[serde(default)]
    pub(crate) allow_list: Vec<AllowedText>,
    /// What holds for answers; by default what holds for requests.
    pub(crate) answers: Option<AnswersSpec>,
    /// What happens to a message with content that cannot be scanned: images, sound, files that are no text, encrypted
    /// reasoning, token numbers, and what the provider fetches or keeps itself.
    #[serde(default)]
    pub(crate) unscannable: UnscannableSpec,
    /// What happens to a message when scanning it fails.
    #[serde(default)]
    pub(crate) failure_mode: FailureModeSpec,
}

/// From which scores on findings of some categories, in the words of some roles, are reported and acted upon.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ThresholdSpec {
    /// Which categories; by default all.
    #[schemars(length(min = 1))]
    pub(crate) categories: Option<Vec<Word<Category>>>,
    /// Whose words; by default anybody's.
    #[schemars(length(min = 1))]
    pub(crate) roles: Option<Vec<Word<Role>>>,
    /// From here on a finding is reported; by default as before.
    pub(crate) audit: Option<Level>,
    /// From here on a finding is acted upon; by default as before.
    pub(crate) act: Option<Level>,
}

/// Findings about which less is done; every condition that is written must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExceptionSpec {
    /// Its name; unique among the exceptions.
    pub(crate) name: Name,
    /// Ids of rules; by default any.
    #[schemars(length(min = 1))]
    pub(crate) rules: Option<Vec<Name>>,
    /// Categories; by default any.
    #[schemars(length(min = 1))]
    pub(crate) categories: Option<Vec<Word<Category>>>,
    /// Names of the Tenants that call; by default any.
    #[schemars(length(min = 1))]
    pub(crate) tenants: Option<Vec<Name>>,
    /// The models that are asked for; by default any.
    #[schemars(length(min = 1))]
    pub(crate) models: Option<Vec<ModelPattern>>,
    /// The paths that are called; by default any.
    #[schemars(length(min = 1))]
    pub(crate) routes: Option<Vec<RoutePattern>>,
    /// The most that is done about such a finding: nothing (`allow`), or a report (`audit`).
    pub(crate) action: ExceptionActionSpec,
}

/// The most that is done about what is excepted.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ExceptionAction")]
#[serde(rename_all = "camelCase")]
pub(crate) enum ExceptionActionSpec {
    /// Nothing.
    Allow,
    /// A report.
    Audit,
}

/// How findings are masked.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MaskingSpec {
    /// Categories whose masks in a request are numbered, such as `[EMAIL_1]`, and replaced by what they stand for where
    /// the answer says them; by default none.
    #[serde(default)]
    pub(crate) reversible: Vec<Word<Category>>,
}

/// What holds for answers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnswersSpec {
    /// As `spec.mode`, for answers.
    pub(crate) mode: Word<Mode>,
}

/// What happens to content that cannot be scanned.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Unscannable")]
#[serde(rename_all = "camelCase")]
pub(crate) enum UnscannableSpec {
    /// The message is refused.
    Refuse,
    /// It passes, and is reported.
    #[default]
    Audit,
    /// It passes.
    Allow,
}

/// Whether a message that could not be scanned is refused or passes.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "FailureMode")]
pub(crate) enum FailureModeSpec {
    /// It is refused.
    #[default]
    FailClosed,
    /// It passes.
    FailOpen,
}

fn actions_schema(generator: &mut SchemaGenerator) -> Schema {
    let action = generator.subschema_for::<Word<Action>>();
    let properties: BTreeMap<_, _> = Category::ALL
        .iter()
        .map(|category| (category.as_str(), action.clone()))
        .collect();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
}
