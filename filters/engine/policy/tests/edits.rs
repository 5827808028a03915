//! What is kept from one version of a policy to the next changes nothing of what comes out.

use bartizan_policy::{CompiledPolicy, Compiler, PolicyError, Source, compile};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Rules: good ones, two with one regex, one with an example that fails, and mistakes of each kind.
const RULES: [&str; 10] = [
    "{id: number, category: pii, owasp: [LLM02], action: mask, regex: 'zq[0-9]{3}', examples: {match: [zq123], noMatch: [zq12]}}",
    "{id: near, category: pii, owasp: [LLM02], action: mask, regex: '\\b[a-z]{10}\\b', context: [ausweis], examples: {match: [ausweis abcdefghij], noMatch: [abcdefghij]}}",
    "{id: near, category: pii, owasp: [LLM02], action: mask, regex: '\\b[a-z]{10}\\b', context: [passport], examples: {match: [passport abcdefghij], noMatch: [abcdefghij]}}",
    "{id: anywhere, category: secrets, owasp: [LLM02], action: audit, regex: '\\b[a-z]{10}\\b', examples: {match: [abcdefghij], noMatch: [abc]}}",
    "{id: phrase, category: jailbreak, owasp: [LLM01], action: block, phrases: [open sesame], examples: {match: [Open  Sesame], noMatch: [sesame]}}",
    "{id: detector, category: sql-injection, owasp: [ASI02], action: block, detector: sql-injection, examples: {match: [\"' OR 1=1 --\"], noMatch: [select]}}",
    "{id: failing, category: pii, owasp: [LLM02], action: mask, regex: 'zq[0-9]{3}', examples: {match: [zq], noMatch: [zq123]}}",
    "{id: unclosed, category: pii, owasp: [LLM02], action: mask, regex: '(', examples: {match: [a], noMatch: [b]}}",
    "{id: bad-action, category: pii, owasp: [LLM02], action: maks, regex: 'zx[0-9]{3}', examples: {match: [zx123], noMatch: [b]}}",
    "{id: nothing, category: pii, owasp: [LLM02], action: mask, examples: {match: [a], noMatch: [b]}}",
];

const TENANTS: [&str; 5] = [
    "",
    "apiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {name: acme}\nspec: {keys: [{id: dev, sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}]}\n",
    "apiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {name: acme}\nspec: {keys: [{id: dev, sha256: short}]}\n",
    "apiVersion: bartizan.dev/v2\nkind: Spell\n",
    "a: [",
];

const REST: [&str; 6] = [
    "",
    ", allowList: [open sesame]",
    ", exceptions: [{name: e, rules: [number], action: audit}]",
    ", masking: {reversible: [pii]}",
    ", thresholds: [{audit: 0.9, act: 0.1}]",
    ", rulez: []",
];

/// What a policy is, file by file.
#[derive(Clone, Debug)]
enum Edit {
    /// A file of one rule pack: blank lines, the rules.
    Pack(&'static str, usize, Vec<&'static str>),
    NoPack(&'static str),
    Tenants(&'static str),
    Threats(Vec<&'static str>, &'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    let pack = || select(vec!["one", "two"]);
    let good = || subsequence(RULES[..6].to_vec(), 1..=4);
    prop_oneof![
        4 => (pack(), 0..3_usize, good()).prop_map(|(pack, lines, rules)| Edit::Pack(pack, lines, rules)),
        2 => (pack(), 0..3_usize, subsequence(RULES.to_vec(), 1..=3))
            .prop_map(|(pack, lines, rules)| Edit::Pack(pack, lines, rules)),
        1 => pack().prop_map(Edit::NoPack),
        2 => select(TENANTS.to_vec()).prop_map(Edit::Tenants),
        2 => (subsequence(vec!["one", "two"], 0..=2), select(REST.to_vec()))
            .prop_map(|(packs, rest)| Edit::Threats(packs, rest)),
    ]
}

/// The files after an edit.
fn apply(edit: &Edit, files: &mut Vec<Source>) {
    let (file, text) = match edit {
        Edit::Pack(name, lines, rules) => (*name, pack(name, *lines, rules)),
        Edit::NoPack(name) => (*name, String::new()),
        Edit::Tenants(text) => ("tenants", (*text).to_owned()),
        Edit::Threats(packs, rest) => ("threats", threats(packs, rest)),
    };
    files.retain(|known| known.file != file);
    files.push(Source {
        file: file.to_owned(),
        text,
    });
}

fn pack(name: &str, lines: usize, rules: &[&str]) -> String {
    let rules: String = rules.iter().map(|rule| format!("  - {rule}\n")).collect();
    let blank = "\n".repeat(lines);
    format!(
        "{blank}apiVersion: bartizan.dev/v1alpha1\nkind: RulePack\nmetadata: {{name: {name}}}\nspec:\n  rules:\n{rules}"
    )
}

fn threats(packs: &[&str], rest: &str) -> String {
    let packs = packs.join(", ");
    format!(
        "apiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {{name: default}}\n\
         spec: {{mode: enforce, rulePacks: [{packs}]{rest}}}\n"
    )
}

/// All that comes out, byte for byte.
fn outcome(compiled: Result<CompiledPolicy, Vec<PolicyError>>) -> Result<(String, [Vec<u8>; 3]), Vec<String>> {
    let policy = compiled.map_err(|errors| errors.iter().map(|error| format!("{error:?}")).collect::<Vec<_>>())?;
    let filters = [
        policy.auth.encode(),
        policy.rate_limit.encode(),
        policy.threat_scan.encode(),
    ];
    Ok((format!("{policy:?}"), filters))
}

proptest! {
    #[test]
    fn what_is_kept_changes_nothing(edits in proptest::collection::vec(edit(), 1..12)) {
        let mut files = Vec::new();
        apply(&Edit::Pack("one", 0, RULES[..2].to_vec()), &mut files);
        apply(&Edit::Threats(vec!["one"], ""), &mut files);
        let mut compiler = Compiler::default();
        prop_assert!(compiler.compile(&files).is_ok());
        for edit in &edits {
            apply(edit, &mut files);
            prop_assert_eq!(outcome(compiler.compile(&files)), outcome(compile(&files)), "{:?}", edit);
        }
    }
}
