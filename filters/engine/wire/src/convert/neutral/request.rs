use serde_json::Value;

use super::{super::Losses, Part, Place, Tool, ToolChoice};

/// A conversation that wants an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// What the operator says before the conversation: system and developer messages at its beginning.
    pub system: Vec<Part>,
    /// The turns.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// Whether and which tool has to be called.
    pub tool_choice: Option<Placed<ToolChoice>>,
    /// Whether several tools may be called in one answer.
    pub parallel_tool_calls: Option<Placed<bool>>,
    /// How the answer is drawn.
    pub sampling: Sampling,
    /// The form of the answer; `None` is plain text.
    pub format: Option<Placed<Format>>,
    /// How much the model thinks first.
    pub reasoning: Option<Placed<Reasoning>>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether a stream of chat completions is to end with usage.
    pub wants_usage: bool,
    /// Whose request it is, for the provider's abuse detection.
    pub user: Option<Placed<String>>,
    /// Names and values for the provider's log.
    pub metadata: Option<Placed<Value>>,
    /// Features of Anthropic's that are asked for by name, in a header or the body.
    pub betas: Vec<Placed<String>>,
    /// What Anthropic is to leave out of a long conversation; elsewhere the model reads all of it.
    pub context_management: Option<Placed<Value>>,
}

/// A value with the place in the client's body where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it was.
    pub place: Place,
}

/// One turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Whose.
    pub role: Role,
    /// What is said, in order. Neighbouring turns of one role are not joined; a writer that must have them alternate
    /// joins them.
    pub parts: Vec<Part>,
    /// The name of one among several participants.
    pub name: Option<Placed<String>>,
    /// Where it was.
    pub place: Place,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The operator, in the middle of a conversation.
    System,
    /// The user; results of tools are theirs too.
    User,
    /// The model.
    Assistant,
}

/// How the answer is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// The most tokens of the answer.
    pub max_tokens: Option<Placed<u64>>,
    /// As sent; ranges differ between providers and are theirs to check.
    pub temperature: Option<Placed<f64>>,
    /// Share of probability that is drawn from.
    pub top_p: Option<Placed<f64>>,
    /// Number of tokens that are drawn from.
    pub top_k: Option<Placed<u64>>,
    /// Texts at which the answer ends.
    pub stop: Option<Placed<Vec<String>>>,
    /// For answers that can be had again.
    pub seed: Option<Placed<i64>>,
    /// Against saying the same tokens often.
    pub frequency_penalty: Option<Placed<f64>>,
    /// Against saying the same tokens twice.
    pub presence_penalty: Option<Placed<f64>>,
    /// How many answers are wanted; `None` is one.
    pub choices: Option<Placed<u64>>,
    /// How many likely tokens are told beside each; zero tells only the chosen ones'.
    pub log_probabilities: Option<Placed<u64>>,
}

/// The form of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Some JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// Its name.
        name: String,
        /// What it is for.
        description: Option<String>,
        /// The JSON Schema.
        schema: Value,
        /// Whether the provider has to keep to it.
        strict: Option<bool>,
    },
}

/// How much the model thinks before it answers; as much as it sees fit where neither effort nor budget says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasoning {
    /// In words.
    pub effort: Option<Effort>,
    /// In tokens.
    pub budget_tokens: Option<u64>,
    /// Whether the thoughts, or a summary, are told.
    pub is_told: bool,
    /// Where it says that the thoughts are not to be told; `None` leaves it to the provider.
    pub untold_place: Option<Place>,
    /// Where the effort was, if a budget stands beside it; most providers are told but one of them.
    pub effort_place: Option<Place>,
}

/// How hard the model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// As usual.
    Medium,
    /// Much.
    High,
    /// Very much.
    ExtraHigh,
    /// As much as it can.
    Highest,
}

// === impl Request ===

impl Request {
    /// Where a tool is asked for that has to be called, without any being there to call.
    #[must_use]
    pub fn forced_tool(&self) -> Option<&Place> {
        let choice = self.tool_choice.as_ref().filter(|_| self.tools.is_empty())?;
        matches!(choice.value, ToolChoice::Required | ToolChoice::Named(_)).then_some(&choice.place)
    }

    /// Tells of what only models of Anthropic's can be told. What a feature is used for has fields of its own, so that
    /// its name alone changes nothing.
    pub fn tell_features(&self, losses: &mut Losses) {
        let betas = self.betas.iter().map(|beta| &beta.place);
        let context = self.context_management.as_ref().map(|context| &context.place);
        betas.chain(context).for_each(|place| losses.tell(place));
    }
}

// === impl Placed ===

impl<T> Placed<T> {
    /// A value at a place.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

// === impl Placed<Reasoning> ===

impl Placed<Reasoning> {
    /// Where the budget is, if an effort stands beside it.
    #[must_use]
    pub fn budget_beside_effort(&self) -> Option<Place> {
        let place = self.value.effort_place.as_ref();
        place.map(|_| self.place.member("budget_tokens"))
    }
}

// === impl Effort ===

impl Effort {
    /// The tokens that the effort comes to where a provider wants a number; `None` where it is not to think.
    #[must_use]
    pub const fn budget_tokens(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Minimal => Some(1_024),
            Self::Low => Some(2_048),
            Self::Medium => Some(8_192),
            Self::High => Some(16_384),
            Self::ExtraHigh => Some(32_768),
            Self::Highest => Some(65_536),
        }
    }

    /// The effort that a number of tokens comes to where a provider wants a word.
    #[must_use]
    pub const fn of_budget(tokens: u64) -> Self {
        match tokens {
            0 => Self::None,
            1..=1_024 => Self::Minimal,
            1_025..=4_096 => Self::Low,
            4_097..=12_288 => Self::Medium,
            12_289..=24_576 => Self::High,
            24_577..=49_152 => Self::ExtraHigh,
            _ => Self::Highest,
        }
    }
}
