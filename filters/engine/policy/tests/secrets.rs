//! Random credentials of every format are found wherever they stand, by the rule that is about them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops"
)]

#[path = "secrets/formats.rs"]
mod formats;

use std::collections::BTreeMap;
use std::iter;

use bartizan_policy::{Source, compile};
use bartizan_scan::{Findings, Scanner, Subject};
use bartizan_verdict::Role;

use formats::FORMATS;

/// Credentials made of each format.
const EACH: usize = 6;
/// Of all credentials in all surroundings, this share in percent is found.
const FOUND: usize = 98;
/// Of those of one format, this: a password of letters alone is taken for a word.
const FOUND_OF_FORMAT: usize = 60;

const SURROUNDINGS: [(&str, &str); 5] = [
    ("CREDENTIAL=", "\nNEXT=1\n"),
    ("{\"name\": \"x\", \"value\": \"", "\", \"more\": true}"),
    ("let credential = '", "';"),
    ("Then use ", " to get in, and tell nobody."),
    ("see https://host.example/callback?state=1&value=", " for more"),
];

fn scanner() -> Scanner {
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../policies/packs/secrets.yaml");
    let policy = "apiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {name: default}\n\
                  spec: {mode: enforce, rulePacks: [secrets]}\n";
    let source = |file: &str, text: String| Source {
        file: file.to_owned(),
        text,
    };
    let sources = [
        source("secrets.yaml", std::fs::read_to_string(pack).unwrap()),
        source("policy.yaml", policy.to_owned()),
    ];
    Scanner::load(&compile(&sources).unwrap().threat_scan.pack).unwrap()
}

/// Numbers that look random and are the same every time (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn characters(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet = alphabet.as_bytes();
        iter::repeat_with(|| char::from(alphabet[self.below(alphabet.len())]))
            .take(count)
            .collect()
    }
}

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A credential of a format, as `formats.rs` explains.
fn make(format: &str, chance: &mut Chance) -> String {
    let mut made = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        made.push_str(before);
        let Some((what, after)) = after.split_once('}').filter(|(what, _)| is_kind(what)) else {
            made.push('{');
            rest = after;
            continue;
        };
        let (kind, count) = what.split_at(1);
        let count = count.parse().unwrap_or(0);
        let alphabet = match kind {
            "a" => format!("{DIGITS}{UPPER}{LOWER}"),
            "l" => format!("{DIGITS}{LOWER}"),
            "u" => format!("{DIGITS}{UPPER}"),
            "A" => format!("{UPPER}{LOWER}"),
            "d" => DIGITS.to_owned(),
            "w" => format!("{DIGITS}{UPPER}{LOWER}-_"),
            "b" => format!("{DIGITS}{UPPER}{LOWER}+/"),
            "B" => format!("{UPPER}234567"),
            "h" => "0123456789abcdef".to_owned(),
            "H" => "0123456789ABCDEF".to_owned(),
            "Z" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".to_owned(),
            _ => String::new(),
        };
        match what {
            "U" => {
                let parts = [8, 4, 4, 4, 12].map(|count| chance.characters("0123456789abcdef", count));
                made.push_str(&parts.join("-"));
            }
            "crc" => {
                let body = made.split_once('_').map_or("", |(_, body)| body).to_owned();
                made.push_str(&checksum(body.as_bytes()));
            }
            _ => made.push_str(&chance.characters(&alphabet, count)),
        }
        rest = after;
    }
    made + rest
}

fn is_kind(what: &str) -> bool {
    what == "U" || what == "crc" || (what.len() > 1 && what[1..].bytes().all(|byte| byte.is_ascii_digit()))
}

/// CRC-32 in six digits of base 62.
fn checksum(body: &[u8]) -> String {
    let mut sum = !0_u32;
    for byte in body {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    let mut rest = !sum as usize;
    let alphabet = format!("{DIGITS}{UPPER}{LOWER}");
    let mut digits = [' '; 6];
    for digit in digits.iter_mut().rev() {
        *digit = char::from(alphabet.as_bytes()[rest % 62]);
        rest /= 62;
    }
    digits.iter().collect()
}

fn finds(scanner: &Scanner, findings: &mut Findings, text: &str, rule: &str) -> bool {
    findings.clear();
    scanner.scan(text, Subject::of(Role::User), findings);
    let mut rules = findings
        .as_slice()
        .iter()
        .map(|finding| scanner.rules()[finding.rule].id.as_str());
    rules.any(|id| id == rule)
}

#[test]
fn every_rule_has_formats() {
    let scanner = scanner();
    for rule in scanner.rules() {
        assert!(FORMATS.iter().any(|(id, _)| *id == rule.id), "{}", rule.id);
    }
}

#[test]
fn random_credentials_are_found_wherever_they_stand() {
    let scanner = scanner();
    let mut findings = Findings::new();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut missed = BTreeMap::new();
    let (mut made, mut found) = (0, 0);
    for (rule, formats) in FORMATS {
        for format in *formats {
            for _ in 0..EACH {
                let credential = make(format, &mut chance);
                for (before, after) in SURROUNDINGS {
                    made += 1;
                    if finds(&scanner, &mut findings, &format!("{before}{credential}{after}"), rule) {
                        found += 1;
                    } else {
                        *missed.entry(*format).or_insert(0) += 1;
                    }
                }
            }
        }
    }
    let of_format = EACH * SURROUNDINGS.len();
    let bad: Vec<_> = missed
        .iter()
        .filter(|(_, missed)| (of_format - **missed) * 100 < FOUND_OF_FORMAT * of_format)
        .collect();
    println!("{found} of {made} found; missed, by format: {missed:?}");
    assert!(bad.is_empty(), "{bad:?}");
    assert!(found * 100 >= FOUND * made);
}

#[test]
fn what_only_shows_where_a_credential_goes_is_nobodys() {
    let scanner = scanner();
    let mut findings = Findings::new();
    let rules = [
        "openai-key",
        "anthropic-key",
        "aws-access-key-id",
        "github-token",
        "gitlab-token",
        "slack-webhook",
        "stripe-key",
        "google-api-key",
        "sendgrid-key",
        "npm-token",
        "assigned-secret",
    ];
    for (rule, formats) in FORMATS.iter().filter(|(rule, _)| rules.contains(rule)) {
        for format in *formats {
            for stand_in in ["EXAMPLE", "XXXX", "A", "0123456789"] {
                let text = shown(format, stand_in);
                assert!(!finds(&scanner, &mut findings, &text, rule), "{text}");
            }
        }
    }
}

/// A format with something repeated in place of what is random.
fn shown(format: &str, stand_in: &str) -> String {
    let mut chance = Chance(1);
    let made = make(format, &mut chance);
    let fixed = format.split_once('{').map_or(format, |(fixed, _)| fixed).len();
    let filler: String = stand_in.chars().cycle().take(made.len() - fixed).collect();
    let kept = made.char_indices().map(|(place, character)| match character {
        _ if place < fixed => character,
        '-' | '_' | '.' | '/' | '"' | ' ' | '=' => character,
        _ => filler[place - fixed..].chars().next().unwrap_or(character),
    });
    kept.collect()
}
