//! What is written event by event comes to what is written at once, put together as the official SDKs do.

use bartizan_wire::convert::neutral::{
    Answer, Choice, Citation, Content, Counts, Delta, Event, Finish, Part, PartStart, Place, Placed,
};
use bartizan_wire::convert::{Context, answer, stream};
use bartizan_wire::sse::Decoder;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn citation() -> impl Strategy<Value = Citation> {
    (prop::option::of("[a-z]{1,6}"), any::<bool>(), 0_u64..9).prop_map(|(title, has_url, document)| Citation {
        text: Some("Words.".to_owned()),
        title,
        url: has_url.then(|| "https://a.example/".to_owned()),
        document: (!has_url).then_some(document),
        range: (!has_url).then_some((document, document + 3)),
        unit: (!has_url).then_some("page"),
        raw: None,
    })
}

fn content() -> impl Strategy<Value = Content> {
    let token = "[a-zA-Z0-9]{1,12}";
    prop_oneof![
        4 => ("\\PC{1,30}", prop::collection::vec(citation(), 0..3))
            .prop_map(|(text, citations)| Content::Text { text, citations }),
        1 => "\\PC{1,20}".prop_map(Content::Refusal),
        2 => ("\\PC{0,20}", prop::option::of(token)).prop_map(|(text, signature)| Content::Thinking { text, signature }),
        1 => token.prop_map(|data| Content::RedactedThinking { data }),
        3 => (token, "[a-z]{1,8}", prop::option::of("\\PC{0,9}"), prop::option::of(token)).prop_map(
            |(id, name, value, signature)| Content::ToolCall {
                id,
                name,
                arguments: value.map_or_else(String::new, |value| json!({"value": value}).to_string()),
                signature: signature.map(|signature| Placed::new(signature, Place::root())),
            }
        ),
    ]
}

fn finish() -> impl Strategy<Value = Finish> {
    prop::sample::select(vec![
        Finish::Stop,
        Finish::StopSequence(None),
        Finish::StopSequence(Some("END".to_owned())),
        Finish::Length,
        Finish::ToolCalls,
        Finish::ContentFilter,
        Finish::Refusal,
        Finish::Pause,
        Finish::ContextWindow,
    ])
}

fn an_answer() -> impl Strategy<Value = Answer> {
    let usage = (0_u64..99, 0_u64..99, 0_u64..99, 0_u64..99, prop::option::of(0_u64..99));
    let usage = usage.prop_map(|(rest, cached, cache_written, output, reasoning)| Counts {
        input: rest + cached + cache_written,
        cached,
        cache_written,
        output,
        reasoning,
    });
    (prop::collection::vec(content(), 0..6), finish(), usage).prop_map(|(contents, finish, usage)| Answer {
        id: "given".to_owned(),
        model: String::new(),
        created: None,
        choices: vec![Choice {
            parts: contents
                .into_iter()
                .map(|content| Part::new(content, Place::root()))
                .collect(),
            finish,
        }],
        usage: Some(usage),
    })
}

/// The events of an answer: texts cut in two, and calls that are neighbours open at once if `is_parallel`.
fn events(answer: &Answer, cut: u8, is_parallel: bool) -> Vec<Event> {
    let mut events = vec![
        Event::Start {
            id: answer.id.clone(),
            model: answer.model.clone(),
            usage: None,
        },
        Event::Ping,
    ];
    let choice = &answer.choices[0];
    let mut held = Vec::new();
    for (number, part) in choice.parts.iter().enumerate() {
        let part_number = u32::try_from(number).unwrap();
        let (start, deltas) = pieces(&part.content, cut);
        if !matches!(start, PartStart::ToolCall { .. }) {
            events.append(&mut held);
        }
        let is_call = matches!(start, PartStart::ToolCall { .. });
        events.push(Event::PartStart {
            choice: 0,
            part: part_number,
            start,
        });
        let deltas = deltas.into_iter().map(|delta| Event::PartDelta {
            choice: 0,
            part: part_number,
            delta,
        });
        events.extend(deltas);
        let end = Event::PartEnd {
            choice: 0,
            part: part_number,
        };
        if is_call && is_parallel {
            held.push(end)
        } else {
            events.push(end)
        }
    }
    events.append(&mut held);
    events.push(Event::Finish {
        choice: 0,
        finish: choice.finish.clone(),
    });
    events.extend(answer.usage.map(Event::Usage));
    events.push(Event::End);
    events
}

fn halves(text: &str, cut: u8) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let (first, second) = letters.split_at(usize::from(cut) * letters.len() / 255);
    let halves = [first, second].map(|half| half.iter().collect::<String>());
    halves.into_iter().filter(|half| !half.is_empty()).collect()
}

