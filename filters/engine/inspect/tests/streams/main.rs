//! An answer comes to the same whole or streamed, and however its stream is cut: in every dialect, with every example of
//! every sample rule, under policies that report, mask and block.
//!
//! `BARTIZAN_CUTS=1000000 cargo test --release -p bartizan-inspect --test streams -- --nocapture` tries a million cuts.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops, and may read files"
)]

mod chance;
mod dialect;
mod flow;
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bartizan_inspect::{Ended, Inspector, Side, StreamedAnswer, Vault};
use bartizan_policy::Caller;
use bartizan_verdict::{Action, Category};

use chance::Chance;
use dialect::{Dialect, Place, Said, Texts};

/// What becomes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    left: Vec<u8>,
    action: Action,
    categories: Vec<Category>,
    is_blocked: bool,
}

/// What becomes of a stream whose bytes come in these pieces.
fn streamed<'a>(inspector: &Inspector, dialect: Dialect, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut answer = StreamedAnswer::new(dialect.format(), Vault::default());
    let (mut left, caller) = (Vec::new(), Caller::default());
    let mut ended = Ok(());
    for piece in pieces {
        ended = answer.push(inspector, &caller, piece, &mut left);
        if ended.is_err() {
            break;
        }
    }
    let ended = ended.and_then(|()| answer.finish(inspector, &caller, &mut left));
    let is_blocked = match ended {
        Ok(()) => false,
        Err(Ended::Blocked) => true,
        Err(ended) => panic!("{ended}"),
    };
    let judgement = answer.judgement();
    Outcome {
        left,
        action: judgement.action,
        categories: judgement.categories.clone(),
        is_blocked,
    }
}

/// The stream cut into bytes, into events, and anyhow.
fn cuts<'a>(stream: &'a [u8], chance: &mut Chance) -> [Vec<&'a [u8]>; 3] {
    let places: BTreeSet<usize> = (0..chance.below(9)).map(|_| chance.below(stream.len())).collect();
    let mut anyhow = Vec::new();
    let mut from = 0;
    for place in places.into_iter().chain([stream.len()]) {
        anyhow.push(stream.get(from..place).unwrap());
        from = place;
    }
    let mut events = Vec::new();
    let mut rest = stream;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
        let (event, after) = rest.split_at(end + 2);
        events.push(event);
        rest = after;
    }
    [stream.chunks(1).collect(), events, anyhow]
}

/// One text by itself, in as few pieces as there can be, is what the others are compared with.
fn alone(inspector: &Inspector, dialect: Dialect, said: &Said) -> Outcome {
    let stream = dialect.events(std::slice::from_ref(said), &mut Chance::new(0), &mut |_, _| Vec::new());
    streamed(inspector, dialect, std::iter::once(&*stream))
}

/// Holds one answer against everything that must be true of it; says how many cuts that took.
fn check(inspector: &Inspector, dialect: Dialect, said: &[Said], chance: &mut Chance) -> usize {
    let caller = Caller::default();
    let body = dialect.body(said);
    let whole = inspector
        .judge(Side::Answer, dialect.surface(), &body, &caller)
        .unwrap_or_else(|fault| panic!("{fault}"));
    let is_blocked = whole.action == Action::Block;
    let expected = dialect.texts_of_body(whole.masked.as_ref().unwrap_or(&body));
    let by_itself: BTreeMap<_, Texts> = match is_blocked {
        true => said
            .iter()
            .map(|said| {
                (
                    dialect.key(said),
                    dialect.texts_of_stream(&alone(inspector, dialect, said).left),
                )
            })
            .collect(),
        false => BTreeMap::new(),
    };
    let mut count = 0;
    for round in 0..3 {
        let stream = dialect.events(said, chance, &mut |text, chance| match round {
            0 => Vec::new(),
            // By characters, unless that would take all the time there is.
            1 if text.len() < 1000 || chance.below(16) == 0 => text.char_indices().map(|(at, _)| at).collect(),
            _ => (0..chance.below(7))
                .map(|_| text.floor_char_boundary(chance.below(text.len() + 1)))
                .collect(),
        });
        let at_once = streamed(inspector, dialect, std::iter::once(&*stream));
        for pieces in cuts(&stream, chance) {
            assert_eq!(streamed(inspector, dialect, pieces.into_iter()), at_once);
            count += 1;
        }
        assert_eq!(at_once.is_blocked, is_blocked);
        assert_eq!(at_once.action, whole.action);
        let left = dialect.texts_of_stream(&at_once.left);
        if !is_blocked {
            assert_eq!(at_once.categories, whole.categories);
            assert_eq!(left, expected);
            continue;
        }
        for one in said {
            let key = dialect.key(one);
            let text = |texts: &Texts| texts.get(&key).cloned().unwrap_or_default();
            let (left, most) = (text(&left), by_itself.get(&key).map(text).unwrap_or_default());
            assert!(most.starts_with(&left), "{left:?} is more than {most:?}");
            assert!(said.len() > 1 || left == most, "{left:?} is less than {most:?}");
        }
    }
    let explained = inspector
        .explain(Side::Answer, dialect.surface(), &body, &caller)
        .unwrap();
    assert_eq!((explained.action, &explained.masked), (whole.action, &whole.masked));
    let stream = dialect.events(said, chance, &mut |_, _| Vec::new());
    let explained = inspector.explain_stream(dialect.format(), &stream, &caller).unwrap();
    assert_eq!(explained.action, whole.action);
    count
}

