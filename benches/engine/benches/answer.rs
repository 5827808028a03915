//! Judging the events of an answer that streams, with the sample policies.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up fails")]

use std::hint::black_box;

use bartizan_bench_engine::{benign_text, sample_policy};
use bartizan_inspect::{Inspector, StreamFormat, StreamedAnswer, Vault};
use bartizan_policy::Caller;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Events of an answer.
const EVENTS: usize = 50;

const FORMATS: [(&str, StreamFormat); 3] = [
    ("chat", StreamFormat::ChatCompletions),
    ("responses", StreamFormat::Responses),
    ("messages", StreamFormat::Messages),
];

fn event(format: StreamFormat, text: &str) -> String {
    match format {
        StreamFormat::ChatCompletions | StreamFormat::Mcp => format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
             \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n"
        ),
        StreamFormat::Responses => format!(
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"sequence_number\":4,\
             \"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"{text}\",\"logprobs\":[]}}\n\n"
        ),
        StreamFormat::Messages => format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\
             \"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n"
        ),
    }
}

/// Words of a text as models send them, with the space before.
fn words() -> Vec<String> {
    let text = benign_text(4 << 10);
    let words = text.split(|character: char| !character.is_alphabetic());
    words
        .filter(|word| !word.is_empty())
        .map(|word| format!(" {word}"))
        .collect()
}

/// Events after which nothing is held back.
fn quiet(inspector: &Inspector, format: StreamFormat) -> Vec<String> {
    let mut answer = StreamedAnswer::new(format, Vault::default());
    let mut quiet = Vec::new();
    for word in words().iter().cycle().take(100 * EVENTS) {
        // A dash ends what could become an address, and begins nothing.
        let event = event(format, &format!("{word} –"));
        let mut out = Vec::new();
        answer
            .push(inspector, &Caller::default(), event.as_bytes(), &mut out)
            .unwrap();
        if out == event.as_bytes() && quiet.len() < EVENTS {
            quiet.push(event);
        }
    }
    assert_eq!(quiet.len(), EVENTS);
    quiet
}

fn answer(criterion: &mut Criterion) {
    let inspector = Inspector::new(sample_policy().unwrap().threat_scan).unwrap();
    let mut group = criterion.benchmark_group("answer");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for (name, format) in FORMATS {
        let as_sent: Vec<String> = words()
            .iter()
            .cycle()
            .take(EVENTS)
            .map(|word| event(format, word))
            .collect();
        for (what, events) in [("no live match", quiet(&inspector, format)), ("words", as_sent)] {
            group.bench_with_input(BenchmarkId::new(what, name), &events, |bencher, events| {
                let mut out = Vec::new();
                bencher.iter(|| {
                    let mut answer = StreamedAnswer::new(format, Vault::default());
                    out.clear();
                    for event in events {
                        let event = black_box(event.as_bytes());
                        answer.push(&inspector, &Caller::default(), event, &mut out).unwrap();
                    }
                    answer.finish(&inspector, &Caller::default(), &mut out).unwrap();
                    out.len()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, answer);
criterion_main!(benches);