fn pieces(content: &Content, cut: u8) -> (PartStart, Vec<Delta>) {
    let texts = |text: &str| halves(text, cut).into_iter().map(Delta::Text).collect::<Vec<_>>();
    match content {
        Content::Text { text, citations } => {
            let mut deltas = texts(text);
            deltas.extend(citations.iter().cloned().map(Box::new).map(Delta::Citation));
            (PartStart::Text, deltas)
        }
        Content::Refusal(text) => (PartStart::Refusal, texts(text)),
        Content::Thinking { text, signature } => {
            let mut deltas = texts(text);
            deltas.extend(signature.clone().map(Delta::Signature));
            (PartStart::Thinking, deltas)
        }
        Content::RedactedThinking { data } => (PartStart::RedactedThinking { data: data.clone() }, Vec::new()),
        Content::ToolCall {
            id,
            name,
            arguments,
            signature,
        } => {
            let (id, name, signature) = (id.clone(), name.clone(), signature.clone());
            let deltas = halves(arguments, cut).into_iter().map(Delta::Arguments).collect();
            let signature = signature.map(|signature| signature.value);
            (PartStart::ToolCall { id, name, signature }, deltas)
        }
        other => panic!("{other:?} is not streamed"),
    }
}

fn context() -> Context {
    Context {
        model: "asked".to_owned(),
        id: "0f3a".to_owned(),
        now: 1_760_000_000,
        wants_usage: true,
        ..Context::default()
    }
}

fn data(bytes: &[u8]) -> Vec<Value> {
    let mut data = Vec::new();
    let read = |event: bartizan_wire::sse::Event<'_>| {
        if event.data != "[DONE]" {
            let value: Value = serde_json::from_str(event.data).unwrap();
            if event.name != "message" {
                assert_eq!(value["type"], event.name);
            }
            data.push(value);
        }
    };
    Decoder::new(1 << 20).push(bytes, read).unwrap();
    data
}

/// Adds a delta to what there is, as OpenAI's SDKs do: texts grow, lists go by `index`.
fn accumulate(whole: &mut Map<String, Value>, delta: &Map<String, Value>) {
    for (name, value) in delta {
        let Some(there) = whole.get_mut(name).filter(|there| !there.is_null()) else {
            whole.insert(name.clone(), value.clone());
            continue;
        };
        match (there, value) {
            (there, value) if name == "index" || name == "type" => *there = value.clone(),
            (Value::String(there), Value::String(more)) => there.push_str(more),
            (Value::Object(there), Value::Object(more)) => accumulate(there, more),
            (Value::Array(there), Value::Array(more)) => {
                for item in more {
                    let index = usize::try_from(item["index"].as_u64().unwrap()).unwrap();
                    match there.get_mut(index) {
                        Some(there) => accumulate(there.as_object_mut().unwrap(), item.as_object().unwrap()),
                        None => there.push(item.clone()),
                    }
                }
            }
            (there, value) => panic!("{name}: {value} for {there}"),
        }
    }
}

fn without_index(message: &mut Map<String, Value>) {
    for items in message.values_mut().filter_map(Value::as_array_mut) {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.remove("index");
        }
    }
}

