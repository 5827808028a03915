//! Bytes that may be a request, an answer or a stream, from every dialect and format to every other.
#![no_main]

use bartizan_wire::convert::neutral::{Event, Request};
use bartizan_wire::convert::request::to_chat::Target;
use bartizan_wire::convert::stream::{self, Collector, ReadEvents};
use bartizan_wire::convert::{Context, Losses, answer, request};
use bartizan_wire::sse::Decoder;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn context() -> Context {
    Context {
        model: "model".to_owned(),
        id: "made".to_owned(),
        now: 1_760_000_000,
        wants_usage: true,
        ..Context::default()
    }
}

/// Every provider's body of a request, and everything that it loses.
fn written(request: &Request) -> Vec<(Value, Losses)> {
    let mut losses: [Losses; 5] = Default::default();
    let [openai, compatible, anthropic, gemini, converse] = &mut losses;
    let bodies = [
        request::to_chat::write(request, "model", &Target::OPENAI, openai),
        request::to_chat::write(request, "model", &Target::COMPATIBLE, compatible),
        request::to_messages::write(request, "claude-opus-4-5", anthropic),
        request::to_gemini::write(request, "gemini-3-pro", gemini),
        request::to_converse::write(request, "anthropic.claude-opus-4-5", converse),
    ];
    bodies.into_iter().zip(losses).collect()
}

fn requests(body: &Value) {
    for read in [
        request::from_chat::read,
        request::from_responses::read,
        request::from_messages::read,
    ] {
        let mut losses = Losses::default();
        if let Ok(request) = read(body.clone(), &mut losses) {
            assert!(losses.iter().all(|loss| loss.place.as_str().starts_with('$')));
            assert_eq!(written(&request), written(&request));
        }
    }
}

fn answers(body: &Value) {
    let answers = [
        answer::from_chat::read(body.clone()),
        answer::from_messages::read(body.clone()),
        answer::from_gemini::read(body.clone(), &context()),
        answer::from_converse::read(body.clone()),
    ];
    for answer in answers.into_iter().flatten() {
        for write in [
            answer::to_chat::write,
            answer::to_responses::write,
            answer::to_messages::write,
        ] {
            assert!(write(&answer, &context()).is_object());
        }
    }
}

fn events(mut reader: impl ReadEvents, stream: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut has_failed = false;
    let read = |event: bartizan_wire::sse::Event<'_>| {
        has_failed |= has_failed || reader.read(event.name, event.data, &mut events).is_err();
    };
    let _ = Decoder::new(1 << 20).push(stream, read);
    if !has_failed {
        let _ = reader.end(&mut events);
    }
    events
}

/// What is written is a stream of JSON, and the last event of a response has what is written at once.
fn streams(stream: &[u8]) {
    for events in [
        events(stream::from_chat::Reader::default(), stream),
        events(stream::from_messages::Reader::default(), stream),
        events(stream::from_gemini::Reader::new(context()), stream),
        events(stream::from_converse::Reader::default(), stream),
    ] {
        let mut chat = stream::to_chat::Writer::new(context());
        let mut responses = stream::to_responses::Writer::new(context());
        let mut messages = stream::to_messages::Writer::new(context());
        let mut collector = Collector::default();
        let mut out: [Vec<u8>; 3] = Default::default();
        for event in &events {
            chat.write(event, &mut out[0]);
            responses.write(event, &mut out[1]);
            messages.write(event, &mut out[2]);
            collector.push(event);
        }
        let [chat, responses, messages] = out.map(|bytes| data(&bytes));
        drop((chat, messages));
        if events.last() == Some(&Event::End) && events.iter().all(is_of_first_choice) {
            let whole = answer::to_responses::write(&collector.into_answer(), &context());
            assert_eq!(responses.last().and_then(|event| event.get("response")), Some(&whole));
        }
    }
}

const fn is_of_first_choice(event: &Event) -> bool {
    match event {
        Event::PartStart { choice, .. }
        | Event::PartDelta { choice, .. }
        | Event::PartEnd { choice, .. }
        | Event::Finish { choice, .. } => *choice == 0,
        Event::Start { .. } | Event::Usage(_) | Event::Ping | Event::End | Event::Error(_) => true,
    }
}

fn data(bytes: &[u8]) -> Vec<Value> {
    let mut data = Vec::new();
    let read = |event: bartizan_wire::sse::Event<'_>| {
        if event.data != "[DONE]" {
            data.push(serde_json::from_str(event.data).expect("data is JSON"));
        }
    };
    Decoder::new(1 << 24).push(bytes, read).expect("no event is that long");
    data
}

fuzz_target!(|bytes: &[u8]| {
    streams(bytes);
    if let Ok(body) = serde_json::from_slice::<Value>(bytes) {
        requests(&body);
        answers(&body);
    }
});
