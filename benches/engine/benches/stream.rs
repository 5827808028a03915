//! Scanning an answer as it flows, with the sample rule packs.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up fails")]

use std::hint::black_box;

use bartizan_bench_engine::{benign_text, sample_policy};
use bartizan_scan::{Finding, Scanner, StreamPlan, StreamScanner, Subject};
use bartizan_verdict::{Action, Role};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const TEXT: usize = 4 << 10;

fn plan(scanner: &Scanner) -> StreamPlan {
    let action = |rule: usize| scanner.rules().get(rule).map_or(Action::Allow, |rule| rule.action);
    StreamPlan::new(scanner, Subject::of(Role::Assistant), &action)
}

/// Scans a text of 4 KB in pieces of so many bytes; a figure a piece is that divided by the number of pieces.
fn stream(criterion: &mut Criterion) {
    let scanner = Scanner::load(&sample_policy().unwrap().threat_scan.pack).unwrap();
    let plan = plan(&scanner);
    let mut group = criterion.benchmark_group("stream");
    let texts = [
        ("benign", benign_text(TEXT)),
        ("digits", "4111 1111 1111 1112 ".chars().cycle().take(TEXT).collect()),
        ("unending", "eyJ-".chars().cycle().take(TEXT).collect()),
        ("addresses", "a.b-c+d_e%f".chars().cycle().take(TEXT).collect()),
    ];
    for (name, text) in &texts {
        for piece in [10, 100, TEXT] {
            let pieces: Vec<&str> = (0..text.len().div_ceil(piece))
                .map(|number| &text[number * piece..text.len().min((number + 1) * piece)])
                .collect();
            group.throughput(Throughput::Elements(pieces.len() as u64));
            group.bench_with_input(BenchmarkId::new(*name, piece), &pieces, |bencher, pieces| {
                let mut stream = StreamScanner::new();
                let mut out = String::new();
                let mut judge = |_: &Finding| Action::Audit;
                bencher.iter(|| {
                    stream.clear();
                    out.clear();
                    for piece in pieces {
                        stream.push(&scanner, &plan, black_box(piece), &mut judge, &mut out);
                    }
                    stream.finish(&scanner, &plan, &mut judge, &mut out);
                    out.len()
                });
            });
        }
    }
    group.finish();
}

fn prepare(criterion: &mut Criterion) {
    let scanner = Scanner::load(&sample_policy().unwrap().threat_scan.pack).unwrap();
    criterion.bench_function("stream/plan", |bencher| bencher.iter(|| plan(black_box(&scanner))));
}

criterion_group!(benches, prepare, stream);
criterion_main!(benches);
