//! Places in answers that stream.

use bartizan_prompt::{SpanKind, Surface};
use bartizan_verdict::Role;

/// A place in an answer that streams.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Which API.
    pub surface: Surface,
    /// What it is called.
    pub name: &'static str,
    /// Whose words they are.
    pub role: Role,
    /// What they are.
    pub kind: SpanKind,
    /// How they come.
    pub arrival: Arrival,
    /// The data of an event, with `TEXT` where the text or a piece of it stands between quotes.
    pub json: &'static str,
}

/// How a text comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// In pieces, which leave as soon as they can become no finding.
    Flows,
    /// In pieces, which are kept until all are there.
    Waits,
    /// In one event.
    Whole,
}

impl Arrival {
    /// The name used in documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flows => "in pieces",
            Self::Waits => "in pieces, kept until whole",
            Self::Whole => "whole",
        }
    }
}

impl Flow {
    /// The events of an answer with the text in this place, as its pieces are written between quotes.
    #[must_use]
    pub fn stream<S: AsRef<str>>(&self, pieces: &[S]) -> String {
        let (before, after) = match self.surface {
            Surface::Messages => (
                r#"{"type":"message_start","message":{"role":"assistant","content":[]}}"#,
                r#"{"type":"content_block_stop","index":0}"#,
            ),
            Surface::Responses => (
                r#"{"type":"response.created","response":{"output":[]}}"#,
                r#"{"type":"response.completed","response":{"output":[]}}"#,
            ),
            Surface::Mcp | Surface::Json | Surface::Embeddings => ("", ""),
            Surface::Chat => (
                r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            ),
        };
        let says = pieces.iter().map(|piece| self.json.replace("TEXT", piece.as_ref()));
        let all = [before.to_owned()].into_iter().chain(says).chain([after.to_owned()]);
        let events = all
            .filter(|data| !data.is_empty())
            .map(|data| format!("data: {data}\n\n"));
        events.collect()
    }
}

macro_rules! flows {
    ($($surface:ident $name:literal $role:ident $kind:ident $arrival:ident $json:literal,)+) => {
        /// Every place in answers that stream where there can be text.
        pub const FLOWS: &[Flow] = &[$(Flow {
            surface: Surface::$surface,
            name: $name,
            role: Role::$role,
            kind: SpanKind::$kind,
            arrival: Arrival::$arrival,
            json: $json,
        },)+];
    };
}

