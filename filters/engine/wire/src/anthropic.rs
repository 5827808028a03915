//! Anthropic's messages: request, answer, stream event, error.
//!
//! Only what somebody reads has a field; every other member is kept in `rest`, and written back.
//! Reference: <https://docs.anthropic.com/en/api/messages>.
//!
//! ```
//! use bartizan_wire::anthropic::{Block, MessagesAnswer};
//!
//! let body = r#"{"id":"msg_1","type":"message","role":"assistant","model":"small","stop_reason":"end_turn",
//!     "content":[{"type":"text","text":"Hello"}],"usage":{"input_tokens":3,"output_tokens":1}}"#;
//! let answer: MessagesAnswer = serde_json::from_str(body)?;
//! assert!(matches!(&answer.content[0], Block::Text { text, .. } if text == "Hello"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Field;

/// The body of `POST /v1/messages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesRequest {
    /// Name of the model.
    pub model: String,
    /// Most tokens of the answer.
    pub max_tokens: u64,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The operator's instructions.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub system: Field<Content>,
    /// Whether the answer is streamed. Default: no.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stream: Field<bool>,
    /// What the model may call.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tools: Field<Vec<Tool>>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A message of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Who speaks in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The user, and tools that return something.
    User,
    /// The model.
    Assistant,
    /// A role that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// What is said in a message, or returned by a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Text, images, documents, tool calls and their results.
    Blocks(Vec<Block>),
}

/// A block of a content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// What the model thinks.
    Thinking {
        /// The text.
        thinking: String,
        /// Proof that it is the model's.
        #[serde(default, skip_serializing_if = "Field::is_absent")]
        signature: Field<String>,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// A call that the model makes.
    ToolUse {
        /// Names the call.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments.
        input: Value,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// What a tool returned.
    ToolResult {
        /// The call.
        tool_use_id: String,
        /// What it returned.
        #[serde(default, skip_serializing_if = "Field::is_absent")]
        content: Field<Content>,
        /// Whether the tool failed. Default: no.
        #[serde(default, skip_serializing_if = "Field::is_absent")]
        is_error: Field<bool>,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// Images, documents, and whatever else is or will be.
    #[serde(untagged)]
    Other(Value),
}

/// Something that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub description: Field<String>,
    /// JSON Schema of its arguments.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub input_schema: Field<Value>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The whole answer to a [`MessagesRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesAnswer {
    /// Names the answer.
    pub id: String,
    /// `message`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `assistant`.
    pub role: Role,
    /// The model that answered.
    pub model: String,
    /// What the model says.
    pub content: Vec<Block>,
    /// `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `refusal`; null while streaming.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stop_reason: Field<String>,
    /// The stop sequence that was met.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stop_sequence: Field<String>,
    /// Tokens used.
    pub usage: MessagesUsage,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Tokens used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesUsage {
    /// Of the request, but for cached ones.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub input_tokens: Field<u64>,
    /// Of the request, written to the cache.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub cache_creation_input_tokens: Field<u64>,
    /// Of the request, read from the cache.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub cache_read_input_tokens: Field<u64>,
    /// Of the answer so far.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub output_tokens: Field<u64>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The data of an event of a streamed answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// The first: the answer without content.
    MessageStart {
        /// The answer.
        message: MessagesAnswer,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// A block begins.
    ContentBlockStart {
        /// Its number.
        index: u32,
        /// The block, empty.
        content_block: Block,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// More of a block.
    ContentBlockDelta {
        /// Its number.
        index: u32,
        /// What is added.
        delta: Delta,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// A block is complete.
    ContentBlockStop {
        /// Its number.
        index: u32,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// The answer is nearly complete.
    MessageDelta {
        /// What is new at the answer.
        delta: MessageChange,
        /// Tokens used up to now.
        usage: MessagesUsage,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// The last.
    MessageStop {
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// Nothing; keeps the connection alive.
    Ping {
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// The stream breaks off.
    Error {
        /// Why.
        error: ErrorDetail,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// An event that is not known here.
    #[serde(untagged)]
    Other(Value),
}

/// What is added to a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delta {
    /// More text.
    TextDelta {
        /// The text.
        text: String,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// More of a tool's arguments.
    InputJsonDelta {
        /// JSON text, cut anywhere.
        partial_json: String,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// More of what the model thinks.
    ThinkingDelta {
        /// The text.
        thinking: String,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// Proof that the thinking is the model's.
    SignatureDelta {
        /// The proof.
        signature: String,
        /// Every other member.
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    /// A change that is not known here.
    #[serde(untagged)]
    Other(Value),
}

/// What is new at an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageChange {
    /// As in [`MessagesAnswer`].
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stop_reason: Field<String>,
    /// As in [`MessagesAnswer`].
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stop_sequence: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The body of an answer with an error status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// `error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The error.
    pub error: ErrorDetail,
    /// Names the request.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub request_id: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// The class of error.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is wrong, for people.
    pub message: String,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
