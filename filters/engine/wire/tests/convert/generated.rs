//! Requests that a dialect can say, all of them.

use bartizan_wire::convert::neutral::{
    CacheMarker, Content, Document, Effort, Format, Message, Part, Place, Placed, Reasoning, Request, Role, Sampling,
    Source, Tool, ToolChoice,
};
use proptest::prelude::*;
use serde_json::json;

/// A dialect, whose requests say what the other's do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Chat,
    Messages,
}

fn placed<T>(value: T) -> Placed<T> {
    Placed::new(value, Place::root())
}

/// A part.
pub(crate) fn part(content: Content) -> Part {
    Part::new(content, Place::root())
}

fn words() -> impl Strategy<Value = Part> {
    // Anthropic takes no text of white space.
    "[a-z]\\PC{0,19}".prop_map(|text| Part::text(text, Place::root()))
}

fn cached(dialect: Dialect) -> impl Strategy<Value = Option<CacheMarker>> {
    let lifetime = prop::option::of(Just("1h".to_owned()));
    let marker = lifetime.prop_map(|lifetime| CacheMarker { lifetime });
    prop::option::weighted(0.1, marker).prop_map(move |marker| marker.filter(|_| dialect == Dialect::Messages))
}

fn said(dialect: Dialect) -> impl Strategy<Value = Vec<Part>> {
    let bytes = Source::Base64 {
        media_type: "image/png".to_owned(),
        data: "iVBORw0KGgo=".to_owned(),
    };
    let paper = Source::Base64 {
        media_type: "application/pdf".to_owned(),
        data: "JVBERi0xLjc=".to_owned(),
    };
    let url = Source::Url("https://a.example/b.png".to_owned());
    let content = prop_oneof![
        4 => words(),
        1 => prop::sample::select(vec![bytes, url]).prop_map(|source| part(Content::Image { source, detail: None })),
        1 => ("[a-z]{1,5}", any::<bool>()).prop_map(move |(title, is_cited)| part(Content::Document(Document {
            source: paper.clone(),
            title: Some(title),
            context: (dialect == Dialect::Messages).then(|| "Old.".to_owned()),
            is_cited: is_cited && dialect == Dialect::Messages,
        }))),
    ];
    let content = (content, cached(dialect)).prop_map(|(part, cache)| Part { cache, ..part });
    prop::collection::vec(content, 1..4)
}

/// A turn of the assistant's, and what tools answer to it.
fn exchange(dialect: Dialect) -> impl Strategy<Value = Vec<Message>> {
    let thoughts = ("\\PC{1,9}", "[a-z0-9]{1,8}").prop_map(|(text, signature)| Content::Thinking {
        text,
        signature: Some(signature),
    });
    let thoughts =
        prop::option::of(thoughts).prop_map(move |thoughts| thoughts.filter(|_| dialect == Dialect::Messages));
    let call = (
        "[a-z]{1,8}",
        prop::option::of("\\PC{0,9}"),
        "([a-z]\\PC{0,11})?",
        any::<bool>(),
    );
    let calls = prop::collection::vec(call, 0..3);
    (thoughts, words(), calls, said(dialect)).prop_map(move |(thoughts, words, calls, next)| {
        let mut parts: Vec<Part> = thoughts.into_iter().map(part).collect();
        parts.push(words);
        let mut results = Vec::new();
        for (number, (name, value, result, is_error)) in calls.into_iter().enumerate() {
            let id = format!("call_{number}");
            let arguments = value.map_or_else(|| "{}".to_owned(), |value| json!({"value": value}).to_string());
            parts.push(part(Content::ToolCall {
                id: id.clone(),
                name,
                arguments,
                signature: None,
            }));
            let is_empty = result.is_empty() && dialect == Dialect::Messages;
            let texts = if is_empty {
                Vec::new()
            } else {
                vec![Part::text(result, Place::root())]
            };
            results.push(part(Content::ToolResult {
                call_id: id,
                name: None,
                parts: texts,
                is_error: is_error && dialect == Dialect::Messages,
            }));
        }
        let mut messages = vec![message(Role::Assistant, parts)];
        match dialect {
            Dialect::Chat => {
                messages.extend(results.into_iter().map(|result| message(Role::User, vec![result])));
                messages.push(message(Role::User, next));
            }
            Dialect::Messages => messages.push(message(Role::User, results.into_iter().chain(next).collect())),
        }
        messages
    })
}

/// An exchange whose calls no other has.
fn of_its_own((number, mut exchange): (usize, Vec<Message>)) -> Vec<Message> {
    for part in exchange.iter_mut().flat_map(|message| &mut message.parts) {
        if let Content::ToolCall { id, .. } | Content::ToolResult { call_id: id, .. } = &mut part.content {
            *id = format!("{id}_{number}");
        }
    }
    exchange
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message {
        role,
        parts,
        name: None,
        place: Place::root(),
    }
}

