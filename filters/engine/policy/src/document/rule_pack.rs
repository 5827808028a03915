use std::borrow::Cow;

use bartizan_scan::{Detector, Validation};
use bartizan_verdict::{Action, Category, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::text::Name;
use super::{Hundredths, Word};

/// Rules that find threats in text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RulePackSpec {
    /// The rules.
    #[schemars(length(min = 1))]
    pub(crate) rules: Vec<RuleSpec>,
}

/// One rule: what it finds, what that means, and texts that prove it. It has `phrases`, a `regex` or a `detector`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
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
    /// Whether `\s` in the `regex` also stands for the marks that set words off: quotes, commas, parentheses, asterisks,
    /// backticks and tildes; by default not.
    #[serde(default)]
    pub(crate) loose_spacing: bool,
    /// A built-in detector, which finds what neither phrases nor a regular expression can tell.
    pub(crate) detector: Option<Word<Detector>>,
    /// How sure a match of the phrases or the regex is, from 0 to 1; by default 1.
    pub(crate) score: Option<Hundredths>,
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExamplesSpec {
    /// Texts with a match.
    #[serde(rename = "match")]
    #[schemars(length(min = 1))]
    pub(crate) matching: Vec<ExampleSpec>,
    /// Texts without one; the nearer to a match, the better.
    #[serde(rename = "noMatch")]
    #[schemars(length(min = 1))]
    pub(crate) not_matching: Vec<ExampleSpec>,
}

/// Bytes of a repeated example, at most.
const LONGEST_EXAMPLE: usize = 1 << 20;

/// A text that proves a rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ExampleSpec {
    /// What a user says.
    Text(String),
    /// What somebody else says, or something long.
    Placed(PlacedExampleSpec),
}

/// A text that proves a rule, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlacedExampleSpec {
    /// The text.
    pub(crate) text: String,
    /// Whose words it is; by default `user`.
    pub(crate) role: Option<Word<Role>>,
    /// How often the text stands there, one right after the other, up to 1 MiB; by default once.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) times: Option<u32>,
}

impl ExampleSpec {
    /// The whole text; a repeated one is no longer than [`LONGEST_EXAMPLE`].
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Placed(PlacedExampleSpec { text, times, .. }) => {
                let times = times.and_then(|times| usize::try_from(times).ok()).unwrap_or(1);
                match times.min(LONGEST_EXAMPLE / text.len().max(1)) {
                    0 | 1 => text.into(),
                    times => text.repeat(times).into(),
                }
            }
        }
    }

    /// Whose words it is.
    pub(crate) fn role(&self) -> Role {
        match self {
            Self::Text(_) => Role::User,
            Self::Placed(placed) => placed.role.map_or(Role::User, |role| role.0),
        }
    }
}

/// A rule that allowed what it finds would be none.
fn rule_action_schema(_: &mut SchemaGenerator) -> Schema {
    let actions = [Action::Block, Action::Mask, Action::Audit].map(Action::as_str);
    json_schema!({"type": "string", "enum": actions})
}
