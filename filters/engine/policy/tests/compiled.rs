//! What reaches the filters, and what does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use bartizan_identity::KeyHash;
use bartizan_limit::{Quota, TenantLimits};
use bartizan_policy::{
    AuthConfig, CompiledPolicy, DecodeError, FailureMode, ModelRefusal, RateLimitConfig, Source, ThreatScanConfig,
    compile,
};
use bartizan_scan::CategorySet;
use bartizan_verdict::{Action, Category, Mode, Role};

const TENANT: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec:
  keys: [{id: dev, sha256: HASH, expiresAt: 2027-01-01T00:00:00Z}]
  models: [chat]
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
  exemptRoles: [tool, system, tool]
  answers: {mode: audit}
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
spec: {maxBodyBytes: 4096, maxStreamDuration: 30s}
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
    assert_eq!(threats.failure_mode, FailureMode::FailOpen);
    assert_eq!(threats.exempt_roles, [Role::System, Role::Tool]);
    assert_eq!(threats.applies_to(Role::User), CategorySet::ALL);
    let exempt = threats.applies_to(Role::System);
    assert!(!exempt.contains(Category::Jailbreak) && exempt.contains(Category::Secrets));

    let chat = policy.forward.model_for("acme", "chat").unwrap();
    assert_eq!(chat.upstream_model, "Chat/1");
    assert_eq!(policy.forward.provider_of(chat).unwrap().timeouts.idle.as_millis(), 250);
    assert_eq!(
        policy.forward.model_for("acme", "other"),
        Err(ModelRefusal::NotPermitted)
    );
    assert_eq!(policy.gateway.max_body_bytes, 4096);
    assert_eq!(policy.gateway.max_answer_bytes, 8 << 20);
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
