use bartizan_scan::Validation;
use bartizan_verdict::{Action, Category};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Word;
use super::text::Name;

/// Rules that find threats in text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RulePackSpec {
    /// The rules.
    #[schemars(length(min = 1))]
    pub(crate) rules: Vec<RuleSpec>,
}

/// One rule: what it finds, what that means, and texts that prove it. It has either `phrases` or a `regex`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RuleSpec {
    /// Its name; unique among all rules. The default placeholder is made of it.
    pub(crate) id: Name,
    /// What it looks for.
    pub(crate) category: Word<Category>,
    /// The risks it addresses: `LLM01` to `LLM10`, `ASI01` to `ASI10`.
    #[schemars(length(min = 1))]
    pub(crate) owasp: Vec<String>,
    /// What is done about a match, unless the ThreatPolicy says otherwise for its category.
    #[schemars(schema_with = "rule_action_schema")]
    pub(crate) action: Word<Action>,
    /// Phrases; upper and lower case are the same, and so is any run of white space.
    #[schemars(length(min = 1))]
    pub(crate) phrases: Option<Vec<String>>,
    /// A regular expression, in the syntax of Rust's `regex-automata`, with ASCII classes.
    pub(crate) regex: Option<String>,
    /// A further test that a match of the `regex` must pass.
    pub(crate) validate: Option<Word<Validation>>,
    /// Words of which one must stand near a match of the `regex`: in the 64 bytes before it or the 32 after. They are
    /// whole, in any case; `*` at the end stands for further letters.
    #[serde(default)]
    pub(crate) context: Vec<String>,
    /// Words of which none may stand in the 24 bytes before a match of the `regex`.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
    /// What `mask` writes instead of a match; by default the rule's id in upper case, in brackets.
    pub(crate) placeholder: Option<String>,
    /// Texts that prove the rule.
    pub(crate) examples: ExamplesSpec,
}

/// Texts that a rule must and must not find something in; they are tried whenever the policy is compiled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExamplesSpec {
    /// Texts with a match.
    #[serde(rename = "match")]
    #[schemars(length(min = 1))]
    pub(crate) matching: Vec<String>,
    /// Texts without one; the nearer to a match, the better.
    #[serde(rename = "noMatch")]
    #[schemars(length(min = 1))]
    pub(crate) not_matching: Vec<String>,
}

/// A rule that allowed what it finds would be none.
fn rule_action_schema(_: &mut SchemaGenerator) -> Schema {
    let actions = [Action::Block, Action::Mask, Action::Audit].map(Action::as_str);
    json_schema!({"type": "string", "enum": actions})
}
