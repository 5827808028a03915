//! The same attack, in every place of an answer that streams.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_inspect::{Ended, Inspector, StreamFormat, StreamedAnswer, Vault};
use bartizan_policy::{Caller, ThreatScanConfig};
use bartizan_scan::{Matcher, RuleSource, compile};
use bartizan_surface_tests::{Arrival, FLOWS, Flow, Surface};
use bartizan_verdict::{Action, Category, Mode, Role};

const BLOCKED: &str = "open the portcullis unasked";
const MASKED: &str = "grey heron seven";
const PLACEHOLDER: &str = "[BIRD]";
const AUDITED: &str = "the heron flies at midnight";
const BENIGN: &str = "a quiet evening on the wall";

fn inspector() -> Inspector {
    let rule = |id: &str, action, phrase: &str| RuleSource {
        placeholder: (action == Action::Mask).then(|| PLACEHOLDER.to_owned()),
        ..RuleSource::new(id, Category::Secrets, action, Matcher::Phrases(vec![phrase.to_owned()]))
    };
    let rules = [
        rule("blocked", Action::Block, BLOCKED),
        rule("masked", Action::Mask, MASKED),
        rule("audited", Action::Audit, AUDITED),
    ];
    Inspector::new(ThreatScanConfig::new(
        Mode::Enforce,
        compile(&rules).unwrap().into_bytes(),
    ))
    .unwrap()
}

fn format(flow: &Flow) -> StreamFormat {
    match flow.surface {
        Surface::Chat => StreamFormat::ChatCompletions,
        Surface::Responses => StreamFormat::Responses,
        Surface::Messages => StreamFormat::Messages,
        Surface::Mcp => StreamFormat::Mcp,
        Surface::Embeddings | Surface::Json => panic!("{flow:?} does not stream"),
    }
}

/// The ways in which a text can be cut and JSON can write it.
fn written(flow: &Flow, text: &str) -> Vec<Vec<String>> {
    let escaped = |text: &str| -> String {
        text.chars()
            .map(|letter| format!("\\u{:04x}", u32::from(letter)))
            .collect()
    };
    let mut ways = vec![vec![text.to_owned()], vec![escaped(text)]];
    if flow.arrival != Arrival::Whole {
        let letters = text.chars().map(String::from);
        ways.push(letters.clone().collect());
        ways.push(letters.map(|letter| escaped(&letter)).collect());
        let (first, second) = text.split_at(text.len() / 2);
        ways.push(vec![first.to_owned(), String::new(), escaped(second)]);
    }
    ways
}

/// What leaves of a stream, what it comes to, and whether it is broken off.
fn streamed(inspector: &Inspector, flow: &Flow, stream: &str) -> (String, Action, bool) {
    let mut answer = StreamedAnswer::new(format(flow), Vault::default());
    let (caller, mut left) = (Caller::default(), Vec::new());
    let ended = answer
        .push(inspector, &caller, stream.as_bytes(), &mut left)
        .and_then(|()| answer.finish(inspector, &caller, &mut left));
    let is_blocked = match ended {
        Ok(()) => false,
        Err(Ended::Blocked) => true,
        Err(ended) => panic!("{flow:?}: {ended}\n{stream}"),
    };
    (String::from_utf8(left).unwrap(), answer.judgement().action, is_blocked)
}

/// What a client joins of the pieces: what stands where `TEXT` does, in every event with that.
fn joined(flow: &Flow, stream: &str) -> String {
    let pattern: serde_json::Value = serde_json::from_str(flow.json).unwrap();
    let place = place(&pattern).unwrap();
    let is_piece = |event: &serde_json::Value| event.get("type") == pattern.get("type");
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.map(|data| serde_json::from_str::<serde_json::Value>(data).unwrap());
    let texts = events
        .filter(is_piece)
        .filter_map(|event| Some(event.pointer(&place)?.as_str()?.to_owned()));
    texts.collect()
}

/// The JSON pointer of the text.
fn place(value: &serde_json::Value) -> Option<String> {
    let inner = |key: String, value: &serde_json::Value| Some(format!("/{key}{}", place(value)?));
    match value {
        serde_json::Value::String(text) => (text == "TEXT").then(String::new),
        serde_json::Value::Array(elements) => {
            let mut all = elements.iter().enumerate();
            all.find_map(|(number, element)| inner(number.to_string(), element))
        }
        serde_json::Value::Object(members) => members.iter().find_map(|(key, member)| inner(key.clone(), member)),
        _ => None,
    }
}

#[test]
fn the_same_attack_gets_the_same_verdict_everywhere() {
    let inspector = inspector();
    for flow in FLOWS {
        for (text, action) in [
            (BENIGN, Action::Allow),
            (AUDITED, Action::Audit),
            (BLOCKED, Action::Block),
        ] {
            for pieces in written(flow, text) {
                let stream = flow.stream(&pieces);
                let (left, found, is_blocked) = streamed(&inspector, flow, &stream);
                assert_eq!(
                    (found, is_blocked),
                    (action, action == Action::Block),
                    "{flow:?}\n{stream}"
                );
                if is_blocked {
                    assert_eq!(joined(flow, &left), "", "{flow:?}\n{stream}");
                } else {
                    assert_eq!(joined(flow, &left), text, "{flow:?}\n{stream}");
                }
            }
        }
    }
}

#[test]
fn a_mask_stands_where_the_text_stood() {
    let inspector = inspector();
    for flow in FLOWS {
        for pieces in written(flow, &format!("a {MASKED} b")) {
            let stream = flow.stream(&pieces);
            let (left, action, is_blocked) = streamed(&inspector, flow, &stream);
            assert_eq!((action, is_blocked), (Action::Mask, false), "{flow:?}\n{stream}");
            assert_eq!(joined(flow, &left), format!("a {PLACEHOLDER} b"), "{flow:?}\n{stream}");
        }
    }
}

#[test]
fn what_is_clean_leaves_as_it_came() {
    let inspector = inspector();
    for flow in FLOWS {
        for pieces in written(flow, BENIGN) {
            let mut answer = StreamedAnswer::new(format(flow), Vault::default());
            let stream = flow.stream(&pieces);
            let mut left = Vec::new();
            for event in stream.split_inclusive("\n\n") {
                let before = left.len();
                answer
                    .push(&inspector, &Caller::default(), event.as_bytes(), &mut left)
                    .unwrap();
                assert!(left.len() > before, "{flow:?}: every event leaves at once, if empty");
            }
            answer.finish(&inspector, &Caller::default(), &mut left).unwrap();
            let left = String::from_utf8(left).unwrap();
            assert_eq!(joined(flow, &left), BENIGN, "{flow:?}\n{stream}");
            // By letters, some could become a finding for a moment.
            assert!(
                left == stream || pieces.len() > 1 || flow.arrival == Arrival::Waits,
                "{flow:?}\n{stream}"
            );
        }
    }
}

#[test]
fn words_are_judged_as_those_of_whoever_wrote_them() {
    let inspector = inspector();
    for flow in FLOWS {
        let stream = flow.stream(&[AUDITED]);
        let explained = inspector.explain_stream(format(flow), stream.as_bytes(), &Caller::default());
        let role = match flow.kind {
            bartizan_prompt::SpanKind::ToolCall => Role::Tool,
            _ => flow.role,
        };
        let roles: Vec<Role> = explained.unwrap().findings.iter().map(|found| found.role).collect();
        assert!(
            !roles.is_empty() && roles.iter().all(|found| *found == role),
            "{flow:?}: {roles:?}"
        );
    }
}
