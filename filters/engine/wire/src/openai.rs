//! OpenAI's chat completions: request, answer, stream chunk, error.
//!
//! Only what somebody reads has a field; every other member is kept in `rest`, and written back.
//! Reference: <https://platform.openai.com/docs/api-reference/chat>.
//!
//! ```
//! use bartizan_wire::openai::{ChatRequest, Content};
//!
//! let body = r#"{"model":"small","messages":[{"role":"user","content":"Hello"}],"seed":7}"#;
//! let request: ChatRequest = serde_json::from_str(body)?;
//! assert_eq!(request.messages[0].content.get(), Some(&Content::Text("Hello".to_owned())));
//! assert_eq!(request.rest["seed"], 7);
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Field;

/// The body of `POST /v1/chat/completions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// Name of the model.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Whether the answer is streamed. Default: no.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stream: Field<bool>,
    /// Only with `stream`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub stream_options: Field<StreamOptions>,
    /// Most tokens of a choice; older name.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub max_tokens: Field<u64>,
    /// Most tokens of a choice, reasoning included.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub max_completion_tokens: Field<u64>,
    /// Number of choices. Default: 1.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub n: Field<u64>,
    /// What the model may call.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tools: Field<Vec<Tool>>,
    /// The client's own name for whoever asks.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How to stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamOptions {
    /// Whether a last chunk reports the usage. Default: no.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub include_usage: Field<bool>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A message of a request or an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; null beside tool calls.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub content: Field<Content>,
    /// Name of the speaker.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// Why the model does not answer.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub refusal: Field<String>,
    /// What the model calls.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tool_calls: Field<Vec<ToolCall>>,
    /// The call that a message of role `tool` answers.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tool_call_id: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Who speaks in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The operator; older name.
    System,
    /// The operator.
    Developer,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
    /// A role that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// What is said in a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Text, images, audio and files.
    Parts(Vec<Part>),
}

/// A part of a message's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// `text`, `image_url`, `input_audio`, `file` or `refusal`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of a `text` part.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub text: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Something that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `function`, or another kind of tool.
    #[serde(rename = "type")]
    pub kind: String,
    /// The function.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub function: Field<FunctionDefinition>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A function that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionDefinition {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub description: Field<String>,
    /// JSON Schema of its arguments.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub parameters: Field<Value>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A call that the model makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names the call.
    pub id: String,
    /// `function`, or another kind of tool.
    #[serde(rename = "type")]
    pub kind: String,
    /// The function called.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub function: Field<FunctionCall>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Its name.
    pub name: String,
    /// JSON text, as the model wrote it; it may be none.
    pub arguments: String,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The whole answer to a [`ChatRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatAnswer {
    /// Names the answer.
    pub id: String,
    /// `chat.completion`.
    pub object: String,
    /// Unix time, seconds.
    pub created: u64,
    /// The model that answered.
    pub model: String,
    /// The answers, as many as were asked for.
    pub choices: Vec<Choice>,
    /// Tokens used.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub usage: Field<ChatUsage>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Its number.
    pub index: u32,
    /// What the model says.
    pub message: Message,
    /// `stop`, `length`, `tool_calls` or `content_filter`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub finish_reason: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Tokens used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatUsage {
    /// Of the request, cached ones included.
    pub prompt_tokens: u64,
    /// Of the answer, reasoning included.
    pub completion_tokens: u64,
    /// The sum.
    pub total_tokens: u64,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An event of a streamed answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatChunk {
    /// Names the answer; the same in each chunk.
    pub id: String,
    /// `chat.completion.chunk`.
    pub object: String,
    /// Unix time, seconds.
    pub created: u64,
    /// The model that answers.
    pub model: String,
    /// What is new; empty in the chunk that reports usage.
    pub choices: Vec<ChunkChoice>,
    /// Tokens used, in the last chunk if asked for.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub usage: Field<ChatUsage>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is new in one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChunkChoice {
    /// Its number.
    pub index: u32,
    /// What is said next.
    pub delta: Delta,
    /// As in [`Choice`], once it is complete.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub finish_reason: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is added to a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Who speaks; in the first chunk.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub role: Field<Role>,
    /// More text.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub content: Field<String>,
    /// More of the refusal.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub refusal: Field<String>,
    /// More of the tool calls.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tool_calls: Field<Vec<ToolCallDelta>>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is added to a tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCallDelta {
    /// Number of the call.
    pub index: u32,
    /// Names the call; in its first chunk.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// Kind of the tool; in its first chunk.
    #[serde(rename = "type", default, skip_serializing_if = "Field::is_absent")]
    pub kind: Field<String>,
    /// More of the function.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub function: Field<FunctionCallDelta>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is added to a function with its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionCallDelta {
    /// Its name; in the first chunk.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// More of the JSON text.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub arguments: Field<String>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The body of an answer with an error status, and the data of an error within a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// The error.
    pub error: ErrorDetail,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// What is wrong, for people.
    pub message: String,
    /// The class of error.
    #[serde(rename = "type", default, skip_serializing_if = "Field::is_absent")]
    pub kind: Field<String>,
    /// The member of the request that is wrong.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub param: Field<String>,
    /// What is wrong, for programs; some providers send numbers.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub code: Field<Value>,
    /// Every other member.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
