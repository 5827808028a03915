use bartizan_policy::{Source as Document, Tls, compile};
use envoy_types::pb::envoy::{
    config::{
        core::v3::{AsyncDataSource, TypedExtensionConfig, async_data_source::Specifier, data_source},
        listener::v3::{Listener, filter as network_filter},
    },
    extensions::{
        filters::{
            http::wasm::v3::Wasm,
            network::http_connection_manager::v3::{HttpConnectionManager, http_filter},
        },
        wasm::v3::{FailurePolicy, PluginConfig, plugin_config},
    },
};
use prost::Message;

use super::*;
use crate::text::{self, Format};

const POLICY: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec:
  keys: [{id: dev, sha256: 3d1b49bb1f1c1e9fe7e5b41b4e3a2c1f5d7e8b9a0c1d2e3f405162738495a6b7}]
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: []}
";

fn policy(text: &str) -> CompiledPolicy {
    let document = Document {
        file: "policies/all.yaml".to_owned(),
        text: text.to_owned(),
    };
    compile(&[document]).unwrap()
}

fn config() -> SnapshotConfig {
    let code = |name: &str| WasmCode::File(PathBuf::from("/run/filters").join(name));
    SnapshotConfig {
        listen: ([127, 0, 0, 1], 10000).into(),
        filters: FilterCode {
            auth: code("auth-1.wasm"),
            rate_limit: code("rate-limit-1.wasm"),
            threat_scan: code("threat-scan-1.wasm"),
        },
        forward: Forward {
            endpoints: vec![Endpoint::Unix("/run/forward.sock".into())],
            token: Secret::new("planted-token".to_owned()),
            tls: None,
        },
        access_log: AccessLog::Stdout,
    }
}

fn with_tls() -> (CompiledPolicy, SnapshotConfig) {
    let mut policy = policy(POLICY);
    policy.gateway.tls = Some(Tls {
        certificate_file: "/tls/tls.crt".into(),
        private_key_file: "tls.key".into(),
    });
    let mut config = config();
    config.forward.tls = Some(ForwardTls {
        ca: "/forward/ca.crt".into(),
        certificate: "/forward/tls.crt".into(),
        key: "/forward/tls.key".into(),
    });
    (policy, config)
}

/// Type and name of each resource that differs.
fn changed(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut changed = Vec::new();
    for resource_type in ResourceType::ALL {
        for resource in after.all(resource_type) {
            if before.get(resource_type, resource.name()) != Some(resource) {
                changed.push(format!("{} {}", resource_type.short_name(), resource.name()));
            }
        }
    }
    changed
}

fn manager(snapshot: &Snapshot) -> HttpConnectionManager {
    let body = snapshot.get(ResourceType::Listener, EDGE).unwrap().body();
    let listener = Listener::decode(body.value.as_slice()).unwrap();
    let Some(network_filter::ConfigType::TypedConfig(manager)) = &listener.filter_chains[0].filters[0].config_type
    else {
        panic!("no connection manager");
    };
    HttpConnectionManager::decode(manager.value.as_slice()).unwrap()
}

fn plugin(filter: &TypedExtensionConfig) -> PluginConfig {
    let packed = filter.typed_config.as_ref().unwrap();
    Wasm::decode(packed.value.as_slice()).unwrap().config.unwrap()
}

#[test]
fn the_same_input_gives_the_same_versions() {
    let (policy, config) = with_tls();
    assert_eq!(
        changed(&build(&policy, &config), &build(&policy.clone(), &config.clone())),
        [""; 0]
    );
}

#[test]
fn a_policy_edit_changes_the_filters_it_concerns_alone() {
    let hash = "3d1b49bb1f1c1e9fe7e5b41b4e3a2c1f5d7e8b9a0c1d2e3f405162738495a6b7";
    let table: [(&str, &str, &[&str]); 3] = [
        ("enforce", "audit", &["TypedExtensionConfig bartizan.threat-scan"]),
        (hash, &hash.replace('3', "4"), &["TypedExtensionConfig bartizan.auth"]),
        (
            "name: acme",
            "name: initech",
            &[
                "TypedExtensionConfig bartizan.auth",
                "TypedExtensionConfig bartizan.rate-limit",
            ],
        ),
    ];
    let before = build(&policy(POLICY), &config());
    for (old, new, expected) in table {
        let after = build(&policy(&POLICY.replace(old, new)), &config());
        assert_ne!(before.policy_digest(), after.policy_digest());
        assert_eq!(changed(&before, &after), expected, "{new}");
    }
}

