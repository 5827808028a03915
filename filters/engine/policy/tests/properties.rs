//! What must hold for any text and any bytes.

use bartizan_policy::{AuthConfig, RateLimitConfig, Source, ThreatScanConfig, compile};
use proptest::prelude::*;

const WHOLE: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec:
  keys: [{id: dev, sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, disabled: true}]
  models: ['*']
  limits: {requests: {limit: 5, window: 1m}, tokens: {limit: 9, window: 2d}, concurrentRequests: 2}
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: [pack], actions: {pii: mask}, thresholds: [{roles: [tool], act: never}], exceptions: [{name: e, rules: [r], action: audit}], allowList: [one  two], answers: {mode: off}}
---
apiVersion: bartizan.dev/v1alpha1
kind: RulePack
metadata: {name: pack}
spec:
  rules: [{id: r, category: pii, owasp: [LLM02], action: audit, phrases: [one two], examples: {match: [one two], noMatch: [one]}}]
---
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {name: openai}
spec: {type: openai, baseUrl: 'https://a/v1', credential: {env: KEY}, timeouts: {connect: 1s}, optional: true}
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {name: m}
spec: {provider: openai, upstreamModel: n}
---
apiVersion: bartizan.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec: {maxBodyBytes: 4096, tls: {certificateFile: a, privateKeyFile: b}, jobs: {keep: 1d, maxRunning: 1}}
";

const FRAGMENTS: [&str; 22] = [
    "",
    "~",
    "0",
    "-1",
    "1e9",
    "''",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "&a ",
    "*a",
    "!x ",
    "---\n",
    "\t",
    "#",
    "|\n",
    "\u{feff}",
    "999999999d",
];

fn compile_one(text: String) -> Result<(), Vec<String>> {
    let sources = [Source {
        file: "p.yaml".to_owned(),
        text,
    }];
    compile(&sources)
        .map(|_| ())
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn the_whole_document_is_good() {
    assert_eq!(compile_one(WHOLE.to_owned()), Ok(()));
}

/// The start and end of each word in the text, to be replaced or removed.
fn words() -> Vec<(usize, usize)> {
    let is_word = |letter: char| letter.is_alphanumeric() || "/.-*'".contains(letter);
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in WHOLE.char_indices() {
        match (is_word(letter), start) {
            (true, None) => start = Some(at),
            (false, Some(begun)) => {
                words.push((begun, at));
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    words
}

proptest! {
    #[test]
    fn an_edit_is_accepted_or_explained(
        word in proptest::sample::select(words()),
        fragment in proptest::sample::select(FRAGMENTS.to_vec()),
    ) {
        let text = format!("{}{fragment}{}", &WHOLE[..word.0], &WHOLE[word.1..]);
        if let Err(messages) = compile_one(text) {
            prop_assert!(!messages.is_empty());
            prop_assert!(messages.iter().all(|message| !message.contains("cannot be read: missing field")));
            prop_assert!(messages.iter().all(|message| !message.contains("spec: the document cannot be read")));
        }
    }

    #[test]
    fn any_text_is_accepted_or_explained(text in "(apiVersion|kind|metadata|spec|Tenant|[a-z]|[:{}\\[\\]&*!#|>'\"%@`,? \n-]){0,60}") {
        prop_assert!(compile_one(text).is_err());
    }

    #[test]
    fn any_bytes_decode_or_are_refused(kind in "[ART]", mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        bytes.splice(0..0, format!("BZ1{kind}").into_bytes());
        prop_assert!(AuthConfig::decode(&bytes).is_err());
        prop_assert!(RateLimitConfig::decode(&bytes).is_err());
        prop_assert!(ThreatScanConfig::decode(&bytes).is_err());
    }
}
