//! Texts of answers, cut in different ways, under the sample rules.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use bartizan_policy::{Source, compile};
use bartizan_scan::{Delivery, Finding, Scanner, StreamPlan, StreamScanner, Subject};
use bartizan_verdict::{Action, Role};
use libfuzzer_sys::fuzz_target;

const SUBJECT: Subject = Subject::of(Role::Assistant);

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies"));
    let mut sources = Vec::new();
    for folder in [root.to_path_buf(), root.join("packs")] {
        for entry in std::fs::read_dir(folder).expect("the sample policies are there") {
            let path = entry.expect("the folder can be read").path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                sources.push(Source {
                    file: path.display().to_string(),
                    text: std::fs::read_to_string(path).expect("the file can be read"),
                });
            }
        }
    }
    let policy = compile(&sources).expect("the sample policies are good ones");
    Scanner::load(&policy.threat_scan.pack).expect("what was compiled can be loaded")
});

/// Plans under which rules do different things.
static PLANS: LazyLock<Vec<StreamPlan>> =
    LazyLock::new(|| (0..8).map(|seed| StreamPlan::new(&SCANNER, SUBJECT, &|rule| action(seed, rule))).collect());

fn action(seed: usize, rule: usize) -> Action {
    match (rule * 5 + seed) % 8 {
        0 => Action::Block,
        1..=4 => Action::Mask,
        _ => Action::Audit,
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&seed, rest)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let seed = usize::from(seed);
    let whole = streamed(seed, std::iter::once(&*text));
    let characters = text.char_indices().map(|(at, character)| &text[at..at + character.len_utf8()]);
    assert_eq!(streamed(seed, characters), whole);
    for size in [2 + seed % 13, 17 + seed] {
        assert_eq!(streamed(seed, pieces(&text, size)), whole, "pieces of {size}");
    }
});

fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let piece = &rest[..rest.ceil_char_boundary(size)];
        rest = &rest[piece.len()..];
        (!piece.is_empty()).then_some(piece)
    })
}

type Outcome = (String, Vec<Finding>, Action, bool, usize);

fn streamed<'t>(seed: usize, pieces: impl Iterator<Item = &'t str>) -> Outcome {
    let plan = &PLANS[seed % PLANS.len()];
    let mut stream = StreamScanner::new();
    let mut out = String::new();
    let mut judge = |finding: &Finding| action(seed % PLANS.len(), finding.rule);
    for piece in pieces {
        if stream.push(&SCANNER, plan, piece, &mut judge, &mut out) == Delivery::Stops {
            break;
        }
    }
    stream.finish(&SCANNER, plan, &mut judge, &mut out);
    (out, stream.findings().to_vec(), stream.action(), stream.overflowed(), stream.settled())
}
