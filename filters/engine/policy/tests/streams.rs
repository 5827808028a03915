//! The sample rules do the same to an answer however it is cut, and find in it what they find in a whole text.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p bartizan-policy --test streams` tries a million texts, each in three
//! ways to cut it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops"
)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use bartizan_policy::{Source, compile};
use bartizan_scan::{Delivery, Finding, Findings, Scanner, StreamPlan, StreamScanner, Subject, Undone};
use bartizan_verdict::{Action, Role};
use proptest::prelude::*;

const SUBJECT: Subject = Subject::of(Role::Assistant);

/// The sample policies, and what texts are made of.
struct Samples {
    scanner: Scanner,
    /// Rules that find in a stream what they find in a text: all but those whose detectors judge passages.
    plain: BTreeSet<usize>,
    /// Examples and phrases of the rules.
    pieces: Vec<String>,
}

static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../policies"));
    let mut sources = Vec::new();
    for folder in [root.to_path_buf(), root.join("packs")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                sources.push(Source {
                    file: path.display().to_string(),
                    text: fs::read_to_string(path).unwrap(),
                });
            }
        }
    }
    let policy = compile(&sources).unwrap();
    let scanner = Scanner::load(&policy.threat_scan.pack).unwrap();
    let (mut pieces, mut detectors) = (Vec::new(), BTreeSet::new());
    for source in &sources {
        let mut id = "";
        for line in source.text.lines().map(str::trim_start) {
            if let Some(name) = line.strip_prefix("- id: ") {
                id = name;
            } else if line.starts_with("detector: ") && line != "detector: markup-exfiltration" {
                detectors.insert(id.to_owned());
            } else if let Some(piece) = line.strip_prefix("- ").or_else(|| line.strip_prefix("- text: ")) {
                pieces.push(piece.trim_matches('\'').replace("''", "'"));
            }
        }
    }
    let rules = scanner.rules().iter().enumerate();
    let plain = rules.filter(|(_, rule)| !detectors.contains(&rule.id));
    Samples {
        plain: plain.map(|(number, _)| number).collect(),
        scanner,
        pieces,
    }
});

/// All that a caller gets to see of a text.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    delivered: String,
    findings: Vec<(usize, Range<usize>, u8, Undone)>,
    action: Action,
    overflowed: bool,
    settled: usize,
    stopped: bool,
}

/// Rule, place, score and what was undone.
fn shown(finding: &Finding) -> (usize, Range<usize>, u8, Undone) {
    let Finding {
        rule,
        range,
        score,
        undone,
        ..
    } = finding;
    (*rule, range.clone(), score.hundredths(), *undone)
}

/// Which rules block, mask or report; without a seed all only report.
fn action(seed: Option<usize>, rule: usize) -> Action {
    match seed.map(|seed| seed.wrapping_mul(rule + 7) >> 5 & 7) {
        Some(0) => Action::Block,
        Some(1..=4) => Action::Mask,
        Some(_) | None => Action::Audit,
    }
}

/// Scans a text in these pieces.
fn streamed<'t>(seed: Option<usize>, pieces: impl Iterator<Item = &'t str>) -> Outcome {
    let scanner = &SAMPLES.scanner;
    let plan = StreamPlan::new(scanner, SUBJECT, &|rule| action(seed, rule));
    let mut stream = StreamScanner::new();
    let mut judge = |finding: &Finding| action(seed, finding.rule);
    let mut delivered = String::new();
    let mut stopped = false;
    for piece in pieces {
        stopped |= stream.push(scanner, &plan, piece, &mut judge, &mut delivered) == Delivery::Stops;
    }
    stopped |= stream.finish(scanner, &plan, &mut judge, &mut delivered) == Delivery::Stops;
    Outcome::of(&stream, delivered, stopped)
}

/// Scans a text that is known to be whole.
fn at_once(seed: Option<usize>, text: &str) -> Outcome {
    let scanner = &SAMPLES.scanner;
    let plan = StreamPlan::new(scanner, SUBJECT, &|rule| action(seed, rule));
    let mut stream = StreamScanner::new();
    let mut judge = |finding: &Finding| action(seed, finding.rule);
    let mut delivered = String::new();
    let delivery = stream.push_last(scanner, &plan, text, &mut judge, &mut delivered);
    Outcome::of(&stream, delivered, delivery == Delivery::Stops)
}

impl Outcome {
    fn of(stream: &StreamScanner, delivered: String, stopped: bool) -> Self {
        let findings = stream.findings().iter();
        Self {
            delivered,
            findings: findings.map(shown).collect(),
            action: stream.action(),
            overflowed: stream.overflowed(),
            settled: stream.settled(),
            stopped,
        }
    }
}

