//! Converting a chat of 4 KB, its answer, and an event of its stream: from bytes to bytes, JSON included.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up fails")]

use std::hint::black_box;

use bartizan_bench_engine::benign_text;
use bartizan_wire::convert::request::{from_chat, from_messages, to_chat, to_converse, to_gemini, to_messages};
use bartizan_wire::convert::stream::{self, ReadEvents};
use bartizan_wire::convert::{Context, Losses, answer};
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use serde_json::{Value, json};

/// A conversation of about 4 KB with a tool that was called.
fn chat() -> Vec<u8> {
    let text = benign_text(900);
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "day": {"type": "integer"}}, "required": ["city"]});
    let body = json!({"model": "writer", "stream": true, "temperature": 0.5, "max_tokens": 500, "messages": [
        {"role": "system", "content": text}, {"role": "user", "content": text},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"York\"}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": text}, {"role": "user", "content": text}],
        "tools": [{"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": schema}}]});
    serde_json::to_vec(&body).unwrap()
}

fn messages() -> Vec<u8> {
    let mut losses = Losses::default();
    let request = from_chat::read(serde_json::from_slice(&chat()).unwrap(), &mut losses).unwrap();
    serde_json::to_vec(&to_messages::write(&request, "writer", &mut losses)).unwrap()
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("convert/request-4k");
    let chat = chat();
    group.bench_function("chat-to-messages", |bencher| {
        bencher.iter(|| {
            let mut losses = Losses::default();
            let request = from_chat::read(serde_json::from_slice(black_box(&chat)).unwrap(), &mut losses).unwrap();
            serde_json::to_vec(&to_messages::write(&request, "claude-sonnet-4-5", &mut losses)).unwrap()
        });
    });
    for (name, write) in [
        ("chat-to-gemini", to_gemini::write as fn(&_, &_, &mut _) -> _),
        ("chat-to-converse", to_converse::write),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut losses = Losses::default();
                let request = from_chat::read(serde_json::from_slice(black_box(&chat)).unwrap(), &mut losses).unwrap();
                serde_json::to_vec(&write(&request, "anthropic.claude-sonnet-4-5", &mut losses)).unwrap()
            });
        });
    }
    let messages = messages();
    group.bench_function("messages-to-chat", |bencher| {
        bencher.iter(|| {
            let mut losses = Losses::default();
            let request =
                from_messages::read(serde_json::from_slice(black_box(&messages)).unwrap(), &mut losses).unwrap();
            serde_json::to_vec(&to_chat::write(
                &request,
                "gpt-6",
                &to_chat::Target::OPENAI,
                &mut losses,
            ))
            .unwrap()
        });
    });
    group.finish();
}

fn answers(criterion: &mut Criterion) {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": benign_text(3_800)}],
        "stop_reason": "end_turn", "usage": {"input_tokens": 900, "output_tokens": 800}});
    let message = serde_json::to_vec(&message).unwrap();
    let context = Context::default();
    criterion.bench_function("convert/answer-4k/messages-to-chat", |bencher| {
        bencher.iter(|| {
            let answer = answer::from_messages::read(serde_json::from_slice(black_box(&message)).unwrap()).unwrap();
            serde_json::to_vec(&answer::to_chat::write(&answer, &context)).unwrap()
        });
    });
}

/// Events of a stream that has begun: one is read and written again and again.
fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("convert/event");
    let start: Value =
        json!({"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 3}}});
    let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let data = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" tower"}}"#;
    group.bench_function("messages-to-chat", |bencher| {
        let mut reader = stream::from_messages::Reader::default();
        let mut writer = stream::to_chat::Writer::new(Context::default());
        let (mut events, mut bytes) = (Vec::new(), Vec::new());
        for event in [&start, &block] {
            reader.read("message", &event.to_string(), &mut events).unwrap();
        }
        events.iter().for_each(|event| writer.write(event, &mut bytes));
        bencher.iter(|| {
            events.clear();
            bytes.clear();
            reader
                .read("content_block_delta", black_box(data), &mut events)
                .unwrap();
            events.iter().for_each(|event| writer.write(event, &mut bytes));
            bytes.len()
        });
    });
    let data = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000001,"model":"gpt-6-mini","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" tower"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"k3jf9"}"#;
    group.bench_function("chat-to-messages", |bencher| {
        let mut reader = stream::from_chat::Reader::default();
        let mut writer = stream::to_messages::Writer::new(Context::default());
        let (mut events, mut bytes) = (Vec::new(), Vec::new());
        bencher.iter(|| {
            events.clear();
            bytes.clear();
            reader.read("message", black_box(data), &mut events).unwrap();
            events.iter().for_each(|event| writer.write(event, &mut bytes));
            bytes.len()
        });
    });
    let data = r#"{"candidates":[{"content":{"parts":[{"text":" tower"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":31,"candidatesTokenCount":4,"totalTokenCount":35,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]},"modelVersion":"gemini-3-flash","responseId":"r-1"}"#;
    event(
        &mut group,
        "gemini-to-chat",
        stream::from_gemini::Reader::new(Context::default()),
        ("message", data),
    );
    let data = r#"{"contentBlockIndex":0,"delta":{"text":" tower"},"p":"abcdefghijklmnop"}"#;
    event(
        &mut group,
        "converse-to-chat",
        stream::from_converse::Reader::default(),
        ("contentBlockDelta", data),
    );
    group.finish();
}

/// One event, read and written as chat completions' again and again.
fn event(
    group: &mut BenchmarkGroup<'_, WallTime>,
    bench: &str,
    mut reader: impl ReadEvents,
    (name, data): (&str, &str),
) {
    group.bench_function(bench, |bencher| {
        let mut writer = stream::to_chat::Writer::new(Context::default());
        let (mut events, mut bytes) = (Vec::new(), Vec::new());
        bencher.iter(|| {
            events.clear();
            bytes.clear();
            reader.read(name, black_box(data), &mut events).unwrap();
            events.iter().for_each(|event| writer.write(event, &mut bytes));
            bytes.len()
        });
    });
}

criterion_group!(benches, requests, answers, events);
criterion_main!(benches);
