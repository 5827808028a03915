//! The sample policies, the examples of their rules, and other terms for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use bartizan_inspect::Inspector;
use bartizan_policy::{Source, ThreatScanConfig, compile};
use bartizan_scan::{Score, Threshold};
use bartizan_verdict::{Action, Category, Role};

static POLICY: LazyLock<ThreatScanConfig> = LazyLock::new(|| compile(&sources()).unwrap().threat_scan);

/// An example of a rule, of what it finds or does not.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) rule: String,
    pub(crate) text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../policies"));
    let mut sources = Vec::new();
    for folder in [root.to_path_buf(), root.join("packs")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                sources.push(Source {
                    file: path.display().to_string(),
                    text: fs::read_to_string(path).unwrap(),
                });
            }
        }
    }
    sources.sort_by(|one, other| one.file.cmp(&other.file));
    sources
}

/// Under the policy as it is.
pub(crate) fn inspector() -> Inspector {
    Inspector::new(POLICY.clone()).unwrap()
}

/// Which of the inspectors only reports, whatever it finds.
pub(crate) const REPORTING: usize = 1;

/// Under the policy as it is; with every rule reporting, masking, or one of all three by its category; and the last again
/// for other categories.
pub(crate) fn inspectors() -> Vec<Inspector> {
    let policy = &*POLICY;
    let all = |action: &dyn Fn(usize) -> Action| {
        let mut config = policy.clone();
        let from = Some(Score::new(1));
        for (number, category) in Category::ALL.iter().enumerate() {
            config.actions.set(*category, action(number));
            for role in Role::ALL {
                config
                    .thresholds
                    .set(*category, *role, Threshold { audit: from, act: from });
            }
        }
        Inspector::new(config).unwrap()
    };
    let mixed = |number: usize| *[Action::Audit, Action::Mask, Action::Block].get(number % 3).unwrap();
    vec![
        inspector(),
        all(&|_| Action::Audit),
        all(&|_| Action::Mask),
        all(&mixed),
        all(&|number| mixed(number + 1)),
    ]
}

/// Every example of every rule: first one of each rule.
pub(crate) fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for source in sources() {
        let mut rule = None;
        for line in source.text.lines().map(str::trim_start) {
            if let Some(id) = line.strip_prefix("- id: ") {
                rule = Some(id.to_owned());
            } else if let (Some(rule), Some(text)) = (&rule, line.strip_prefix("- ").and_then(text)) {
                let rule = rule.clone();
                examples.push(Example { rule, text });
            }
        }
    }
    assert!(examples.len() > 1000);
    let mut rules = BTreeSet::new();
    examples.sort_by_cached_key(|example| !rules.insert(example.rule.clone()));
    examples
}

/// What an example's line says: a scalar, or a mapping with `text`.
fn text(line: &str) -> Option<String> {
    let mapping = line.strip_prefix('{').unwrap_or(line);
    let scalar = mapping.strip_prefix("text: ").unwrap_or(line);
    let (text, rest) = if let Some(quoted) = scalar.strip_prefix('\'') {
        let end = quoted.replace("''", "\0\0").find('\'')?;
        (quoted.get(..end)?.replace("''", "'"), quoted.get(end + 1..)?)
    } else if scalar.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(scalar).into_iter::<String>();
        let text = values.next()?.ok()?;
        (text, scalar.get(values.byte_offset()..)?)
    } else {
        return None;
    };
    let times = rest.split_once("times: ").map_or("1", |(_, times)| times);
    let times: usize = times
        .trim_end_matches(|end: char| !end.is_ascii_digit())
        .parse()
        .unwrap_or(1);
    Some(text.repeat(times))
}