#[test]
fn each_setting_changes_what_depends_on_it() {
    type Edit = fn(&mut CompiledPolicy, &mut SnapshotConfig);
    let table: [(Edit, &[&str]); 7] = [
        (
            |policy, _| policy.gateway.jobs.max_duration *= 2,
            &["RouteConfiguration bartizan"],
        ),
        (
            |policy, _| policy.gateway.max_body_bytes = 1 << 30,
            &["RouteConfiguration bartizan"],
        ),
        (
            |policy, _| policy.gateway.max_answer_bytes = 1 << 30,
            &["RouteConfiguration bartizan"],
        ),
        (|_, config| config.access_log = AccessLog::Off, &["Listener bartizan"]),
        (
            |_, config| config.forward.token = Secret::new("new".to_owned()),
            &["TypedExtensionConfig bartizan.auth", "Secret forward-token"],
        ),
        (
            |_, config| {
                config
                    .forward
                    .endpoints
                    .push(Endpoint::Tcp(([10, 0, 0, 1], 8081).into()))
            },
            &["ClusterLoadAssignment forward"],
        ),
        (
            |_, config| config.filters.auth = WasmCode::Inline(Arc::from(*b"\0asm")),
            &["TypedExtensionConfig bartizan.auth"],
        ),
    ];
    let before = build(&policy(POLICY), &config());
    for (edit, expected) in table {
        let (mut policy, mut config) = (policy(POLICY), config());
        edit(&mut policy, &mut config);
        assert_eq!(changed(&before, &build(&policy, &config)), expected);
    }
}

#[test]
fn the_chain_is_in_order_and_closed_until_the_filters_arrive() {
    let manager = manager(&build(&policy(POLICY), &config()));
    let names: Vec<&str> = manager.http_filters.iter().map(|filter| filter.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "bartizan.auth",
            "envoy.filters.http.decompressor",
            "bartizan.rate-limit",
            "bartizan.threat-scan",
            "envoy.filters.http.credential_injector",
            "envoy.filters.http.router",
        ]
    );
    for filter in manager
        .http_filters
        .iter()
        .filter(|filter| filter.name.starts_with("bartizan."))
    {
        let Some(http_filter::ConfigType::ConfigDiscovery(discovery)) = &filter.config_type else {
            panic!("{} is not discovered", filter.name);
        };
        let default = discovery.default_config.as_ref().unwrap();
        assert!(
            default.type_url.ends_with("envoy.extensions.filters.http.rbac.v3.RBAC"),
            "{}",
            default.type_url
        );
        assert!(discovery.type_urls.contains(&default.type_url));
        assert!(!discovery.apply_default_config_without_warming);
    }
}

#[test]
fn filters_fail_closed_and_never_fetch_code() {
    for code in [WasmCode::File("/a.wasm".into()), WasmCode::Inline(Arc::from(*b"\0asm"))] {
        let filters = FilterCode {
            auth: code.clone(),
            rate_limit: code.clone(),
            threat_scan: code,
        };
        for filter in filter::build_all(&policy(POLICY), &filters, None) {
            let plugin = plugin(&filter);
            assert_eq!(plugin.name, filter.name);
            assert_eq!(plugin.failure_policy(), FailurePolicy::FailReload);
            assert!(plugin.allow_on_headers_stop_iteration.unwrap().value);
            let Some(plugin_config::Vm::VmConfig(vm)) = plugin.vm else {
                panic!("no VM");
            };
            assert_eq!(vm.vm_id, filter.name);
            let Some(AsyncDataSource {
                specifier: Some(Specifier::Local(local)),
            }) = vm.code
            else {
                panic!("code is not local");
            };
            assert!(matches!(
                local.specifier,
                Some(data_source::Specifier::Filename(_) | data_source::Specifier::InlineBytes(_))
            ));
        }
    }
}

