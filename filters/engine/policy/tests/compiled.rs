//! What reaches the filters, and what does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::time::Duration;

use bartizan_identity::KeyHash;
use bartizan_limit::{Quota, TenantLimits};
use bartizan_policy::{
    AuthConfig, Caller, CompiledPolicy, DecodeError, FailureMode, JobsConfig, ModelRefusal, RateLimitConfig, Source,
    ThreatScanConfig, UnscannableMode, compile,
};
use bartizan_scan::{CategorySet, Excepted, Findings, Scanner, Score, Subject};
use bartizan_verdict::{Action, Category, Mode, Role};

const TENANT: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec:
  keys: [{id: dev, sha256: HASH, expiresAt: 2027-01-01T00:00:00Z}]
  models: [chat]
  mcpServers: [box]
  limits: {requests: {limit: 5, window: 1m}, concurrentRequests: 2}
";
const THREATS: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec:
  mode: enforce
  rulePacks: [pack]
  actions: {pii: mask}
  thresholds:
  - {categories: [pii], act: 0.8}
  - {roles: [tool], audit: never, act: never}
  - {categories: [pii, secrets], roles: [tool, document], audit: 0.25}
  exceptions:
  - {name: by-rule, rules: [r], categories: [pii], action: audit}
  - {name: by-call, tenants: [acme], models: [cha*, other], routes: [/v1/*], action: allow}
  allowList: ['0000', Some  Text]
  answers: {mode: audit}
  unscannable: refuse
  failureMode: FailOpen
";
const PACK: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: RulePack
metadata: {name: pack}
spec:
  rules:
  - {id: r, category: pii, owasp: [LLM02], action: audit, regex: '[0-9]{4}', examples: {match: ['1234'], noMatch: ['1']}}
";
const MODELS: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {name: box}
spec: {type: sandbox, timeouts: {idle: 250ms}}
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {name: chat}
spec: {provider: box, upstreamModel: Chat/1}
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {name: other}
spec: {provider: box}
---
apiVersion: bartizan.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec:
  maxBodyBytes: 4096
  maxStreamDuration: 30s
  jobs: {keep: 2d, maxDuration: 90m, maxRunning: 2, maxQueuedPerTenant: 3, maxPerTenant: 4, maxBytesPerTenant: 5000}
";

fn compiled(texts: &[&str]) -> CompiledPolicy {
    let hash = KeyHash::of(b"bz-key").to_string();
    let source = |(number, text): (usize, &&str)| Source {
        file: format!("{number}.yaml"),
        text: text.replace("HASH", &hash),
    };
    compile(&texts.iter().enumerate().map(source).collect::<Vec<_>>()).unwrap()
}

fn everything() -> CompiledPolicy {
    compiled(&[TENANT, THREATS, PACK, MODELS])
}

#[test]
fn every_field_arrives() {
    let policy = everything();
    let expiry = 1_798_761_600_000_000_000;
    assert!(policy.auth.keys.lookup(&KeyHash::of(b"bz-key"), || expiry - 1).is_ok());
    assert!(policy.auth.keys.lookup(&KeyHash::of(b"bz-key"), || expiry).is_err());

    let limits = TenantLimits {
        requests: Quota::new(5, 60_000_000_000),
        tokens: None,
        concurrent_requests: std::num::NonZeroU32::new(2),
    };
    assert_eq!(policy.rate_limit.tenant("acme"), Some((0, &limits)));
    assert_eq!(policy.rate_limit.tenant("acm"), None);
    assert_eq!(policy.rate_limit.max_stream_duration(), 30_000_000_000);

    let threats = &policy.threat_scan;
    assert_eq!((threats.mode, threats.answers), (Mode::Enforce, Mode::Audit));
    assert_eq!(threats.actions.get(Category::Pii), Some(Action::Mask));
    assert_eq!(threats.actions.get(Category::Secrets), None);
    assert_eq!(threats.unscannable, UnscannableMode::Refuse);
    assert_eq!(threats.failure_mode, FailureMode::FailOpen);
    assert_eq!(threats.applies_to(Role::User), CategorySet::ALL);
    let system = threats.applies_to(Role::System);
    assert!(!system.contains(Category::Jailbreak) && system.contains(Category::Secrets));
    let tool: CategorySet = [Category::Pii, Category::Secrets].into_iter().collect();
    assert_eq!(threats.applies_to(Role::Tool), tool);
    let by_call = threats.exceptions.last().unwrap();
    assert_eq!(
        (by_call.name.as_str(), by_call.exception.most),
        ("by-call", Excepted::Allow)
    );
    assert!(threats.asks_for_path() && threats.asks_for_model());

    let chat = policy.forward.model_for("acme", "chat").unwrap();
    let target = chat.targets().next().unwrap();
    assert_eq!(target.upstream_model, "Chat/1");
    assert_eq!(
        policy.forward.providers[&target.provider].timeouts.idle.as_millis(),
        250
    );
    assert_eq!(
        policy.forward.model_for("acme", "other"),
        Err(ModelRefusal::NotPermitted)
    );
    assert_eq!(policy.forward.mcp_server_for("acme", None), Ok("box"));
    assert_eq!(policy.gateway.max_body_bytes, 4096);
    assert_eq!(policy.gateway.max_answer_bytes, 8 << 20);
    let jobs = JobsConfig {
        keep: Duration::from_secs(48 * 3600),
        max_duration: Duration::from_secs(90 * 60),
        max_running: 2,
        max_queued_per_tenant: 3,
        max_per_tenant: 4,
        max_bytes_per_tenant: 5000,
    };
    assert_eq!(policy.gateway.jobs, jobs);
}

#[test]
fn later_thresholds_win() {
    let thresholds = everything().threat_scan.thresholds;
    let of = |category, role| {
        let threshold = thresholds.get(category, role);
        [threshold.audit, threshold.act].map(|score| score.map(Score::hundredths))
    };
    for (category, role, expected) in [
        (Category::Pii, Role::User, [Some(50), Some(80)]),
        (Category::Pii, Role::Document, [Some(25), Some(80)]),
        (Category::Pii, Role::Tool, [Some(25), None]),
        (Category::Secrets, Role::Tool, [Some(25), None]),
        (Category::Secrets, Role::Document, [Some(25), Some(90)]),
        (Category::Secrets, Role::User, [Some(50), Some(90)]),
        (Category::Jailbreak, Role::Tool, [None, None]),
        (Category::Jailbreak, Role::System, [None, None]),
    ] {
        assert_eq!(of(category, role), expected, "{category} of {role}");
    }
}

#[test]
fn exceptions_hold_where_all_their_conditions_do() {
    let threats = everything().threat_scan;
    let acme = Caller {
        tenant: "acme",
        model: "chat",
        path: "/v1/chat/completions?x",
    };
    for (caller, expected) in [
        (acme, 2),
        (Caller { model: "other", ..acme }, 2),
        (
            Caller {
                model: "others",
                ..acme
            },
            1,
        ),
        (Caller { model: "", ..acme }, 1),
        (
            Caller {
                tenant: "acme2",
                ..acme
            },
            1,
        ),
        (Caller { path: "/v2/x", ..acme }, 1),
        (Caller { path: "/v1", ..acme }, 1),
    ] {
        let terms = threats.terms(Mode::Enforce, &caller);
        assert_eq!(terms.exceptions.len(), expected, "{caller:?}");
    }
}

#[test]
fn the_allow_list_is_in_the_pack_and_not_in_the_way_of_examples() {
    let threats = everything().threat_scan;
    let scanner = Scanner::load(&threats.pack).unwrap();
    for (text, expected) in [("it is 1234", 1), ("it is 0000", 0), ("some text", 0)] {
        let mut findings = Findings::new();
        scanner.scan(text, Subject::of(Role::User), &mut findings);
        assert_eq!(findings.as_slice().len(), expected, "{text}");
    }
    compiled(&[TENANT, &THREATS.replace("'0000'", "'1234'"), PACK, MODELS]);
}

#[test]
fn what_filters_get_reads_back() {
    let policy = everything();
    assert_eq!(AuthConfig::decode(&policy.auth.encode()), Ok(policy.auth));
    assert_eq!(
        RateLimitConfig::decode(&policy.rate_limit.encode()),
        Ok(policy.rate_limit)
    );
    assert_eq!(
        ThreatScanConfig::decode(&policy.threat_scan.encode()),
        Ok(policy.threat_scan)
    );
}

#[test]
fn each_filter_refuses_what_is_meant_for_another() {
    let policy = everything();
    assert_eq!(AuthConfig::decode(&policy.rate_limit.encode()), Err(DecodeError::Kind));
    assert_eq!(
        RateLimitConfig::decode(&policy.threat_scan.encode()),
        Err(DecodeError::Kind)
    );
    assert_eq!(ThreatScanConfig::decode(&policy.auth.encode()), Err(DecodeError::Kind));
}

#[test]
fn the_digest_is_of_what_is_said_not_of_how() {
    let policy = everything();
    let digest = &policy.digest;
    assert_eq!(digest.len(), 64);

    let reordered = compiled(&[PACK, &format!("# one file\n{MODELS}---{THREATS}---{TENANT}")]);
    assert_eq!(reordered.digest, *digest);
    let reformatted = TENANT.replace("metadata: {name: acme}", "metadata:\n  'name': acme");
    assert_eq!(compiled(&[&reformatted, THREATS, PACK, MODELS]).digest, *digest);
    let changed = TENANT.replace("limit: 5", "limit: 6");
    assert_ne!(compiled(&[&changed, THREATS, PACK, MODELS]).digest, *digest);
}

#[test]
fn an_edit_leaves_the_configuration_of_filters_it_does_not_concern() {
    let before = everything();
    let changed = TENANT.replace("limit: 5", "limit: 6");
    let after = compiled(&[&changed, THREATS, PACK, MODELS]);
    assert_ne!(after.rate_limit.encode(), before.rate_limit.encode());
    assert_eq!(after.auth.encode(), before.auth.encode());
    assert_eq!(after.threat_scan.encode(), before.threat_scan.encode());
}

#[test]
fn a_pack_that_is_not_in_force_is_checked_but_not_used() {
    let unused = PACK
        .replace("name: pack", "name: unused")
        .replace("id: r,", "id: unused,");
    let policy = compiled(&[TENANT, THREATS, PACK, MODELS, &unused]);
    assert_eq!(
        bartizan_scan::Scanner::load(&policy.threat_scan.pack)
            .unwrap()
            .rules()
            .len(),
        1
    );
    let broken = unused.replace("[0-9]{4}", "[0-9");
    let sources = [THREATS, PACK, &broken].map(|text| Source {
        file: "p".to_owned(),
        text: text.to_owned(),
    });
    assert_eq!(compile(&sources).unwrap_err()[0].field, "spec.rules[0].regex");
}
