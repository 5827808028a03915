//! `docs/conversions.md`: what each provider can be told of what clients say, as the conversions themselves tell.
//!
//! Set `BLESS=1` to write it anew, and read the difference before it is committed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bartizan_wire::convert::neutral::Request;
use bartizan_wire::convert::{Losses, request};
use serde_json::{Value, json};

use crate::golden::read;

type Write = fn(&Request, &mut Losses) -> Value;

const HEAD: &str = include_str!("table/head.md");

/// Columns.
const PROVIDERS: &[(&str, Write)] = &[
    ("OpenAI, Azure", |request, losses| {
        request::to_chat::write(request, "gpt-6", &request::to_chat::Target::OPENAI, losses)
    }),
    ("compatible", |request, losses| {
        request::to_chat::write(request, "llama-5", &request::to_chat::Target::COMPATIBLE, losses)
    }),
    ("Claude 4.5", |request, losses| {
        request::to_messages::write(request, "claude-sonnet-4-5", losses)
    }),
    ("Claude 5", |request, losses| {
        request::to_messages::write(request, "claude-opus-5", losses)
    }),
    ("Gemini 3", |request, losses| {
        request::to_gemini::write(request, "gemini-3-pro", losses)
    }),
    ("Bedrock: Claude 4.5", |request, losses| {
        request::to_converse::write(request, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", losses)
    }),
    ("Bedrock: Nova 2", |request, losses| {
        request::to_converse::write(request, "amazon.nova-2-lite-v1:0", losses)
    }),
];

/// Rows: what is said, and how. Members are put beside those of [`plain`]; `content` replaces the user's words.
fn rows(dialect: &str) -> Vec<(&'static str, Value)> {
    match dialect {
        "chat" => chat(),
        "responses" => responses(),
        _ => messages(),
    }
}

fn chat() -> Vec<(&'static str, Value)> {
    let user = json!({"role": "user", "content": "Hi."});
    let tool =
        json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]);
    let strict = json!([{"type": "function", "function": {"name": "look", "strict": true, "parameters": {"type": "object", "properties": {}, "additionalProperties": false}}}]);
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "Rain."});
    let content =
        |part: Value| json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "Look."}, part]}]});
    let image =
        |url: &str, detail: &str| content(json!({"type": "image_url", "image_url": {"url": url, "detail": detail}}));
    vec![
        (
            "`system` and `developer` messages",
            json!({"messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, user]}),
        ),
        (
            "system messages in the middle",
            json!({"messages": [user, {"role": "assistant", "content": "a"}, {"role": "system", "content": "b"}, user]}),
        ),
        (
            "`name` of a message",
            json!({"messages": [{"role": "user", "name": "ann", "content": "Hi."}]}),
        ),
        (
            "images in the body",
            image("data:image/png;base64,iVBORw0KGgo=", "auto"),
        ),
        ("images by address", image("https://pictures.example/a.png", "auto")),
        (
            "`detail: low` of an image",
            image("data:image/png;base64,iVBORw0KGgo=", "low"),
        ),
        (
            "PDF files in the body",
            content(
                json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQ="}}),
            ),
        ),
        (
            "files by OpenAI's id",
            content(json!({"type": "file", "file": {"file_id": "file-abc"}})),
        ),
        (
            "sound",
            content(json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})),
        ),
        ("tools", json!({"tools": tool})),
        ("tools with `strict`", json!({"tools": strict})),
        (
            "parallel calls and their results",
            json!({"tools": tool, "messages": [user, {"role": "assistant", "tool_calls": [call("a"), call("b")]}, result("a"), result("b")]}),
        ),
        (
            "`tool_choice`: `required`",
            json!({"tools": tool, "tool_choice": "required"}),
        ),
        (
            "`tool_choice`: a certain tool",
            json!({"tools": tool, "tool_choice": {"type": "function", "function": {"name": "look"}}}),
        ),
        ("`tool_choice`: `none`", json!({"tools": tool, "tool_choice": "none"})),
        (
            "`parallel_tool_calls: false`",
            json!({"tools": tool, "parallel_tool_calls": false}),
        ),
        (
            "`response_format`: `json_object`",
            json!({"response_format": {"type": "json_object"}}),
        ),
        (
            "`response_format`: `json_schema`",
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": true, "schema": {"type": "object", "properties": {}, "additionalProperties": false}}}}),
        ),
        (
            "`max_completion_tokens`, `max_tokens`",
            json!({"max_completion_tokens": 50}),
        ),
        ("`temperature`", json!({"temperature": 0.5})),
        ("`top_p`", json!({"top_p": 0.5})),
        (
            "`temperature` and `top_p` together",
            json!({"temperature": 0.5, "top_p": 0.5}),
        ),
        ("`top_k`", json!({"top_k": 5})),
        ("`stop`", json!({"stop": ["a", "b"]})),
        ("`seed`", json!({"seed": 7})),
        (
            "`frequency_penalty`, `presence_penalty`",
            json!({"frequency_penalty": 0.5, "presence_penalty": 0.5}),
        ),
        ("`n` above 1", json!({"n": 2})),
        ("`logprobs`", json!({"logprobs": true})),
        ("`logit_bias`", json!({"logit_bias": {"5": 1}})),
        (
            "`reasoning_effort`",
            json!({"reasoning_effort": "medium", "max_tokens": 40_000}),
        ),
        (
            "`reasoning_effort: high` and `max_tokens`",
            json!({"reasoning_effort": "high", "max_tokens": 40_000}),
        ),
        (
            "`reasoning_effort` and a `temperature`",
            json!({"reasoning_effort": "medium", "max_tokens": 40_000, "temperature": 0.5}),
        ),
        ("`user`", json!({"user": "ann"})),
        ("`metadata`", json!({"metadata": {"post": "gate"}})),
        (
            "cache markers",
            content(json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}})),
        ),
        (
            "`modalities`, `audio`",
            json!({"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}),
        ),
        (
            "`prediction`",
            json!({"prediction": {"type": "content", "content": "a"}}),
        ),
        ("`web_search_options`", json!({"web_search_options": {}})),
    ]
}

