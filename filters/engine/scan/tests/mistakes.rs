//! Every mistake in every rule is reported at once, with its place and a remedy.

use bartizan_scan::{Matcher, Part, Problem, RuleSource, Validation, compile};
use bartizan_verdict::{Action, Category};

fn rule(id: &str, matcher: Matcher) -> RuleSource {
    RuleSource::new(id, Category::Pii, Action::Audit, matcher)
}

fn phrases(list: &[&str]) -> Matcher {
    Matcher::Phrases(list.iter().map(ToString::to_string).collect())
}

fn regex(pattern: &str) -> Matcher {
    Matcher::Regex(pattern.to_owned())
}

#[test]
fn all_mistakes_are_found_at_once() {
    let wrong = RuleSource {
        owasp: vec!["LLM02".to_owned(), "LLM11".to_owned()],
        action: Action::Allow,
        validate: Some(Validation::Luhn),
        ..rule("No Id", phrases(&["good phrase", " abc ", "GOOD  phrase"]))
    };
    let rules = [wrong, rule("taken", phrases(&[])), rule("taken", regex("(unclosed"))];
    let errors = compile(&rules).unwrap_err();
    let places: Vec<_> = errors
        .iter()
        .map(|error| (error.rule, error.part.to_string()))
        .collect();
    let expected = [
        (0, "id"),
        (0, "owasp[1]"),
        (0, "action"),
        (0, "validate"),
        (0, "phrases[1]"),
        (0, "phrases[2]"),
        (1, "phrases"),
        (2, "id"),
        (2, "regex"),
    ];
    assert_eq!(places, expected.map(|(rule, part)| (rule, part.to_owned())));
    for error in &errors {
        let message = error.to_string();
        assert!(!message.ends_with('.') && !error.remedy().is_empty(), "{message}");
    }
}

#[test]
fn a_bad_regex_says_why() {
    for (pattern, message) in [
        ("a(b", "the regex cannot be read at character 2: unclosed group"),
        (
            r"\p{Greek}+",
            "the regex needs Unicode tables, which filters do not carry",
        ),
        (
            r"(?u:\w+)",
            "the regex needs Unicode tables, which filters do not carry",
        ),
        ("(?:ab)*", "the regex matches the empty string"),
        (r"\b", "the regex matches the empty string"),
        (r"a[^\x00-\xff]", "the regex can never match"),
        (
            r"(?:[ab]{9}|[bc]{8}){900}x[abc]{200}",
            "the regex needs an automaton larger than 64 KiB",
        ),
    ] {
        let errors = compile(&[rule("regex", regex(pattern))]).unwrap_err();
        assert_eq!(errors.len(), 1, "{pattern}");
        assert_eq!(
            (errors[0].part, errors[0].to_string().as_str()),
            (Part::Regex, message),
            "{pattern}"
        );
    }
}

#[test]
fn phrases_beyond_what_a_filter_can_hold_are_refused() {
    let many = (0..2000)
        .map(|number| format!("{number:05} {}", "many words ".repeat(60)))
        .collect();
    let errors = compile(&[rule("many", Matcher::Phrases(many))]).unwrap_err();
    assert_eq!(errors[0].problem, Problem::PackTooLarge);
}

#[test]
fn a_regex_without_hints_is_warned_of() {
    let pack = compile(&[rule("cheap", regex("some-key=.")), rule("dear", regex("[a-z]{30}"))]).unwrap();
    let warned: Vec<_> = pack.warnings().iter().map(|warning| warning.rule).collect();
    assert_eq!(warned, [1]);
    assert!(pack.warnings()[0].to_string().contains("every text"));
}

#[test]
fn equal_rules_give_equal_bytes() {
    let rules = [
        rule("phrases", phrases(&["some words", "other words"])),
        rule("regex", regex("zq[a-z]+")),
    ];
    assert_eq!(
        compile(&rules).unwrap().into_bytes(),
        compile(&rules).unwrap().into_bytes()
    );
}

#[test]
fn words_around_a_match_are_long_enough_and_only_of_a_regex() {
    let words = |matcher| RuleSource {
        context: vec!["phone".to_owned(), " ".to_owned(), "-".to_owned(), "x*".to_owned()],
        unless: vec!["no".to_owned()],
        ..rule("near", matcher)
    };
    let places = |matcher| -> Vec<String> {
        let errors = compile(&[words(matcher)]).unwrap_err();
        errors.iter().map(|error| error.part.to_string()).collect()
    };
    assert_eq!(places(regex("[0-9]{6}")), ["context[1]", "context[2]", "context[3]"]);
    assert_eq!(
        places(phrases(&["some phrase"])),
        ["context[0]", "context[1]", "context[2]", "context[3]", "unless[0]"]
    );
}
