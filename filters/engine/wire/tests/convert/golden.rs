//! Golden files: what an input becomes is in files beside it.
//!
//! - `golden/request/tools.chat.json` is a client's request in the dialect named;
//!   `tools.chat.to.anthropic.json` is what that provider gets of it, what is lost, and what is lost slightly (`told`).
//! - `golden/answer/tools.messages.json` is a provider's whole answer in the format named, and
//!   `golden/stream/tools.messages.sse` its stream; `tools.messages.to.chat.json` and `….sse` are what a client gets.
//!
//! Set `BLESS=1` to write what is missing or has changed, and read the difference before it is committed. A file that no
//! input becomes is an error too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bartizan_wire::BodyError;
use bartizan_wire::convert::neutral::{Answer, Event, Request};
use bartizan_wire::convert::stream::{self, ReadEvents};
use bartizan_wire::convert::{Context, Losses, answer, request};
use bartizan_wire::sse::Decoder;
use serde_json::{Value, json};

/// Holds every input in a folder to the files beside it.
pub(crate) fn check(folder: &str, extension: &str, convert: impl Fn(&str, &str) -> Vec<(&'static str, String)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut left: BTreeSet<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let inputs: Vec<PathBuf> = left
        .iter()
        .filter(|path| !name(path).contains(".to."))
        .cloned()
        .collect();
    let mut wrong = Vec::new();
    for input in inputs
        .iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension))
    {
        left.remove(input);
        let stem = name(input).trim_end_matches(extension).trim_end_matches('.').to_owned();
        let (_, from) = stem.rsplit_once('.').expect("a name such as `tools.chat.json`");
        for (to, output) in convert(from, &fs::read_to_string(input).unwrap()) {
            let path = folder.join(format!("{stem}.to.{to}.{extension}"));
            left.remove(&path);
            if fs::read_to_string(&path).ok().as_ref() == Some(&output) {
                continue;
            }
            if std::env::var_os("BLESS").is_some() {
                fs::write(&path, output).unwrap();
            } else {
                wrong.push(format!("{} is now:\n{output}", path.display()));
            }
        }
    }
    left.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(left.is_empty(), "of no input: {left:?}");
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// JSON as it is kept in files.
pub(crate) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Reads a client's request.
pub(crate) fn read(dialect: &str, body: Value, losses: &mut Losses) -> Request {
    let read = match dialect {
        "chat" => request::from_chat::read,
        "responses" => request::from_responses::read,
        "messages" => request::from_messages::read,
        other => panic!("no dialect {other}"),
    };
    read(body, losses).unwrap()
}

type Write = fn(&Request, &mut Losses) -> Value;

/// Providers, each as a model of its own is told.
const PROVIDERS: &[(&str, Write)] = &[
    ("openai", |request, losses| {
        request::to_chat::write(request, "gpt-6", &request::to_chat::Target::OPENAI, losses)
    }),
    ("compatible", |request, losses| {
        request::to_chat::write(request, "llama-5", &request::to_chat::Target::COMPATIBLE, losses)
    }),
    ("anthropic", |request, losses| {
        request::to_messages::write(request, "claude-sonnet-4-5", losses)
    }),
    ("gemini", |request, losses| {
        request::to_gemini::write(request, "gemini-3-flash", losses)
    }),
    ("bedrock", |request, losses| {
        request::to_converse::write(request, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", losses)
    }),
];

#[test]
fn requests() {
    check("request", "json", |dialect, input| {
        // Chats go to servers of their own dialect as they are.
        let is_asked = |provider: &str| dialect != "chat" || !matches!(provider, "openai" | "compatible");
        let providers = PROVIDERS.iter().filter(|(provider, _)| is_asked(provider));
        let outputs = providers.map(|(provider, write)| {
            let mut losses = Losses::default();
            let request = read(dialect, serde_json::from_str(input).unwrap(), &mut losses);
            let body = write(&request, &mut losses);
            let places = |is_slight: bool| {
                let losses = losses.iter().filter(|loss| loss.is_slight == is_slight);
                losses.map(|loss| loss.place.as_str()).collect::<Vec<_>>()
            };
            let mut output = json!({"losses": places(false)});
            if !places(true).is_empty() {
                output["told"] = places(true).into();
            }
            output["body"] = body;
            (*provider, pretty(&output))
        });
        outputs.collect()
    });
}

/// What the answers of golden files are to.
fn context() -> Context {
    Context {
        model: "writer".to_owned(),
        id: "made-1".to_owned(),
        now: 1_790_000_000,
        wants_usage: true,
        ..Context::default()
    }
}

type Read = fn(Value) -> Result<Answer, BodyError>;

/// Formats of providers' answers.
const FORMATS: &[(&str, Read)] = &[
    ("chat", answer::from_chat::read),
    ("messages", answer::from_messages::read),
    ("gemini", |body| answer::from_gemini::read(body, &context())),
    ("converse", answer::from_converse::read),
];

#[test]
fn answers() {
    check("answer", "json", |format, input| {
        let (_, read) = FORMATS.iter().find(|(name, _)| *name == format).unwrap();
        let answer = read(serde_json::from_str(input).unwrap()).unwrap();
        vec![
            ("chat", pretty(&answer::to_chat::write(&answer, &context()))),
            ("responses", pretty(&answer::to_responses::write(&answer, &context()))),
            ("messages", pretty(&answer::to_messages::write(&answer, &context()))),
        ]
    });
}

/// The neutral events of a stream.
pub(crate) fn events(format: &str, input: &str) -> Vec<Event> {
    let mut reader: Box<dyn ReadEvents> = match format {
        "chat" => Box::new(stream::from_chat::Reader::default()),
        "messages" => Box::new(stream::from_messages::Reader::default()),
        "gemini" => Box::new(stream::from_gemini::Reader::new(context())),
        // The payloads of its frames, as server-sent events.
        "converse" => Box::new(stream::from_converse::Reader::default()),
        other => panic!("no format {other}"),
    };
    let mut events = Vec::new();
    let mut decoder = Decoder::new(1 << 20);
    decoder
        .push(input.as_bytes(), |event| {
            reader.read(event.name, event.data, &mut events).unwrap()
        })
        .unwrap();
    reader.end(&mut events).unwrap();
    events
}

#[test]
fn streams() {
    check("stream", "sse", |format, input| {
        let events = events(format, input);
        let written = |write: &mut dyn FnMut(&Event, &mut Vec<u8>)| {
            let mut bytes = Vec::new();
            events.iter().for_each(|event| write(event, &mut bytes));
            String::from_utf8(bytes).unwrap()
        };
        let mut chat = stream::to_chat::Writer::new(context());
        let mut responses = stream::to_responses::Writer::new(context());
        let mut messages = stream::to_messages::Writer::new(context());
        vec![
            ("chat", written(&mut |event, out| chat.write(event, out))),
            ("responses", written(&mut |event, out| responses.write(event, out))),
            ("messages", written(&mut |event, out| messages.write(event, out))),
        ]
    });
}