#[test]
fn only_auth_learns_the_job_key_and_none_the_token() {
    let job_key = JobKey::derive(b"planted-token");
    let snapshot = build(&policy(POLICY), &config());
    for name in FilterName::ALL {
        let body = snapshot.get(ResourceType::Filter, name.resource()).unwrap().body();
        let holds = |bytes: &[u8]| body.value.windows(bytes.len()).any(|window| window == bytes);
        assert_eq!(holds(job_key.as_bytes()), name == FilterName::Auth, "{name:?}");
        assert!(!holds(b"planted-token"), "{name:?}");
    }
}

#[test]
fn every_kind_of_resource_can_be_written_as_text() {
    let (policy, config) = with_tls();
    let parts = listener::Parts::Given {
        filters: &filter::build_all(&policy, &config.filters, None),
        routes: &route::build(&policy.gateway),
    };
    let written = text::render(&listener::build(&policy.gateway, &config, parts), Format::Yaml).unwrap();
    for expected in [
        "failure_policy: FAIL_RELOAD",
        "%RESPONSE_CODE%",
        "TLSv1_2",
        "content_type",
    ] {
        assert!(written.contains(expected), "{expected} is missing");
    }
    let routes = text::render(&route::build(&policy.gateway), Format::Yaml).unwrap();
    for expected in [
        "name: x-bartizan-job",
        "max_stream_duration:",
        "idle_timeout: \"3600s\"",
    ] {
        assert!(routes.contains(expected), "{expected} is missing");
    }
    text::render(&cluster::build(&config.forward, Source::Bootstrap), Format::Yaml).unwrap();
    for secret in secret::build_all(&config.forward, policy.gateway.tls.as_ref()) {
        text::render(&secret, Format::Yaml).unwrap();
    }
}

#[test]
fn private_keys_are_named_and_the_token_is_not_printed() {
    let (policy, config) = with_tls();
    let secrets = secret::build_all(&config.forward, policy.gateway.tls.as_ref());
    let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["forward-token", "listener-tls", "forward-tls", "forward-ca"]);
    let snapshot = build(&policy, &config);
    assert!(!format!("{snapshot:?} {config:?}").contains("planted-token"));
}

#[test]
fn replies_of_envoy_speak_the_dialect_and_ours_are_left_alone() {
    let replies = manager(&build(&policy(POLICY), &config())).local_reply_config.unwrap();
    let written = text::render(&replies, Format::Json).unwrap();
    let replies: serde_json::Value = serde_json::from_str(&written).unwrap();
    let mappers = replies["mappers"].as_array().unwrap();
    let expression = |mapper: &serde_json::Value| {
        let config = &mapper["filter"]["extension_filter"]["typed_config"];
        config["expression"].as_str().unwrap().to_owned()
    };
    assert_eq!(expression(&mappers[0]), "response.code_details == ''");
    assert_eq!(mappers[0].get("body_format_override"), None);
    let too_large = |dialect: &str| {
        let found = mappers.iter().find(|mapper| {
            let expression = expression(mapper);
            let others = ["anthropic", "mcp"].into_iter().filter(|other| *other != dialect);
            let is_of_dialect = dialect == "openai" || expression.contains(dialect);
            expression.starts_with("response.code == 413")
                && is_of_dialect
                && !others.into_iter().any(|other| expression.contains(other))
        });
        let body = &found.unwrap()["body_format_override"]["text_format_source"]["inline_string"];
        serde_json::from_str::<serde_json::Value>(body.as_str().unwrap()).unwrap()
    };
    assert_eq!(too_large("openai")["error"]["code"], "body_too_large");
    assert_eq!(too_large("anthropic")["error"]["type"], "request_too_large");
    assert_eq!(too_large("anthropic")["request_id"], "%REQ(X-REQUEST-ID)%");
    assert_eq!(too_large("mcp")["error"]["code"], -32000);
    for mapper in &mappers[1..] {
        let body = &mapper["body_format_override"]["text_format_source"]["inline_string"];
        let body = body.as_str().unwrap().replace("%REQ(X-REQUEST-ID)%", "");
        assert!(!body.contains('%'), "Envoy would take it for an operator: {body}");
    }
}