/// An answer with an example in it, by itself or among others.
fn answer(example: &str, all: &[samples::Example], chance: &mut Chance) -> Vec<Said> {
    const AROUND: [&str; 6] = ["", "", " ", "Here it is: ", "\n\n```\n", "Nothing of the kind. "];
    let padding = "It rained all day, and nobody had thought of bringing a coat. ";
    let around = |chance: &mut Chance| match chance.below(12) {
        0 if chance.below(4) == 0 => padding.repeat(chance.below(60)),
        1 => chance.pick(all).text.chars().take(500).collect(),
        _ => (*chance.pick(&AROUND)).to_owned(),
    };
    let texts = [1, 1, 1, 3].get(chance.below(4)).copied().unwrap();
    let first = chance.below(3);
    (0..texts)
        .map(|index| {
            let text = if index == 0 { example } else { &chance.pick(all).text };
            Said {
                index,
                place: Place::ALL[(first + index) % 3],
                text: [&around(chance), text, &around(chance)].concat(),
            }
        })
        .collect()
}

#[test]
fn an_answer_comes_to_the_same_whole_or_streamed_and_however_its_stream_is_cut() {
    let wanted = std::env::var("BARTIZAN_CUTS").ok().and_then(|count| count.parse().ok());
    let wanted: usize = wanted.unwrap_or(4_500);
    let (inspectors, examples) = (samples::inspectors(), samples::examples());
    let (mut cuts, mut answers) = (0, 0);
    while cuts < wanted {
        let example = &examples[answers % examples.len()];
        let mut chance = Chance::new(answers as u64 + 1);
        let inspector = &inspectors[chance.below(inspectors.len())];
        let dialect = *chance.pick(&Dialect::ALL);
        let said = answer(&example.text, &examples, &mut chance);
        let checked = catch_unwind(AssertUnwindSafe(|| check(inspector, dialect, &said, &mut chance)));
        cuts += checked.unwrap_or_else(|_| panic!("answer {answers}: {dialect:?}, {}, {said:#?}", example.rule));
        answers += 1;
    }
    println!("{cuts} cuts of {answers} answers");
}

#[test]
fn every_rule_holds_in_an_answer_that_streams() {
    let (inspectors, examples) = (samples::inspectors(), samples::examples());
    let mut missing: BTreeSet<&str> = examples.iter().map(|example| example.rule.as_str()).collect();
    for example in &examples {
        for place in [Place::Content, Place::Arguments] {
            let said = Said {
                index: 0,
                place,
                text: example.text.clone(),
            };
            let stream = Dialect::Chat.events(&[said], &mut Chance::new(1), &mut |_, _| Vec::new());
            let explained =
                inspectors[samples::REPORTING].explain_stream(Dialect::Chat.format(), &stream, &Caller::default());
            for found in explained.unwrap().findings {
                missing.remove(found.rule.id.as_str());
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}
