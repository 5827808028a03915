use std::time::Duration;

use bartizan_identity::JobKey;
use bartizan_policy::{AuthConfig, CompiledPolicy};
use envoy_types::pb::{
    envoy::{
        config::core::v3::{AsyncDataSource, BackoffStrategy, TypedExtensionConfig, async_data_source, data_source},
        extensions::{
            filters::http::wasm::v3::Wasm,
            wasm::v3::{FailurePolicy, PluginConfig, ReloadConfig, VmConfig, plugin_config},
        },
    },
    google::protobuf::BytesValue,
};

use super::{FilterCode, WasmCode};
use crate::proto::{any, data, duration, extension, file, yes};

/// How long a filter whose VM trapped stays closed, at first and at most.
const RELOAD_BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// The filters, in the order in which a request meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterName {
    Auth,
    RateLimit,
    ThreatScan,
}

impl FilterName {
    pub(crate) const ALL: [Self; 3] = [Self::Auth, Self::RateLimit, Self::ThreatScan];

    /// Name of the filter in the chain, of its resource and of its VM.
    pub(crate) const fn resource(self) -> &'static str {
        match self {
            Self::Auth => "bartizan.auth",
            Self::RateLimit => "bartizan.rate-limit",
            Self::ThreatScan => "bartizan.threat-scan",
        }
    }

    /// Name of the module's file, without extension.
    pub(crate) const fn module(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::RateLimit => "rate-limit",
            Self::ThreatScan => "threat-scan",
        }
    }
}

/// The filters with their configuration. `job_key` is what the forwarder's credentials of jobs are made under; without
/// it, none is believed.
pub(crate) fn build_all(
    policy: &CompiledPolicy,
    code: &FilterCode,
    job_key: Option<JobKey>,
) -> Vec<TypedExtensionConfig> {
    let auth = AuthConfig {
        job_key,
        ..policy.auth.clone()
    };
    FilterName::ALL
        .into_iter()
        .map(|name| match name {
            FilterName::Auth => build(name, &code.auth, auth.encode()),
            FilterName::RateLimit => build(name, &code.rate_limit, policy.rate_limit.encode()),
            FilterName::ThreatScan => build(name, &code.threat_scan, policy.threat_scan.encode()),
        })
        .collect()
}

fn build(filter: FilterName, code: &WasmCode, configuration: Vec<u8>) -> TypedExtensionConfig {
    let local = match code {
        WasmCode::File(path) => file(path),
        WasmCode::Inline(bytes) => data(data_source::Specifier::InlineBytes(bytes.to_vec())),
    };
    let vm = VmConfig {
        // One VM for each filter: a trap in one leaves the others running, and each has its own shared data.
        vm_id: filter.resource().to_owned(),
        runtime: "envoy.wasm.runtime.v8".to_owned(),
        code: Some(AsyncDataSource {
            specifier: local.map(async_data_source::Specifier::Local),
        }),
        ..VmConfig::default()
    };
    let plugin = PluginConfig {
        name: filter.resource().to_owned(),
        vm: Some(plugin_config::Vm::VmConfig(vm)),
        // The module gets the bytes of a `BytesValue` as they are.
        configuration: Some(any(&BytesValue { value: configuration })),
        // A trap answers its own request with 503 and costs the filter's worker its VM; the next request after the
        // backoff gets a new one. `FAIL_CLOSED` would answer 503 for ever.
        failure_policy: FailurePolicy::FailReload.into(),
        reload_config: Some(ReloadConfig {
            backoff: Some(BackoffStrategy {
                base_interval: duration(RELOAD_BACKOFF.0),
                max_interval: duration(RELOAD_BACKOFF.1),
            }),
        }),
        // Without it, a filter that pauses at the headers never sees the body.
        allow_on_headers_stop_iteration: yes(),
        ..PluginConfig::default()
    };
    extension(filter.resource(), &Wasm { config: Some(plugin) })
}
