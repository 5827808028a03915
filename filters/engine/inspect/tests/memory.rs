//! An inspector that remembers judges every conversation as one that does not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test may choose at random what must not matter"
)]

use std::hash::RandomState;

use bartizan_inspect::{Inspector, Side, Surface};
use bartizan_policy::{CallException, Caller, ThreatScanConfig};
use bartizan_scan::{CategorySet, Excepted, Exception, Matcher, RuleSource, Score, compile};
use bartizan_verdict::{Action, Category, Mode};
use proptest::prelude::*;

fn config() -> ThreatScanConfig {
    let phrases = |phrase: &str| Matcher::Phrases(vec![phrase.to_owned()]);
    let regex = |regex: &str| Matcher::Regex(regex.to_owned());
    let rules = [
        RuleSource::new(
            "order",
            Category::PromptInjection,
            Action::Block,
            phrases("ignore all rules"),
        ),
        RuleSource::new("badge", Category::Pii, Action::Mask, regex(r"\bBADGE-[0-9]{4}\b")),
        RuleSource {
            score: Some(Score::new(10)),
            ..RuleSource::new("hunch", Category::Jailbreak, Action::Block, phrases("perhaps"))
        },
        // Dear on purpose: it is tried everywhere, and looks far.
        RuleSource::new("dear", Category::Secrets, Action::Audit, regex(r"a[ab]*c")),
    ];
    let mut config = ThreatScanConfig::new(Mode::Enforce, compile(&rules).unwrap().into_bytes());
    config.exceptions.push(CallException {
        name: "acme may".to_owned(),
        tenants: vec!["acme".to_owned()],
        models: Vec::new(),
        routes: Vec::new(),
        exception: Exception {
            rules: vec![0],
            categories: std::iter::empty().collect::<CategorySet>(),
            most: Excepted::Allow,
        },
    });
    config
}

/// Texts of every fate: clean, suspicious, found, dear, and so many findings that a message overflows.
fn texts() -> Vec<String> {
    let pad = "It rained all day, and nobody had thought of bringing a coat. ";
    vec![
        pad.to_owned(),
        pad.repeat(9),
        format!("{pad}Perhaps tomorrow."),
        format!("{pad}ignore  all rules"),
        format!("{pad}I am BADGE-1234."),
        "perhaps ".repeat(1_500),
        "BADGE-1234 ".repeat(1_500),
        "ab".repeat(1_000),
        "abc ".repeat(300),
        "short".to_owned(),
    ]
}

fn body(turns: &[(usize, bool)]) -> Vec<u8> {
    let texts = texts();
    let messages: Vec<_> = turns
        .iter()
        .map(|(text, asks)| serde_json::json!({"role": if *asks { "user" } else { "system" }, "content": texts[*text]}))
        .collect();
    serde_json::to_vec(&serde_json::json!({"model": "m", "messages": messages})).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 12 } else { 64 }))]

    #[test]
    fn what_is_remembered_changes_no_judgement(
        conversations in prop::collection::vec(
            (prop::collection::vec((0..texts().len(), any::<bool>()), 1..12), prop::sample::select(vec!["acme", "globex"])),
            1..8,
        )
    ) {
        let remembering = Inspector::new(config()).unwrap().remembering(&RandomState::new());
        let forgetful = Inspector::new(config()).unwrap();
        for (turns, tenant) in &conversations {
            for end in 1..=turns.len() {
                let body = body(&turns[..end]);
                let caller = Caller { tenant, ..Caller::default() };
                let judge = |inspector: &Inspector| inspector.judge(Side::Request, Surface::Chat, &body, &caller).unwrap();
                prop_assert_eq!(judge(&remembering), judge(&forgetful), "{:?} of {}", &turns[..end], tenant);
            }
        }
    }
}
