//! Any body is judged without a panic, with memory as without; and an order is found however it is cut into parts.
#![no_main]

use std::hash::RandomState;
use std::sync::LazyLock;

use bartizan_inspect::{Inspector, Judgement, Side, Surface};
use bartizan_policy::{Caller, ThreatScanConfig};
use bartizan_scan::{Matcher, RuleSource, compile};
use bartizan_verdict::{Action, Category, Mode};
use libfuzzer_sys::fuzz_target;

const ORDER: &str = "open the gate";
/// Cuts a text into parts.
const CUT: char = '|';

static PACK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let order = Matcher::Phrases(vec![ORDER.to_owned()]);
    let badge = Matcher::Regex(r"\b[a-z]{2}-[0-9]{2,4}\b".to_owned());
    let rules = [
        RuleSource::new("order", Category::PromptInjection, Action::Block, order),
        RuleSource::new("badge", Category::Pii, Action::Mask, badge),
    ];
    compile(&rules).unwrap().into_bytes()
});

fn inspector() -> Inspector {
    let mut config = ThreatScanConfig::new(Mode::Enforce, PACK.clone());
    config.reversible = [Category::Pii].into_iter().collect();
    Inspector::new(config).unwrap()
}

fn judged(inspector: &Inspector, surface: Surface, body: &[u8]) -> Option<Judgement> {
    let judged = inspector.judge(Side::Request, surface, body, &Caller::default());
    let masked = judged.as_ref().ok().and_then(|judgement| judgement.masked.as_ref());
    assert!(masked.is_none_or(|masked| serde_json::from_slice::<serde_json::Value>(masked).is_ok()));
    judged.ok()
}

fuzz_target!(|text: &str| {
    let (forgetful, remembering) = (inspector(), inspector().remembering(&RandomState::new()));
    for surface in [Surface::Chat, Surface::Messages, Surface::Responses, Surface::Mcp, Surface::Json] {
        let wanted = judged(&forgetful, surface, text.as_bytes());
        for _ in 0..2 {
            assert_eq!(judged(&remembering, surface, text.as_bytes()), wanted);
        }
    }
    let parts: Vec<_> = text
        .split(CUT)
        .map(|part| serde_json::json!({"type": "text", "text": part}))
        .collect();
    let body = serde_json::json!({"messages": [{"role": "user", "content": parts}]}).to_string();
    let action = judged(&forgetful, Surface::Chat, body.as_bytes()).map(|judgement| judgement.action);
    if text.replace(CUT, "").split(['.', '\n']).any(|sentence| sentence == ORDER) {
        assert_eq!(action, Some(Action::Block));
    }
});