fn tools() -> impl Strategy<Value = Vec<Tool>> {
    let schema = json!({"type": "object", "properties": {"z": {"type": "string"}, "a": {"type": "integer"}}});
    let tool = (
        "[a-z]{1,8}",
        prop::option::of("\\PC{1,9}"),
        prop::option::of(Just(true)),
    );
    let tool = tool.prop_map(move |(name, description, strict)| Tool {
        name,
        description,
        schema: Some(schema.clone()),
        strict,
        cache: None,
        place: Place::root(),
    });
    prop::collection::vec(tool, 1..3)
}

fn sampling(dialect: Dialect) -> impl Strategy<Value = Sampling> {
    let stop = prop::option::of(prop::collection::vec("[A-Z]{1,4}", 1..4));
    (1_u64..9_999, prop::option::of(0.0..1.0), stop, 1_u64..9).prop_map(
        move |(max_tokens, temperature, stop, top_k)| {
            let is_chat = dialect == Dialect::Chat;
            Sampling {
                max_tokens: Some(placed(max_tokens)),
                temperature: temperature.map(placed),
                stop: stop.map(placed),
                top_k: (!is_chat).then(|| placed(top_k)),
                ..Sampling::default()
            }
        },
    )
}

/// Any request.
pub(crate) fn a_request(dialect: Dialect) -> impl Strategy<Value = Request> {
    let conversation = (
        prop::collection::vec(words(), 0..3),
        said(dialect),
        prop::collection::vec(exchange(dialect), 0..3),
    );
    let choice = prop::sample::select(vec![
        ToolChoice::Auto,
        ToolChoice::None,
        ToolChoice::Required,
        ToolChoice::Named("look".to_owned()),
    ]);
    let effort = prop::sample::select(vec![Effort::None, Effort::Low, Effort::High, Effort::Highest]);
    (
        conversation,
        tools(),
        choice,
        sampling(dialect),
        effort,
        any::<[bool; 4]>(),
    )
        .prop_map(
            move |(
                (system, first, exchanges),
                tools,
                choice,
                sampling,
                effort,
                [is_parallel, is_formed, thinks, stream],
            )| {
                let is_chat = dialect == Dialect::Chat;
                let mut messages = vec![message(Role::User, first)];
                messages.extend(exchanges.into_iter().enumerate().flat_map(of_its_own));
                let format = Format::JsonSchema {
                    name: "answer".to_owned(),
                    description: None,
                    schema: json!({"type": "object", "properties": {"b": {}, "a": {}}}),
                    strict: Some(true),
                };
                let reasoning = Reasoning {
                    effort: Some(effort),
                    ..Reasoning::default()
                };
                Request {
                    system,
                    messages,
                    tools,
                    // None forbids nothing about several, and nothing is lost where it is not said.
                    parallel_tool_calls: (is_chat || matches!(choice, ToolChoice::Auto | ToolChoice::Required))
                        .then(|| placed(is_parallel))
                        .filter(|parallel| is_chat || !parallel.value),
                    tool_choice: Some(placed(choice)),
                    sampling,
                    format: is_formed.then(|| placed(format)),
                    reasoning: (thinks && is_chat).then(|| placed(reasoning)),
                    stream,
                    wants_usage: stream && is_chat,
                    user: Some(placed("keeper".to_owned())),
                    ..Request::default()
                }
            },
        )
}

/// The same, as if it had no places.
pub(crate) fn without_places(mut request: Request) -> Request {
    fn parts(parts: &mut [Part]) {
        for part in parts {
            part.place = Place::root();
            match &mut part.content {
                Content::ToolResult { parts: inner, .. } => without_places_of(inner),
                Content::ToolCall { signature, .. } => forget(signature),
                _ => {}
            }
        }
    }
    fn forget<T>(placed: &mut Option<Placed<T>>) {
        if let Some(placed) = placed {
            placed.place = Place::root();
        }
    }
    parts(&mut request.system);
    for message in &mut request.messages {
        message.place = Place::root();
        parts(&mut message.parts);
    }
    for tool in &mut request.tools {
        tool.place = Place::root();
    }
    forget(&mut request.tool_choice);
    forget(&mut request.parallel_tool_calls);
    forget(&mut request.format);
    forget(&mut request.reasoning);
    forget(&mut request.user);
    let sampling = &mut request.sampling;
    forget(&mut sampling.max_tokens);
    forget(&mut sampling.temperature);
    forget(&mut sampling.top_k);
    forget(&mut sampling.stop);
    request
}

fn without_places_of(parts: &mut [Part]) {
    for part in parts {
        part.place = Place::root();
    }
}