fn cut<'t>(text: &'t str, places: &[usize]) -> Vec<&'t str> {
    let places = places
        .iter()
        .map(|place| text.floor_char_boundary(place % (text.len() + 1)));
    let places: BTreeSet<usize> = places.chain([0, text.len()]).collect();
    let places: Vec<usize> = places.into_iter().collect();
    places.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices()
        .map(|(at, character)| &text[at..at + character.len_utf8()])
}

/// A piece of a rule's example, mostly whole; or something between.
fn part() -> impl Strategy<Value = String> {
    let piece = any::<prop::sample::Index>().prop_map(|index| index.get(&SAMPLES.pieces).clone());
    let cut = (piece.clone(), any::<usize>(), any::<usize>()).prop_map(|(piece, from, to)| {
        let from = piece.floor_char_boundary(from % (piece.len() + 1));
        let to = piece.floor_char_boundary(from + to % (piece.len() - from + 1));
        piece[from..to].to_owned()
    });
    prop_oneof![
        4 => piece.clone(),
        3 => cut,
        1 => piece.prop_map(|piece| piece.to_uppercase()),
        3 => "[ \\n]{1,3}",
        2 => "[a-z]{1,8} ",
        1 => "[0-9 -]{1,20}",
        1 => "[A-Za-z0-9+/=_-]{1,50}",
        1 => "[ \\[(=!<]{0,3}(https?:)?//[a-z.]{1,9}/[a-z?={}/-]{0,9}[ \\])\"]{0,2}",
        1 => "(word after word, |another sentence of it. ){1,60}",
        1 => "[\u{e9}\u{4e00}\u{1f600}.,:;/@#!?<>]{1,4}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(part(), 0..12).prop_map(|parts| parts.concat())
}

/// Mostly nothing is found in it.
fn prose() -> impl Strategy<Value = String> {
    let words =
        "no|not|never|you|your|what|do|does|without|answer|order|rules|as|in|if|on|re|start|has|open|send|key|the";
    let word = format!("(({words}|[a-zA-Z]{{1,9}}|\u{e9}t\u{e9}|[0-9]{{1,2}})( |, |\\. |\n|-|: )){{1,80}}");
    let words = proptest::string::string_regex(&word).unwrap();
    proptest::collection::vec(words, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(256), ..ProptestConfig::default() })]

    #[test]
    fn the_sample_rules_do_the_same_however_a_text_is_cut(
        text in text(),
        cuts in proptest::collection::vec(any::<usize>(), 0..8),
        seed in any::<usize>(),
    ) {
        for seed in [Some(seed), None] {
            let whole = streamed(seed, std::iter::once(text.as_str()));
            prop_assert_eq!(&streamed(seed, cut(&text, &cuts).into_iter()), &whole);
            prop_assert_eq!(&streamed(seed, characters(&text)), &whole);
        }
    }

    #[test]
    fn the_sample_rules_do_the_same_to_a_text_at_once(text in text(), prose in prose(), seed in any::<usize>()) {
        for text in [&text, &prose, &[prose.as_str(), &text].concat()] {
            for seed in [Some(seed), None] {
                let whole = streamed(seed, std::iter::once(text.as_str()));
                let mut at_once = at_once(seed, text);
                if at_once.stopped {
                    // Then nobody asks what may leave.
                    (at_once.delivered, at_once.settled) = (whole.delivered.clone(), whole.settled);
                }
                prop_assert_eq!(at_once, whole);
            }
        }
    }

    #[test]
    fn the_sample_rules_find_in_a_stream_what_they_find_in_a_text(text in text()) {
        let plain = |rule: &usize| SAMPLES.plain.contains(rule);
        let streamed = streamed(None, std::iter::once(text.as_str()));
        prop_assert_eq!(&streamed.delivered, &text);
        let mut findings = Findings::new();
        SAMPLES.scanner.scan(&text, SUBJECT, &mut findings);
        prop_assume!(!findings.overflowed() && !streamed.overflowed);
        let scanned = findings.as_slice().iter().filter(|finding| finding.undone.is_empty());
        let scanned = scanned.map(shown);
        let mut scanned: Vec<_> = scanned.filter(|(rule, ..)| plain(rule)).collect();
        let mut found = streamed.findings;
        found.retain(|(rule, _, _, undone)| plain(rule) && undone.is_empty());
        for findings in [&mut scanned, &mut found] {
            findings.sort_by_key(|(rule, range, ..)| (*rule, range.start, range.end));
        }
        prop_assert_eq!(found, scanned);
    }
}