proptest! {
    #[test]
    fn chat(answer in an_answer(), cut in any::<u8>(), is_parallel in any::<bool>()) {
        let whole = answer::to_chat::write(&answer, &context());
        let mut writer = stream::to_chat::Writer::new(context());
        let mut out = Vec::new();
        events(&answer, cut, is_parallel).iter().for_each(|event| writer.write(event, &mut out));
        prop_assert!(out.ends_with(b"data: [DONE]\n\n"));
        let mut message = Map::new();
        let (mut reason, mut usage) = (Value::Null, Value::Null);
        for chunk in data(&out) {
            prop_assert_eq!(&chunk["id"], &whole["id"]);
            prop_assert_eq!(&chunk["model"], "asked");
            prop_assert_eq!(&chunk["object"], "chat.completion.chunk");
            if let Some(choice) = chunk["choices"].get(0) {
                prop_assert!(reason.is_null());
                accumulate(&mut message, choice["delta"].as_object().unwrap());
                reason = choice["finish_reason"].clone();
            }
            usage = chunk["usage"].clone();
        }
        without_index(&mut message);
        if message["content"] == "" {
            message["content"] = Value::Null;
        }
        prop_assert_eq!(Value::Object(message), whole["choices"][0]["message"].clone());
        prop_assert_eq!(&reason, &whole["choices"][0]["finish_reason"]);
        prop_assert_eq!(&usage, &whole["usage"]);
    }

    #[test]
    fn messages(answer in an_answer(), cut in any::<u8>(), is_parallel in any::<bool>()) {
        let mut whole = answer::to_messages::write(&answer, &context());
        let mut writer = stream::to_messages::Writer::new(context());
        let mut out = Vec::new();
        events(&answer, cut, is_parallel).iter().for_each(|event| writer.write(event, &mut out));
        let mut message = Value::Null;
        let mut inputs: Vec<String> = Vec::new();
        let mut open = None;
        for event in data(&out) {
            let index = usize::try_from(event["index"].as_u64().unwrap_or(0)).unwrap();
            match event["type"].as_str().unwrap() {
                "message_start" => message = event["message"].clone(),
                "content_block_start" => {
                    prop_assert_eq!(index, inputs.len());
                    prop_assert_eq!(open.replace(index), None);
                    inputs.push(String::new());
                    message["content"].as_array_mut().unwrap().push(event["content_block"].clone());
                }
                "content_block_delta" => {
                    prop_assert_eq!(open, Some(index));
                    let delta = event["delta"].as_object().unwrap();
                    let block = &mut message["content"][index];
                    match delta["type"].as_str().unwrap() {
                        "input_json_delta" => inputs[index].push_str(delta["partial_json"].as_str().unwrap()),
                        "citations_delta" => match block["citations"].as_array_mut() {
                            Some(citations) => citations.push(delta["citation"].clone()),
                            None => block["citations"] = json!([delta["citation"]]),
                        },
                        kind => {
                            let name = kind.strip_suffix("_delta").unwrap();
                            let text = block[name].as_str().unwrap().to_owned() + delta[name].as_str().unwrap();
                            block[name] = text.into();
                        }
                    }
                }
                "content_block_stop" => {
                    prop_assert_eq!(open.take(), Some(index));
                    if !inputs[index].is_empty() {
                        message["content"][index]["input"] = serde_json::from_str(&inputs[index]).unwrap();
                    }
                }
                "message_delta" => {
                    for (name, value) in event["delta"].as_object().unwrap() {
                        message[name] = value.clone();
                    }
                    message["usage"] = event["usage"].clone();
                }
                "message_stop" | "ping" => {}
                other => panic!("{other}"),
            }
        }
        // Where a call has a signature, a block goes before it; nothing else differs.
        prop_assert_eq!(message, whole.take());
    }

    #[test]
    fn responses(answer in an_answer(), cut in any::<u8>(), is_parallel in any::<bool>()) {
        let whole = answer::to_responses::write(&answer, &context());
        let mut writer = stream::to_responses::Writer::new(context());
        let mut out = Vec::new();
        events(&answer, cut, is_parallel).iter().for_each(|event| writer.write(event, &mut out));
        let data = data(&out);
        let kinds: Vec<&str> = data.iter().map(|event| event["type"].as_str().unwrap()).collect();
        prop_assert_eq!(&kinds[..2], &["response.created", "response.in_progress"]);
        let mut added: Vec<Value> = Vec::new();
        let mut done: Vec<Value> = Vec::new();
        for (number, event) in data.iter().enumerate() {
            prop_assert_eq!(&event["sequence_number"], number);
            let index = usize::try_from(event["output_index"].as_u64().unwrap_or(0)).unwrap();
            let delta = event["delta"].as_str().unwrap_or_default();
            let content = usize::try_from(event["content_index"].as_u64().unwrap_or(0)).unwrap();
            if event["item_id"].is_string() {
                prop_assert_eq!(&event["item_id"], &added[index]["id"]);
            }
            match kinds[number] {
                "response.output_item.added" => {
                    prop_assert_eq!(index, added.len());
                    added.push(event["item"].clone());
                    done.push(Value::Null);
                }
                "response.content_part.added" => {
                    let parts = added[index]["content"].as_array_mut().unwrap();
                    prop_assert_eq!(content, parts.len());
                    parts.push(event["part"].clone());
                }
                "response.reasoning_summary_part.added" => added[index]["summary"] = json!([event["part"]]),
                "response.output_text.delta" => grow(&mut added[index]["content"][content]["text"], delta),
                "response.refusal.delta" => grow(&mut added[index]["content"][content]["refusal"], delta),
                "response.reasoning_summary_text.delta" => grow(&mut added[index]["summary"][0]["text"], delta),
                "response.function_call_arguments.delta" => grow(&mut added[index]["arguments"], delta),
                "response.output_text.annotation.added" => {
                    added[index]["content"][content]["annotations"].as_array_mut().unwrap().push(event["annotation"].clone());
                }
                "response.output_text.done" => prop_assert_eq!(&added[index]["content"][content]["text"], &event["text"]),
                "response.content_part.done" => prop_assert_eq!(&added[index]["content"][content], &event["part"]),
                "response.function_call_arguments.done" => prop_assert_eq!(&added[index]["arguments"], &event["arguments"]),
                "response.output_item.done" => {
                    prop_assert!(done[index].is_null());
                    done[index] = event["item"].clone();
                    added[index]["status"] = event["item"]["status"].clone();
                    added[index]["encrypted_content"] = event["item"]["encrypted_content"].clone();
                    for name in ["status", "encrypted_content"] {
                        if event["item"].get(name).is_none() {
                            added[index].as_object_mut().unwrap().remove(name);
                        }
                    }
                    prop_assert_eq!(&added[index], &event["item"]);
                }
                "response.completed" | "response.incomplete" => {
                    prop_assert_eq!(number + 1, data.len());
                    prop_assert_eq!(&event["response"], &whole);
                }
                _ => {}
            }
        }
        prop_assert_eq!(&Value::Array(done), &whole["output"]);
    }
}

fn grow(text: &mut Value, more: &str) {
    *text = (text.as_str().unwrap().to_owned() + more).into();
}