flows! {
    Chat "content" Assistant Message Flows r#"{"id":"c","choices":[{"index":0,"delta":{"content":"TEXT"}}]}"#,
    Chat "content of another choice" Assistant Message Flows r#"{"id":"c","choices":[{"index":3,"delta":{"content":"TEXT"}}]}"#,
    Chat "content, index last" Assistant Message Flows r#"{"id":"c","choices":[{"delta":{"content":"TEXT"},"index":2}]}"#,
    Chat "refusal" Assistant Reasoning Flows r#"{"id":"c","choices":[{"index":0,"delta":{"refusal":"TEXT"}}]}"#,
    Chat "reasoning" Assistant Reasoning Flows r#"{"id":"c","choices":[{"index":0,"delta":{"reasoning_content":"TEXT"}}]}"#,
    Chat "name of a called function" Assistant ToolCall Whole r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"TEXT","arguments":""}}]}}]}"#,
    Chat "arguments of a call" Assistant ToolCall Waits r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"TEXT"}}]}}]}"#,
    Chat "arguments of the second call" Assistant ToolCall Waits r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"TEXT"}}]}}]}"#,
    Chat "input of a custom tool" Assistant ToolCall Waits r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"custom":{"input":"TEXT"}}]}}]}"#,
    Chat "arguments of an old function call" Assistant ToolCall Waits r#"{"id":"c","choices":[{"index":0,"delta":{"function_call":{"arguments":"TEXT"}}}]}"#,
    Chat "transcript of sound" Assistant Message Flows r#"{"id":"c","choices":[{"index":0,"delta":{"audio":{"transcript":"TEXT"}}}]}"#,
    Chat "title of a citation" Document Document Whole r#"{"id":"c","choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"title":"TEXT"}}]}}]}"#,
    Chat "field of no known name in a delta" Assistant Other Flows r#"{"id":"c","choices":[{"index":0,"delta":{"novelty":{"a":"TEXT"}}}]}"#,
    Chat "field of no known name in a choice" Assistant Other Whole r#"{"id":"c","choices":[{"index":0,"delta":{},"novelty":"TEXT"}]}"#,
    Chat "field of no known name" Assistant Other Whole r#"{"id":"c","choices":[],"novelty":"TEXT"}"#,
    Chat "error" Assistant Other Whole r#"{"error":{"message":"TEXT"}}"#,
    Responses "text" Assistant Message Flows r#"{"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"TEXT","logprobs":[]}"#,
    Responses "text of another part" Assistant Message Flows r#"{"type":"response.output_text.delta","output_index":2,"content_index":1,"delta":"TEXT"}"#,
    Responses "text, repeated" Assistant Message Whole r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"TEXT"}"#,
    Responses "text of a part, repeated" Assistant Message Whole r#"{"type":"response.content_part.done","output_index":0,"content_index":0,"part":{"type":"output_text","text":"TEXT"}}"#,
    Responses "text of an item, repeated" Assistant Message Whole r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"TEXT"}]}}"#,
    Responses "text of the answer, repeated" Assistant Message Whole r#"{"type":"response.completed","response":{"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"TEXT"}]}]}}"#,
    Responses "refusal" Assistant Reasoning Flows r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"TEXT"}"#,
    Responses "summary of reasoning" Assistant Reasoning Flows r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"TEXT"}"#,
    Responses "reasoning" Assistant Reasoning Flows r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"TEXT"}"#,
    Responses "title of a citation" Document Document Whole r#"{"type":"response.output_text.annotation.added","output_index":0,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","title":"TEXT"}}"#,
    Responses "arguments of a call" Assistant ToolCall Waits r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"TEXT"}"#,
    Responses "arguments of an MCP call" Assistant ToolCall Waits r#"{"type":"response.mcp_call_arguments.delta","output_index":0,"delta":"TEXT"}"#,
    Responses "input of a custom tool" Assistant ToolCall Waits r#"{"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"TEXT"}"#,
    Responses "code to be run" Assistant ToolCall Waits r#"{"type":"response.code_interpreter_call_code.delta","output_index":0,"delta":"TEXT"}"#,
    Responses "patch to be applied" Assistant ToolCall Waits r#"{"type":"response.apply_patch_call_operation_diff.delta","output_index":0,"delta":"TEXT"}"#,
    Responses "name of a called function" Assistant ToolCall Whole r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c","name":"TEXT","arguments":""}}"#,
    Responses "event of no known type" Assistant Message Flows r#"{"type":"response.novelty.delta","output_index":0,"delta":"TEXT"}"#,
    Responses "field of no known name" Assistant Other Whole r#"{"type":"response.in_progress","novelty":{"a":"TEXT"}}"#,
    Responses "error" Assistant Other Whole r#"{"type":"error","code":"server_error","message":"TEXT"}"#,
    Messages "text" Assistant Message Flows r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}}"#,
    Messages "text of another block" Assistant Message Flows r#"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"TEXT"}}"#,
    Messages "thinking" Assistant Reasoning Flows r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"TEXT"}}"#,
    Messages "input of a call" Assistant ToolCall Waits r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"TEXT"}}"#,
    Messages "name of a called tool" Assistant ToolCall Whole r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"TEXT","input":{}}}"#,
    Messages "result of an MCP tool" Tool ToolResult Whole r#"{"type":"content_block_start","index":0,"content_block":{"type":"mcp_tool_result","tool_use_id":"t","content":[{"type":"text","text":"TEXT"}]}}"#,
    Messages "title of a page that was found" Document Document Whole r#"{"type":"content_block_start","index":0,"content_block":{"type":"web_search_tool_result","tool_use_id":"t","content":[{"type":"web_search_result","title":"TEXT"}]}}"#,
    Messages "cited text" Document Document Whole r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"TEXT"}}}"#,
    Messages "delta of no known type" Assistant Other Flows r#"{"type":"content_block_delta","index":0,"delta":{"type":"novelty_delta","novelty":"TEXT"}}"#,
    Messages "stop sequence" Assistant Other Whole r#"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"TEXT"}}"#,
    Messages "field of no known name" Assistant Other Whole r#"{"type":"ping","novelty":"TEXT"}"#,
    Messages "error" Assistant Other Whole r#"{"type":"error","error":{"type":"overloaded_error","message":"TEXT"}}"#,
    Mcp "text of a result" Tool ToolResult Whole r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"TEXT"}]}}"#,
    Mcp "word of progress" Tool ToolResult Whole r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"message":"TEXT"}}"#,
    Mcp "error" Tool ToolResult Whole r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"TEXT"}}"#,
}