fn responses() -> Vec<(&'static str, Value)> {
    let function = json!({"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}, "additionalProperties": false}, "strict": false});
    let user = json!({"type": "message", "role": "user", "content": "Hi."});
    vec![
        ("`instructions`", json!({"instructions": "a"})),
        (
            "images in the body",
            json!({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}]}),
        ),
        (
            "functions, calls and their results",
            json!({"tools": [function], "input": [user, {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"}, {"type": "function_call_output", "call_id": "a", "output": "Rain."}]}),
        ),
        (
            "functions with `strict`",
            json!({"tools": [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}, "additionalProperties": false}, "strict": true}]}),
        ),
        ("OpenAI's own tools", json!({"tools": [{"type": "web_search"}]})),
        (
            "`text.format`: `json_schema`",
            json!({"text": {"format": {"type": "json_schema", "name": "a", "strict": true, "schema": {"type": "object", "properties": {}, "additionalProperties": false}}}}),
        ),
        ("`text.verbosity`", json!({"text": {"verbosity": "low"}})),
        (
            "`reasoning.effort`",
            json!({"reasoning": {"effort": "medium"}, "max_output_tokens": 40_000}),
        ),
        (
            "summaries of earlier turns' reasoning",
            json!({"input": [user, {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": "b3BhcXVl"}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]}, user]}),
        ),
        (
            "reasoning of earlier turns that is only encrypted",
            json!({"input": [user, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b3BhcXVl"}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]}, user]}),
        ),
        (
            "`previous_response_id`, `conversation`",
            json!({"previous_response_id": "resp_1"}),
        ),
        ("`max_output_tokens`", json!({"max_output_tokens": 50})),
        ("`max_tool_calls`", json!({"max_tool_calls": 2})),
        ("`truncation: auto`", json!({"truncation": "auto"})),
        ("`metadata`", json!({"metadata": {"post": "gate"}})),
    ]
}

fn messages() -> Vec<(&'static str, Value)> {
    let user = json!({"role": "user", "content": "Hi."});
    let tool = json!([{"name": "look", "input_schema": {"type": "object", "properties": {}}}]);
    let content =
        |part: Value| json!({"messages": [{"role": "user", "content": [part, {"type": "text", "text": "Look."}]}]});
    let document = |more: Value| {
        let mut block =
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}});
        block.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        content(block)
    };
    let thoughts = |block: Value| json!({"messages": [user, {"role": "assistant", "content": [block, {"type": "text", "text": "a"}]}, user]});
    let called = |result: Value| json!({"tools": tool, "messages": [user, {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]}, {"role": "user", "content": [result]}]});
    vec![
        ("`system`", json!({"system": [{"type": "text", "text": "a"}]})),
        (
            "images in the body",
            content(
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}),
            ),
        ),
        (
            "images by address",
            content(json!({"type": "image", "source": {"type": "url", "url": "https://pictures.example/a.png"}})),
        ),
        (
            "images and documents by Anthropic's id",
            content(json!({"type": "image", "source": {"type": "file", "file_id": "file_011"}})),
        ),
        ("documents that are text", document(json!({"title": "b"}))),
        ("`context` of a document", document(json!({"context": "b"}))),
        (
            "`citations` of a document",
            document(json!({"citations": {"enabled": true}})),
        ),
        (
            "PDF documents in the body",
            content(
                json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQ="}}),
            ),
        ),
        (
            "PDF documents by address",
            content(json!({"type": "document", "source": {"type": "url", "url": "https://papers.example/a.pdf"}})),
        ),
        ("tools", json!({"tools": tool})),
        (
            "Anthropic's own tools",
            json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        ),
        (
            "results that are pictures",
            called(
                json!({"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}]}),
            ),
        ),
        (
            "results that are failures",
            called(json!({"type": "tool_result", "tool_use_id": "t1", "content": "a", "is_error": true})),
        ),
        (
            "`disable_parallel_tool_use`",
            json!({"tools": tool, "tool_choice": {"type": "auto", "disable_parallel_tool_use": true}}),
        ),
        (
            "`thinking` with a budget",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 8000}),
        ),
        (
            "thoughts of earlier turns, signed",
            thoughts(json!({"type": "thinking", "thinking": "a", "signature": "c2ln"})),
        ),
        (
            "redacted thoughts of earlier turns",
            thoughts(json!({"type": "redacted_thinking", "data": "c2VjcmV0"})),
        ),
        (
            "`output_config.format`",
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}, "additionalProperties": false}}}}),
        ),
        ("`temperature`", json!({"temperature": 0.5})),
        ("`top_k`", json!({"top_k": 5})),
        ("`stop_sequences`", json!({"stop_sequences": ["a"]})),
        (
            "`context_management`",
            json!({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}),
        ),
        ("`metadata.user_id`", json!({"metadata": {"user_id": "ann"}})),
        (
            "`cache_control`",
            content(json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}})),
        ),
        (
            "`cache_control` with `ttl: 1h`",
            content(json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}})),
        ),
    ]
}

