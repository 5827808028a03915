//! Every policy we ship is a good one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops"
)]

use std::fs;
use std::path::{Path, PathBuf};

use bartizan_identity::KeyHash;
use bartizan_policy::{CompiledPolicy, CredentialSource, Requirement, Source, compile, json_schema};
use bartizan_scan::Scanner;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

fn samples() -> Vec<Source> {
    let mut found = Vec::new();
    files(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../policies")),
        &mut found,
    );
    let source = |path: PathBuf| Source {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        text: fs::read_to_string(path).unwrap(),
    };
    found.into_iter().map(source).collect()
}

fn compiled() -> CompiledPolicy {
    compile(&samples()).unwrap_or_else(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        panic!("the sample policies have mistakes:\n{}", lines.join("\n"))
    })
}

#[test]
fn no_sample_rule_is_run_over_every_text() {
    assert_eq!(compiled().warnings, []);
}

#[test]
fn the_sample_keys_lead_to_the_sample_tenants() {
    let policy = compiled();
    for (key, tenant) in [("bz-acme-dev-key", "acme"), ("bz-globex-dev-key", "globex")] {
        let principal = policy.auth.keys.lookup(&KeyHash::of(key.as_bytes()), || 1).unwrap();
        assert_eq!((principal.tenant, principal.key_id), (tenant, "dev"));
        assert!(policy.rate_limit.tenant(tenant).is_some());
    }
    let (_, globex) = policy.rate_limit.tenant("globex").unwrap();
    assert_eq!(globex.requests.unwrap().limit(), 5);
}

#[test]
fn no_sample_contains_a_key() {
    for source in samples() {
        let in_comments_only = source
            .text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .all(|line| !line.contains("bz-acme-dev-key") && !line.contains("bz-globex-dev-key"));
        assert!(in_comments_only, "{}", source.file);
    }
}

#[test]
fn the_sample_rules_load() {
    let policy = compiled();
    let scanner = Scanner::load(&policy.threat_scan.pack).unwrap();
    assert!(scanner.rules().len() >= 5);
}

#[test]
fn only_the_sandbox_works_without_anybodys_key() {
    let forward = compiled().forward;
    let sandbox: Vec<_> = forward
        .models
        .values()
        .filter(|model| model.targets().all(|target| target.provider == "sandbox"))
        .collect();
    assert!(sandbox.iter().all(|model| model.name.starts_with("sandbox-")));
    assert!(sandbox.len() >= 9);
    for name in ["openai", "anthropic"] {
        let provider = &forward.providers[name];
        assert_eq!(provider.requirement, Requirement::Optional);
        assert!(matches!(provider.credential, Some(CredentialSource::Environment(_))));
    }
}

#[test]
fn the_reference_names_every_field() {
    fn fields<'s>(schema: &'s serde_json::Value, found: &mut Vec<&'s str>) {
        match schema {
            serde_json::Value::Object(object) => {
                let properties = object.get("properties").and_then(serde_json::Value::as_object);
                found.extend(
                    properties
                        .into_iter()
                        .flat_map(|properties| properties.keys().map(String::as_str)),
                );
                object.values().for_each(|value| fields(value, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
            _ => {}
        }
    }
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let mut found = Vec::new();
    fields(&schema, &mut found);
    let reference = include_str!("../../../../policies/README.md");
    let missing: Vec<_> = found.into_iter().filter(|field| !reference.contains(field)).collect();
    assert!(missing.is_empty(), "policies/README.md does not mention {missing:?}");
}
