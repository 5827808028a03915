//! A request of ours that a dialect can say comes back from it as it was, but for places.

use bartizan_wire::convert::neutral::{
    Answer, Choice, Content, Delta, Event, Finish, Part, PartStart, Place, Placed, StreamError,
};
use bartizan_wire::convert::request::{from_chat, from_messages, from_responses, to_chat, to_messages};
use bartizan_wire::convert::{Context, Losses, answer, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;
use crate::generated::{Dialect, a_request, part, without_places};

/// The body of a request in this repository's golden files.
fn golden(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

proptest! {
    #[test]
    fn chat(request in a_request(Dialect::Chat)) {
        let mut losses = Losses::default();
        let body = to_chat::write(&request, "m", &to_chat::Target::OPENAI, &mut losses);
        let back = from_chat::read(body, &mut losses).unwrap();
        prop_assert_eq!(losses.to_string(), "");
        prop_assert_eq!(without_places(back), request);
    }

    #[test]
    fn messages(request in a_request(Dialect::Messages)) {
        let mut losses = Losses::default();
        let body = to_messages::write(&request, "m", &mut losses);
        // Four markers are the most that Anthropic takes; which ones are left is told in losses.
        let markers = request.messages.iter().flat_map(|message| &message.parts).filter(|part| part.cache.is_some());
        prop_assume!(markers.count() <= 4);
        let back = from_messages::read(body, &mut losses).unwrap();
        prop_assert_eq!(losses.to_string(), "");
        prop_assert_eq!(without_places(back), request);
    }

    #[test]
    fn answers_come_back_as_history(thoughts in "\\PC{1,9}", text in "\\PC{1,20}", value in "\\PC{0,9}") {
        let parts = vec![
            part(Content::Thinking { text: thoughts, signature: Some("c2lnbmVk".to_owned()) }),
            part(Content::RedactedThinking { data: "aGlkZGVu".to_owned() }),
            Part::text(text, Place::root()),
            part(Content::ToolCall {
                id: "call_1".to_owned(),
                name: "look".to_owned(),
                arguments: json!({"value": value}).to_string(),
                signature: Some(Placed::new("Z2VtaW5p".to_owned(), Place::root())),
            }),
        ];
        let answer = Answer {
            choices: vec![Choice {
                parts: parts.clone(),
                finish: Finish::ToolCalls,
            }],
            ..Default::default()
        };
        let context = Context { id: "0f3a".to_owned(), ..Context::default() };
        let mut losses = Losses::default();

        let chat = answer::to_chat::write(&answer, &context)["choices"][0]["message"].clone();
        let chat = from_chat::read(json!({"messages": [chat]}), &mut losses).unwrap();
        let items = answer::to_responses::write(&answer, &context)["output"].clone();
        let items = from_responses::read(json!({"input": items}), &mut losses).unwrap();
        let blocks = answer::to_messages::write(&answer, &context);
        let blocks = json!({"messages": [{"role": "assistant", "content": blocks["content"]}]});
        let blocks = from_messages::read(blocks, &mut losses).unwrap();
        prop_assert_eq!(losses.to_string(), "");
        for back in [chat, items, blocks] {
            let back = without_places(back);
            prop_assert_eq!(back.messages.len(), 1);
            prop_assert_eq!(&back.messages[0].parts, &parts);
        }
    }

    #[test]
    fn no_body_breaks_a_reader(
        any in arbitrary::value(),
        chat in arbitrary::mutated(golden(include_str!("../golden/request/lighthouse.chat.json"))),
        items in arbitrary::mutated(golden(include_str!("../golden/request/items.responses.json"))),
        message in arbitrary::mutated(golden(include_str!("../golden/request/lighthouse.messages.json"))),
    ) {
        let mut losses = Losses::default();
        let requests = [
            from_chat::read(any.clone(), &mut losses),
            from_responses::read(any.clone(), &mut losses),
            from_messages::read(any, &mut losses),
            from_chat::read(chat, &mut losses),
            from_responses::read(items, &mut losses),
            from_messages::read(message, &mut losses),
        ];
        for request in requests.into_iter().flatten() {
            let _ = to_chat::write(&request, "m", &to_chat::Target::COMPATIBLE, &mut losses);
            let _ = to_messages::write(&request, "claude-opus-4-8", &mut losses);
        }
    }

    #[test]
    fn no_order_of_events_breaks_a_writer(events in prop::collection::vec(an_event(), 0..20)) {
        let mut chat = stream::to_chat::Writer::new(Context::default());
        let mut responses = stream::to_responses::Writer::new(Context::default());
        let mut messages = stream::to_messages::Writer::new(Context::default());
        let mut out = Vec::new();
        for event in &events {
            chat.write(event, &mut out);
            responses.write(event, &mut out);
            messages.write(event, &mut out);
        }
        prop_assert!(String::from_utf8(out).is_ok());
    }
}

fn an_event() -> impl Strategy<Value = Event> {
    let text = "\\PC{0,3}";
    let start = prop_oneof![
        Just(PartStart::Text),
        Just(PartStart::Refusal),
        Just(PartStart::Thinking),
        text.prop_map(|data| PartStart::RedactedThinking { data }),
        (text, text, prop::option::of(text)).prop_map(|(id, name, signature)| PartStart::ToolCall {
            id,
            name,
            signature
        }),
    ];
    let delta = prop_oneof![
        text.prop_map(Delta::Text),
        text.prop_map(Delta::Arguments),
        text.prop_map(Delta::Signature),
    ];
    let choice = prop::sample::select(vec![0, 0, 0, 1, u32::MAX]);
    let number = prop::sample::select(vec![0, 1, 2, 3, u32::MAX]);
    prop_oneof![
        (text, text).prop_map(|(id, model)| Event::Start { id, model, usage: None }),
        (choice.clone(), number.clone(), start).prop_map(|(choice, part, start)| Event::PartStart {
            choice,
            part,
            start
        }),
        (choice.clone(), number.clone(), delta).prop_map(|(choice, part, delta)| Event::PartDelta {
            choice,
            part,
            delta
        }),
        (choice.clone(), number).prop_map(|(choice, part)| Event::PartEnd { choice, part }),
        choice.prop_map(|choice| Event::Finish {
            choice,
            finish: Finish::Stop
        }),
        Just(Event::Ping),
        Just(Event::End),
        Just(Event::Error(StreamError::Failed)),
    ]
}
