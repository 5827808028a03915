//! What the scanner finds, rule by rule.
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use bartizan_scan::{
    CategorySet, Findings, MAX_FINDINGS, Matcher, RuleSource, Scanner, Subject, Validation, compile, compile_allowing,
};
use bartizan_verdict::{Action, Category, Role};

fn rule(id: &str, category: Category, matcher: Matcher) -> RuleSource {
    RuleSource {
        owasp: vec!["LLM01".to_owned()],
        ..RuleSource::new(id, category, Action::Block, matcher)
    }
}

fn phrases(phrases: &[&str]) -> RuleSource {
    let phrases = phrases.iter().map(ToString::to_string).collect();
    rule("phrases", Category::Jailbreak, Matcher::Phrases(phrases))
}

fn regex(pattern: &str) -> RuleSource {
    rule("regex", Category::Secrets, Matcher::Regex(pattern.to_owned()))
}

fn scanner(rules: &[RuleSource]) -> Scanner {
    Scanner::load(compile(rules).unwrap().bytes()).unwrap()
}

/// The texts found, in the order they stand.
fn found<'a>(scanner: &Scanner, text: &'a str) -> Vec<&'a str> {
    let mut findings = Findings::new();
    scanner.scan(text, Subject::of(Role::User), &mut findings);
    assert!(!findings.overflowed());
    let mut ranges: Vec<_> = findings
        .as_slice()
        .iter()
        .map(|finding| finding.range.clone())
        .collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    ranges.into_iter().map(|range| &text[range]).collect()
}

#[test]
fn a_phrase_is_found_in_any_case_and_spacing_as_whole_words() {
    let scanner = scanner(&[phrases(&["dan mode", "\"quoted words\"", "très bien", "c++ mode"])]);
    for (text, expected) in [
        ("Enable DAN mode.", vec!["DAN mode"]),
        ("dan\n\t mode", vec!["dan\n\t mode"]),
        ("dan mode dan mode", vec!["dan mode", "dan mode"]),
        ("sedan models", vec![]),
        ("dan models", vec![]),
        ("danmode", vec![]),
        ("_dan mode_", vec!["dan mode"]),
        ("模式dan mode模式", vec!["dan mode"]),
        ("x\"QUOTED   words\"x", vec!["\"QUOTED   words\""]),
        ("TRès  bien", vec!["TRès  bien"]),
        ("C++ mode", vec!["C++ mode"]),
        ("", vec![]),
    ] {
        assert_eq!(found(&scanner, text), expected, "{text:?}");
    }
}

#[test]
fn a_regex_is_found_wherever_its_gate_lets_it_look() {
    for (pattern, text, expected) in [
        (
            r"\bAKIA[A-Z0-9]{4}\b",
            "AKIA AKIAABCD akiaABCD xAKIAABCD AKIA1234",
            vec!["AKIAABCD", "AKIA1234"],
        ),
        (
            r"[a-z]{1,9}@[a-z]{1,9}\b",
            "a@b, c@d e f @ g@h",
            vec!["a@b", "c@d", "g@h"],
        ),
        (
            r"\b\d{3}-\d{2}-\d{4}\b",
            "1 23-45 123-45-6789 x 987-65-4321",
            vec!["123-45-6789", "987-65-4321"],
        ),
        (
            r"(?i)do\s+anything\s+now",
            "DO\n ANYTHING  now",
            vec!["DO\n ANYTHING  now"],
        ),
        (r"[a-c]{3}", "abcabd", vec!["abc"]),
        (r"é.", "né à", vec!["é "]),
        (r"x.y", "x€y xéy x-y", vec!["x-y"]),
        (r"zq.", "zq€", vec!["zq€"]), // a match of bytes is widened to characters
    ] {
        assert_eq!(found(&scanner(&[regex(pattern)]), text), expected, "{pattern}");
    }
}

#[test]
fn a_match_that_fails_validation_is_not_the_end_of_the_search() {
    let card = RuleSource {
        validate: Some(Validation::Luhn),
        ..regex(r"\b\d(?:[ -]?\d){11,18}\b")
    };
    let scanner = scanner(&[card]);
    for (text, expected) in [
        ("4111 1111 1111 1111", vec!["4111 1111 1111 1111"]),
        ("order 77 4111 1111 1111 1111 123", vec!["4111 1111 1111 1111"]),
        ("4111 1111 1111 1112", vec![]),
    ] {
        assert_eq!(found(&scanner, text), expected, "{text}");
    }
}

#[test]
fn only_categories_that_apply_are_looked_for() {
    let scanner = scanner(&[
        phrases(&["forbidden words"]),
        regex(r"\bAKIA[A-Z0-9]{4}\b"),
        regex_of("b", r"\d{5}"),
    ]);
    let text = "forbidden words AKIAABCD 12345";
    for (applies, count) in [
        (CategorySet::ALL, 3),
        (CategorySet::ALL.without(Category::Jailbreak), 2),
        (CategorySet::EMPTY.with(Category::Jailbreak), 1),
        (CategorySet::EMPTY, 0),
    ] {
        let mut findings = Findings::new();
        let subject = Subject {
            applies,
            ..Subject::of(Role::User)
        };
        scanner.scan(text, subject, &mut findings);
        assert_eq!(findings.as_slice().len(), count, "{applies:?}");
    }
}

fn regex_of(id: &str, pattern: &str) -> RuleSource {
    RuleSource {
        id: id.to_owned(),
        ..regex(pattern)
    }
}

