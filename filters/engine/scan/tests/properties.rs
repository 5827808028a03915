//! What must hold for any rule, text and bytes.
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::ops::Range;

use bartizan_scan::detect::Detector;
use bartizan_scan::{Findings, Matcher, RuleSource, Scanner, Subject, compile};
use bartizan_verdict::{Action, Category, Role};
use proptest::prelude::*;
use regex_automata::dfa::regex::Regex;
use regex_automata::util::syntax;

fn rule(id: usize, matcher: Matcher) -> RuleSource {
    RuleSource::new(&format!("rule-{id}"), Category::Pii, Action::Audit, matcher)
}

fn scanner(matchers: Vec<Matcher>) -> Option<Scanner> {
    let rules: Vec<RuleSource> = matchers
        .into_iter()
        .enumerate()
        .map(|(id, matcher)| rule(id, matcher))
        .collect();
    Some(Scanner::load(compile(&rules).ok()?.bytes()).unwrap())
}

/// Rule and place of everything found in the text as it stands, sorted.
fn found(scanner: &Scanner, text: &str) -> Vec<(usize, Range<usize>)> {
    let mut findings = Findings::new();
    scanner.scan(text, Subject::of(Role::User), &mut findings);
    assert!(!findings.overflowed());
    let mut found: Vec<_> = findings
        .as_slice()
        .iter()
        .filter(|finding| finding.undone.is_empty())
        .map(|finding| (finding.rule, finding.range.clone()))
        .collect();
    found.sort_by_key(|(rule, range)| (*rule, range.start, range.end));
    found
}

/// Patterns over a small alphabet with common and rare letters, digits and spaces, so that every gate comes up.
fn pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => "[ekz@#1 ]{1,4}",
        1 => Just("[ek]".to_owned()),
        1 => Just("[ek@#zEKZ1]".to_owned()),
        1 => Just("[0-9]".to_owned()),
        1 => Just(r"\s".to_owned()),
        1 => Just(r"[ #]".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just(r"\b".to_owned()),
        1 => Just("^".to_owned()),
        1 => Just("(?i:Kz@)".to_owned()),
    ];
    let nested = atom.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            4 => proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            2 => proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            2 => (inner, prop_oneof![
                Just("*"), Just("+"), Just("?"), Just("+?"), Just("{2}"), Just("{1,3}"), Just("{0,2}"), Just("{2,}"),
            ]).prop_map(|(part, times)| format!("(?:{part}){times}")),
        ]
    });
    (nested, prop::bool::ANY).prop_map(|(pattern, fold)| if fold { format!("(?i){pattern}") } else { pattern })
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => "[ekz@#1EKZ]{1,6}", 2 => "[ \\n]{1,2}", 1 => "[0-9]{1,3}", 1 => "[a-z\u{e9}]{1,9}"];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn phrase() -> impl Strategy<Value = String> {
    "[ab]{2,3}( [ab]{1,2}){1,2}"
}

/// What a plain search with the same regex finds, with no hints, windows or budget.
fn searched(pattern: &str, text: &str) -> Vec<Range<usize>> {
    let regex = Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build(pattern)
        .unwrap();
    let matches = regex
        .find_iter(text)
        .map(|found| text.floor_char_boundary(found.start())..text.ceil_char_boundary(found.end()));
    matches.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn hints_and_windows_change_nothing_in_what_a_regex_finds(pattern in pattern(), texts in proptest::collection::vec(text(), 4)) {
        if let Some(scanner) = scanner(vec![Matcher::Regex(pattern.clone())]) {
            for text in texts {
                let ranges: Vec<_> = found(&scanner, &text).into_iter().map(|(_, range)| range).collect();
                prop_assert_eq!(ranges, searched(&pattern, &text), "{:?} in {:?}", pattern, text);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_split_outside_all_findings_loses_none(
        phrases in proptest::collection::hash_set(phrase(), 1..4),
        before in "[ab ,]{0,30}",
        after in "[ab ,]{0,30}",
    ) {
        let scanner = scanner(vec![
            Matcher::Phrases(phrases.into_iter().collect()),
            Matcher::Regex(r"\bb[ab]{1,4}\b".to_owned()),
        ]);
        if let Some(scanner) = scanner {
            let whole = format!("{before}{after}");
            let first = found(&scanner, &before);
            let second = found(&scanner, &after);
            for (rule, range) in found(&scanner, &whole) {
                if range.end <= before.len() {
                    prop_assert!(first.contains(&(rule, range)));
                } else if range.start >= before.len() {
                    prop_assert!(second.contains(&(rule, range.start - before.len()..range.end - before.len())));
                }
            }
        }
    }

    #[test]
    fn ranges_are_of_characters_whatever_the_text(text in "\\PC{0,60}") {
        let any = scanner(vec![Matcher::Regex(r"[^a-z]{2}".to_owned()), Matcher::Regex(r"\xc3.".to_owned())]).unwrap();
        for (_, range) in found(&any, &text) {
            prop_assert!(text.get(range).is_some_and(|found| !found.is_empty()));
        }
    }

    #[test]
    fn a_damaged_pack_is_an_error(cut in 0_usize..1000, at in 0_usize..1000, flip in 1_u8..) {
        let rules = [rule(0, Matcher::Phrases(vec!["some words".into()])), rule(1, Matcher::Regex("zq[a-z]{2,5}".into()))];
        let pack = compile(&rules).unwrap().into_bytes();
        prop_assert!(Scanner::load(&pack).is_ok());
        prop_assert!(Scanner::load(&pack[..cut % pack.len()]).is_err());
        let mut damaged = pack;
        let length = damaged.len();
        damaged[at % length] ^= flip;
        prop_assert!(Scanner::load(&damaged).is_err());
    }

    #[test]
    fn any_bytes_are_a_pack_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Scanner::load(&bytes).is_err());
        prop_assert!(Scanner::load(&[b"BZP5".as_slice(), &bytes].concat()).is_err());
    }
}

/// Texts of what queries, pages, commands and paths are made of.
fn tool_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(vec![
            "'", "\"", "`", "--", "#", "/*", "*/", "/*!", " or ", " and ", "union ", "select ", "1=1", "'a'='a", "sleep(", "char(1)", ";", "drop table t",
            "<", ">", "<script", "<svg", " onload=", "javascript:", "&#106;", "alert(1)", "{{", "}}", "${", "![]", "data:text/html", "|", "&&", "$(", "cat ",
            "/etc/passwd", "/bin/sh", " -e ", "curl ", "__class__", "system(", "<?php ", "() { :;}", "../", "..\\", "%2e", "%00", "php://", "<!entity",
            "{\"a\":\"", "\"}", "&a=", "=", "\\n", "\n", "(", ")", "é", "\u{a0}", "．", " ", "x",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn detectors_find_within_any_text_and_the_same_again(text in tool_text()) {
        for detector in Detector::ALL {
            let mut found = Vec::new();
            detector.detect(&text, Role::Tool, &mut |range, score| found.push((range, score)));
            let mut again = Vec::new();
            detector.detect(&text, Role::Tool, &mut |range, score| again.push((range, score)));
            prop_assert_eq!(&found, &again);
            for (range, _) in found {
                prop_assert!(range.start <= range.end && range.end <= text.len(), "{} {:?}", detector, range);
            }
        }
    }
}
