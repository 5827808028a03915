//! Where requests for a model go, and what a person is told who says it wrongly.

use std::time::Duration;

use bartizan_policy::{
    CircuitBreaker, CompiledPolicy, Concurrency, Model, PassiveHealth, Resilience, Retry, Source, UnsupportedFields,
    compile,
};

/// Five lines of documents in front of each test's own.
const PROVIDERS: &str = "\
{apiVersion: bartizan.dev/v1alpha1, kind: ThreatPolicy, metadata: {name: default}, spec: {mode: enforce, rulePacks: []}}
--- {apiVersion: bartizan.dev/v1alpha1, kind: Provider, metadata: {name: one}, spec: {type: sandbox}}
--- {apiVersion: bartizan.dev/v1alpha1, kind: Provider, metadata: {name: two}, spec: {type: sandbox}}
--- {apiVersion: bartizan.dev/v1alpha1, kind: Provider, metadata: {name: tools}, spec: {type: mcp, baseUrl: 'https://a/mcp'}}
--- {apiVersion: bartizan.dev/v1alpha1, kind: Model, metadata: {name: plain}, spec: {provider: one}}
";

fn compiled(text: &str) -> Result<CompiledPolicy, Vec<String>> {
    let source = Source {
        file: "p.yaml".to_owned(),
        text: format!("{PROVIDERS}{text}"),
    };
    compile(&[source]).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn model(name: &str, spec: &str) -> String {
    format!("--- {{apiVersion: bartizan.dev/v1alpha1, kind: Model, metadata: {{name: {name}}}, spec: {spec}}}\n")
}

fn route(policy: &CompiledPolicy, name: &str) -> String {
    let show = |model: &Model| {
        let groups = model.groups.iter().map(|group| {
            let targets = group
                .iter()
                .map(|target| format!("{}/{}*{}", target.provider, target.upstream_model, target.weight));
            targets.collect::<Vec<_>>().join("+")
        });
        groups.collect::<Vec<_>>().join(" > ")
    };
    policy.forward.models.get(name).map(show).unwrap_or_default()
}

#[test]
fn chains_are_followed_to_their_end() {
    let documents = [
        model(
            "a",
            "{targets: [{provider: one, weight: 9}, {provider: two, upstreamModel: x}], fallbacks: [b, last, {provider: two, upstreamModel: y}]}",
        ),
        model(
            "b",
            "{provider: two, upstreamModel: B, fallbacks: [plain], unsupportedFields: drop}",
        ),
        model("c", "{provider: one, aliases: [last, final-2]}"),
    ];
    let policy = compiled(&documents.concat()).unwrap();
    assert_eq!(
        route(&policy, "a"),
        "one/a*9+two/x*1 > two/B*1 > one/plain*1 > one/c*1 > two/y*1"
    );
    assert_eq!(policy.forward.models["b"].unsupported_fields, UnsupportedFields::Drop);
    assert_eq!(policy.forward.models["a"].unsupported_fields, UnsupportedFields::Reject);
    assert_eq!(policy.forward.aliases["final-2"], "c");
}

#[test]
fn tenants_may_mean_something_else() {
    let tenant = "--- {apiVersion: bartizan.dev/v1alpha1, kind: Tenant, metadata: {name: acme}, \
                  spec: {models: [other], modelOverrides: [{name: plain, model: latest}, {name: mine, model: plain}]}}\n";
    let documents = [model("other", "{provider: two, aliases: [latest]}"), tenant.to_owned()];
    let policy = compiled(&documents.concat()).unwrap();
    let names = policy.forward.models_for("acme");
    let names: Vec<_> = names
        .iter()
        .map(|(name, model)| format!("{name}={}", model.name))
        .collect();
    assert_eq!(names, ["latest=other", "mine=plain", "other=other", "plain=other"]);
}

#[test]
fn resilience_has_the_defaults_that_are_documented_and_each_can_be_set() {
    let spec = "{type: sandbox, retry: {numRetries: 1, backOff: {baseInterval: 2ms, maxInterval: 3s}, budgetPercent: 4}, \
                circuitBreaker: {failures: 5, window: 6s, openTime: 7s, trialRequests: 8}, \
                healthCheck: {passive: {failurePercentageThreshold: 9, requestVolume: 10, interval: 11s, baseEjectionTime: 12s}}, \
                concurrency: {maxParallelRequests: 13, maxPendingRequests: 14, pendingTimeout: 15s}}";
    let document =
        format!("--- {{apiVersion: bartizan.dev/v1alpha1, kind: Provider, metadata: {{name: set}}, spec: {spec}}}\n");
    let policy = compiled(&document).unwrap();
    let seconds = Duration::from_secs;
    assert_eq!(policy.forward.providers["one"].resilience, Resilience::default());
    assert_eq!(
        policy.forward.providers["set"].resilience,
        Resilience {
            retry: Retry {
                num_retries: 1,
                base_interval: Duration::from_millis(2),
                max_interval: seconds(3),
                budget_percent: 4,
            },
            circuit_breaker: CircuitBreaker {
                failures: 5,
                window: seconds(6),
                open_time: seconds(7),
                trial_requests: 8,
            },
            health: PassiveHealth {
                failure_percentage: 9,
                request_volume: 10,
                interval: seconds(11),
                ejection_time: seconds(12),
            },
            concurrency: Concurrency {
                max_parallel: Some(13),
                max_pending: 14,
                pending_timeout: seconds(15),
            },
        }
    );
}

#[test]
fn routes_that_lead_nowhere_are_told() {
    let cases: Vec<(String, &[&str])> = vec![
        (
            model("a", "{}"),
            &["spec.provider: nobody serves the model; add provider, or targets"],
        ),
        (
            model("a", "{targets: [{provider: thre}]}"),
            &["spec.targets[0].provider: there is no Provider \"thre\"; add a Provider of that name"],
        ),
        (
            model("a", "{provider: one, targets: [{provider: two}]}"),
            &["spec.targets: the model has both provider and targets; write the provider as one of the targets"],
        ),
        (
            model("a", "{targets: [{provider: one}], upstreamModel: x}"),
            &[
                "spec.upstreamModel: upstreamModel belongs to a provider, and there is none beside it; write it in the targets",
            ],
        ),
        (
            model("a", "{targets: [{provider: one, weight: 0}]}"),
            &["spec.targets[0].weight: 0 is out of range; write a whole number from 1 to 1000000"],
        ),
        (
            model("a", "{targets: [{provider: one}, {provider: two}, {provider: one}]}"),
            &[
                "spec.targets[2]: the target is the same as targets[0]; remove one, and give the other the weight of both",
            ],
        ),
        (
            model(
                "a",
                "{targets: [{provider: one, match: {headers: [{name: x-canary}]}}]}",
            ),
            &[
                "spec.targets: every target asks for headers, and a request without them has nowhere to go; add a target \
               without match",
            ],
        ),
        (
            model(
                "a",
                "{targets: [{provider: one}, {provider: two, match: {headers: [{name: Authorization}, {name: X-Bartizan-Tenant}]}}]}",
            ),
            &[
                "spec.targets[1].match.headers[0].name: \"authorization\" has a secret, which no model may depend on; \
                 choose another header, such as x-canary",
                "spec.targets[1].match.headers[1].name: \"x-bartizan-tenant\" is never a client's header; choose a name \
                 that does not begin with x-bartizan-",
            ],
        ),
        (
            model(
                "a",
                "{provider: one, fallbacks: [plai, {provider: tools, upstreamModel: x}]}",
            ),
            &[
                "spec.fallbacks[0]: there is no Model \"plai\"; did you mean \"plain\"?",
                "spec.fallbacks[1].provider: Provider \"tools\" is an MCP server, which has no models; name it under \
                 mcpServers of a Tenant",
            ],
        ),
        (
            model("a", "{provider: one, fallbacks: [plain, a]}"),
            &["spec.fallbacks[1]: the model falls back to itself: a -> a; remove one of these fallbacks"],
        ),
        (
            [
                model("a", "{provider: one, fallbacks: [also-b]}"),
                model("b", "{provider: one, aliases: [also-b], fallbacks: [c]}"),
                model("c", "{provider: one, fallbacks: [a]}"),
                model("d", "{provider: one, fallbacks: [c]}"),
            ]
            .concat(),
            &[
                "spec.fallbacks[0]: the model falls back to itself: a -> b -> c -> a; remove one of these fallbacks",
                "spec.fallbacks[0]: the model falls back to itself: b -> c -> a -> b; remove one of these fallbacks",
                "spec.fallbacks[0]: the model falls back to itself: c -> a -> b -> c; remove one of these fallbacks",
            ],
        ),
        (
            [
                model("a", "{provider: one, aliases: [plain, b, new]}"),
                model("b", "{provider: one, aliases: [new]}"),
            ]
            .concat(),
            &[
                "spec.aliases[0]: there is a Model \"plain\"; choose another name, or remove one",
                "spec.aliases[1]: there is a Model \"b\"; choose another name, or remove one",
                "spec.aliases[0]: \"new\" is an alias of Model \"a\" already; choose another name, or remove one",
            ],
        ),
        (
            "--- {apiVersion: bartizan.dev/v1alpha1, kind: Tenant, metadata: {name: acme}, \
             spec: {modelOverrides: [{name: x, model: plan}, {name: x, model: plain}]}}\n"
                .to_owned(),
            &[
                "spec.modelOverrides[0].model: there is no Model \"plan\"; did you mean \"plain\"?",
                "spec.modelOverrides[1].name: \"x\" has a meaning for the tenant already; remove one",
            ],
        ),
        (
            "--- {apiVersion: bartizan.dev/v1alpha1, kind: Provider, metadata: {name: slow}, \
             spec: {type: sandbox, circuitBreaker: {window: 25h}, retry: {numRetries: 11}}}\n"
                .to_owned(),
            &["spec.retry.numRetries: 11 is out of range; write a whole number from 0 to 10"],
        ),
        (
            "--- {apiVersion: bartizan.dev/v1alpha1, kind: Provider, metadata: {name: slow}, \
             spec: {type: sandbox, circuitBreaker: {window: 25h}}}\n"
                .to_owned(),
            &["spec.circuitBreaker.window: \"25h\" is too long; write at most 24h"],
        ),
    ];
    for (text, expected) in cases {
        let found = compiled(&text).unwrap_err();
        let found: Vec<&str> = found
            .iter()
            .map(|message| message.splitn(4, ':').last().unwrap().trim())
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_mistake_has_its_place() {
    let found = compiled(&model("a", "{targets: [{provider: two, weight: 2}, {provider: thre}]}")).unwrap_err();
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("p.yaml:6:131: spec.targets[1].provider: "),
        "{found:?}"
    );
}

#[test]
fn who_is_fallen_back_to_by_many_is_tried_once() {
    let ladder = |length: usize| {
        let rung = |number: usize| {
            let next: Vec<String> = (number + 1..length).take(2).map(|next| format!("w{next}")).collect();
            model(
                &format!("w{number}"),
                &format!("{{provider: one, fallbacks: [{}]}}", next.join(", ")),
            )
        };
        (0..length).map(rung).collect::<String>()
    };
    let policy = compiled(&ladder(4)).unwrap();
    assert_eq!(route(&policy, "w0"), "one/w0*1 > one/w1*1 > one/w2*1 > one/w3*1");
    // There are more ways through it than a machine could ever walk.
    let policy = compiled(&ladder(200)).unwrap();
    assert_eq!(policy.forward.models["w0"].groups.len(), 200);
}