#[test]
fn findings_name_the_text_they_are_in() {
    let scanner = scanner(&[phrases(&["first words", "second words"])]);
    let mut findings = Findings::new();
    for text in ["nothing", "first words", "", "so second words"] {
        scanner.scan(text, Subject::of(Role::User), &mut findings);
    }
    let places: Vec<_> = findings
        .as_slice()
        .iter()
        .map(|finding| (finding.span, finding.range.clone()))
        .collect();
    assert_eq!(places, [(1, 0..11), (3, 3..15)]);
    assert_eq!(findings.spans(), 4);
    findings.clear();
    assert!(findings.is_empty() && findings.spans() == 0);
}

#[test]
fn more_findings_than_are_kept_overflow() {
    let scanner = scanner(&[phrases(&["some words"])]);
    let mut findings = Findings::new();
    scanner.scan(
        &"some words ".repeat(MAX_FINDINGS),
        Subject::of(Role::User),
        &mut findings,
    );
    assert!(!findings.overflowed());
    scanner.scan("some words", Subject::of(Role::User), &mut findings);
    assert!(findings.overflowed());
    assert_eq!(findings.as_slice().len(), MAX_FINDINGS);
    findings.clear();
    scanner.scan("some words", Subject::of(Role::User), &mut findings);
    assert!(!findings.overflowed() && findings.as_slice().len() == 1);
}

#[test]
fn a_text_made_to_be_slow_overflows_instead() {
    // Each `key-` may begin a match that goes on to the end of the text, where it fails.
    let scanner = scanner(&[regex(r"key-[a-z-]+!")]);
    let mut findings = Findings::new();
    scanner.scan(&"key-".repeat(100_000), Subject::of(Role::User), &mut findings);
    assert!(findings.overflowed());
    // Searching for each of many matches may look at all that follows.
    let scanner = self::scanner(&[regex(r"[a-z]@[^!]*!|@")]);
    findings.clear();
    scanner.scan(&"@".repeat(100_000), Subject::of(Role::User), &mut findings);
    assert!(findings.overflowed());
    // Many small texts share one budget.
    let scanner = self::scanner(&[regex(r"key-[a-z-]+!")]);
    findings.clear();
    for _ in 0..1000 {
        scanner.scan(&"key-".repeat(500), Subject::of(Role::User), &mut findings);
    }
    assert!(findings.overflowed());
}

#[test]
fn rules_come_back_as_they_were_written() {
    let masked = RuleSource {
        placeholder: Some("[KEY]".to_owned()),
        ..regex("some-key")
    };
    let scanner = scanner(&[phrases(&["some words"]), masked]);
    let [first, second] = scanner.rules() else {
        panic!("two rules")
    };
    assert_eq!(
        (first.id.as_str(), first.placeholder.as_str()),
        ("phrases", "[PHRASES]")
    );
    assert_eq!((first.category, first.action), (Category::Jailbreak, Action::Block));
    assert_eq!(first.owasp, ["LLM01"]);
    assert_eq!(second.placeholder, "[KEY]");
    assert!(Scanner::load(compile(&[]).unwrap().bytes()).unwrap().rules().is_empty());
}

#[test]
fn a_match_without_telling_parts_is_found_around_words() {
    let code = RuleSource {
        context: vec!["ausweis*".to_owned(), "licence no".to_owned()],
        ..regex(r"\b[A-Z]{3,9}\b")
    };
    let scanner = scanner(&[code]);
    let far = ".".repeat(70);
    for (text, expected) in [
        ("Ausweisnummer ABCDEF", vec!["ABCDEF"]),
        ("licence-no: ABC", vec!["ABC"]),
        ("ABC is the Ausweis", vec!["ABC"]),
        ("ABCDEF", vec![]),
        (&format!("ausweis {far}ABC ausweis XYZ"), vec!["ABC", "XYZ"]),
        (&format!("ausweis {far}ABC"), vec![]),
    ] {
        assert_eq!(found(&scanner, text), expected, "{text:?}");
    }
}

#[test]
fn rules_with_the_same_regex_claim_its_matches_each_by_their_own_conditions() {
    let number = |id: &str, context: &[&str], unless: &[&str]| RuleSource {
        id: id.to_owned(),
        context: context.iter().map(ToString::to_string).collect(),
        unless: unless.iter().map(ToString::to_string).collect(),
        ..regex(r"\b[0-9]{6}\b")
    };
    let rules = [
        number("badge", &["badge", "ausweis*"], &[]),
        number("pin", &["pin code"], &["expired"]),
    ];
    let scanner = scanner(&rules);
    for (text, expected) in [
        ("123456", vec![]),
        ("badge 123456 or 654321", vec!["123456", "654321"]),
        ("Ausweisnummer: 123456", vec!["123456"]),
        ("the pin-code is 123456", vec!["123456"]),
        ("pin code, expired: 123456", vec![]),
        ("badge and pin code 123456", vec!["123456", "123456"]),
    ] {
        assert_eq!(found(&scanner, text), expected, "{text:?}");
    }
}

#[test]
fn all_of_what_a_model_says_is_not_on_the_allow_list() {
    let allowed = ["say some words to me".to_owned()];
    let pack = compile_allowing(&[phrases(&["some words"])], &allowed).unwrap();
    let scanner = Scanner::load(pack.bytes()).unwrap();
    for (role, text, count) in [
        (Role::User, "Say  some words to me", 0),
        (Role::User, "Say some words to me!", 1),
        (Role::Tool, "say some words to me", 0),
        (Role::Assistant, "say some words to me", 1),
    ] {
        let mut findings = Findings::new();
        scanner.scan(text, Subject::of(role), &mut findings);
        assert_eq!(findings.as_slice().len(), count, "{role}: {text}");
    }
}