/// A request of which nothing is lost anywhere.
fn plain(dialect: &str) -> Value {
    match dialect {
        "responses" => json!({"model": "m", "input": "Hi."}),
        "messages" => json!({"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi."}]}),
        _ => json!({"model": "m", "messages": [{"role": "user", "content": "Hi."}]}),
    }
}

/// What becomes of what a request says.
fn fate(dialect: &str, body: Value, write: Write) -> &'static str {
    let mut losses = Losses::default();
    let request = read(dialect, body, &mut losses);
    write(&request, &mut losses);
    match (losses.is_empty(), losses.is_grave()) {
        (true, _) => "yes",
        (false, false) => "told",
        (false, true) => "**no**",
    }
}

/// A table of what clients of a dialect say. Providers of the same dialect take the client's own bytes.
fn table(dialect: &str, own: &[&str], page: &mut String) {
    let columns: Vec<_> = PROVIDERS.iter().filter(|(name, _)| !own.contains(name)).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    writeln!(
        page,
        "\n| | {} |\n|---|{}",
        names.join(" | "),
        "---|".repeat(names.len())
    )
    .unwrap();
    for (row, more) in rows(dialect) {
        let mut body = plain(dialect);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let cells: Vec<&str> = columns
            .iter()
            .map(|(_, write)| fate(dialect, body.clone(), *write))
            .collect();
        writeln!(page, "| {row} | {} |", cells.join(" | ")).unwrap();
    }
}

#[test]
fn the_page_of_conversions_tells_what_they_do() {
    for dialect in ["chat", "responses", "messages"] {
        for (provider, write) in PROVIDERS {
            assert_eq!(fate(dialect, plain(dialect), *write), "yes", "{dialect} at {provider}");
        }
    }
    let mut page = HEAD.to_owned();
    page.push_str("\n## Chat completions\n");
    table("chat", &["OpenAI, Azure", "compatible"], &mut page);
    page.push_str("\n## Responses\n");
    table("responses", &["OpenAI, Azure"], &mut page);
    page.push_str("\n## Messages\n");
    table("messages", &["Claude 4.5", "Claude 5"], &mut page);
    page.push_str(include_str!("answers.md"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/conversions.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == page,
        "docs/conversions.md is not what conversions do: set BLESS=1"
    );
}
