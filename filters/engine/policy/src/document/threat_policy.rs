use std::collections::BTreeMap;

use bartizan_verdict::{Action, Category, Mode, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Word;
use super::text::Name;

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
    /// Whose texts are not searched for prompt injection, jailbreaks and prompt extraction; by default `system`.
    #[serde(default = "system_role")]
    pub(crate) exempt_roles: Vec<Word<Role>>,
    /// What holds for answers; by default what holds for requests.
    pub(crate) answers: Option<AnswersSpec>,
    /// What happens to a message when scanning it fails.
    #[serde(default)]
    pub(crate) failure_mode: FailureModeSpec,
}

/// What holds for answers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnswersSpec {
    /// As `spec.mode`, for answers.
    pub(crate) mode: Word<Mode>,
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

fn system_role() -> Vec<Word<Role>> {
    vec![Word(Role::System)]
}

fn actions_schema(generator: &mut SchemaGenerator) -> Schema {
    let action = generator.subschema_for::<Word<Action>>();
    let properties: BTreeMap<_, _> = Category::ALL
        .iter()
        .map(|category| (category.as_str(), action.clone()))
        .collect();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
}
