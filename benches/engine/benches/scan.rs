//! Loading the sample rule packs, and scanning text with them.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up fails")]

use std::hint::black_box;

use bartizan_bench_engine::{benign_text, sample_policy};
use bartizan_scan::classifier::{Kind, Model};
use bartizan_scan::{Findings, Scanner, Subject};
use bartizan_verdict::Role;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn load(criterion: &mut Criterion) {
    let pack = sample_policy().unwrap().threat_scan.pack;
    criterion.bench_function("scan/load", |bencher| {
        bencher.iter(|| Scanner::load(black_box(&pack)).unwrap())
    });
}

fn scan(criterion: &mut Criterion) {
    let scanner = Scanner::load(&sample_policy().unwrap().threat_scan.pack).unwrap();
    let mut group = criterion.benchmark_group("scan");
    // What makes the scanner work hardest: a hint at every step, digits everywhere, matches that never end.
    let hostile = [
        (
            "hints",
            "sk-ant AKIA ghp_ eyJ @ ignore all disregard you are now system prompt ",
        ),
        ("digits", "4111 1111 1111 1112 "),
        ("unending", "eyJ-"),
        ("whitespace", " \n\t "),
        ("findings", "4111 1111 1111 1111 "),
    ];
    let mut texts: Vec<(&str, String)> = Vec::new();
    for bytes in [512, 4 << 10, 64 << 10] {
        texts.push(("benign", benign_text(bytes)));
        texts.extend(hostile.map(|(name, unit)| (name, unit.chars().cycle().take(bytes).collect())));
    }
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new(*name, text.len()), text, |bencher, text| {
            let mut findings = Findings::new();
            bencher.iter(|| {
                findings.clear();
                scanner.scan(black_box(text), Subject::of(Role::User), &mut findings);
                findings.as_slice().len()
            });
        });
    }
    group.finish();
}

fn classifier(criterion: &mut Criterion) {
    let model = Model::load(include_bytes!("../../../filters/engine/scan/models/injection.bin")).unwrap();
    let mut group = criterion.benchmark_group("classifier");
    for bytes in [512, 4 << 10, 64 << 10] {
        let text = benign_text(bytes);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(bytes), |bencher| {
            bencher.iter(|| model.judge(black_box(&text), Kind::Prose));
        });
    }
    group.finish();
}

criterion_group!(benches, load, scan, classifier);
criterion_main!(benches);
