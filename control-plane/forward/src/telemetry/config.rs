use std::time::Duration;

use crate::Environment;

/// What the environment says of telemetry.
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>
///
/// The names of the service and the resource, the sampler, headers and timeouts of exports are read by the SDK itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// Where spans go, if they go anywhere.
    pub(super) traces: Option<String>,
    /// Where metrics go, if they go anywhere.
    pub(super) metrics: Option<String>,
    /// What this is called, where the SDK would not know.
    pub(super) service_name: Option<String>,
    pub(super) span_delay: Duration,
    pub(super) span_queue: usize,
    pub(super) metric_interval: Duration,
}

/// Why there can be no telemetry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Unusable {
    #[error("OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf, which is the only one there is here")]
    Protocol,
    #[error("{0} is not a URL with http:// or https://")]
    Endpoint(&'static str),
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const DEFAULT_SERVICE: &str = "bartizan";
const DEFAULT_SPAN_DELAY: Duration = Duration::from_secs(5);
const DEFAULT_SPAN_QUEUE: usize = 2048;
const DEFAULT_METRIC_INTERVAL: Duration = Duration::from_secs(60);

impl Settings {
    /// `None` if no telemetry is wanted.
    pub(super) fn read(environment: &dyn Environment) -> Result<Option<Self>, Unusable> {
        let variable = |name: &str| environment.variable(name).filter(|value| !value.is_empty());
        let is = |name: &str, expected: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case(expected));
        let endpoint = |own: &'static str, exporter: &str, path: &str| {
            if is(exporter, "none") {
                return Ok(None);
            }
            let (name, url) = match (variable(own), variable(ENDPOINT)) {
                (Some(url), _) => (own, url),
                (None, Some(base)) => (ENDPOINT, format!("{}{path}", base.trim_end_matches('/'))),
                (None, None) => return Ok(None),
            };
            let uri = url.parse::<http::Uri>().map_err(|_| Unusable::Endpoint(name))?;
            match (uri.scheme_str(), uri.host()) {
                (Some("http" | "https"), Some(_)) => Ok(Some(url)),
                _ => Err(Unusable::Endpoint(name)),
            }
        };
        let traces = endpoint(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_TRACES_EXPORTER",
            "/v1/traces",
        )?;
        let metrics = endpoint(
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            "OTEL_METRICS_EXPORTER",
            "/v1/metrics",
        )?;
        if (traces.is_none() && metrics.is_none()) || is("OTEL_SDK_DISABLED", "true") {
            return Ok(None);
        }
        if variable("OTEL_EXPORTER_OTLP_PROTOCOL").is_some_and(|protocol| protocol != "http/protobuf") {
            return Err(Unusable::Protocol);
        }
        let is_named = variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
        let service_name = variable("OTEL_SERVICE_NAME").or((!is_named).then(|| DEFAULT_SERVICE.to_owned()));
        let number = |name: &str| variable(name).and_then(|value| value.parse::<u32>().ok());
        let time = |name: &str, default| {
            number(name).map_or(default, |milliseconds| {
                Duration::from_millis(u64::from(milliseconds.max(1)))
            })
        };
        Ok(Some(Self {
            traces,
            metrics,
            service_name,
            span_delay: time("OTEL_BSP_SCHEDULE_DELAY", DEFAULT_SPAN_DELAY),
            span_queue: number("OTEL_BSP_MAX_QUEUE_SIZE")
                .and_then(|number| usize::try_from(number.max(1)).ok())
                .unwrap_or(DEFAULT_SPAN_QUEUE),
            metric_interval: time("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_METRIC_INTERVAL),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use bartizan_platform::secret::Secret;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, Unusable> {
        let environment: HashMap<String, Secret<String>> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned())))
            .collect();
        Settings::read(&environment)
    }

    #[test]
    fn telemetry_is_on_where_an_endpoint_is_named() {
        let on = |traces: Option<&str>, metrics: Option<&str>| {
            Ok(Some((traces.map(str::to_owned), metrics.map(str::to_owned))))
        };
        let base = (ENDPOINT, "http://c:4318/");
        let traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let table: [(&[(&str, &str)], _); 9] = [
            (&[], Ok(None)),
            (&[(ENDPOINT, "")], Ok(None)),
            (
                &[base],
                on(Some("http://c:4318/v1/traces"), Some("http://c:4318/v1/metrics")),
            ),
            (&[(traces, "https://t/x")], on(Some("https://t/x"), None)),
            (
                &[base, ("OTEL_TRACES_EXPORTER", "none")],
                on(None, Some("http://c:4318/v1/metrics")),
            ),
            (&[base, ("OTEL_SDK_DISABLED", "TRUE")], Ok(None)),
            (
                &[base, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
                Err(Unusable::Protocol),
            ),
            (&[(ENDPOINT, "c:4318")], Err(Unusable::Endpoint(ENDPOINT))),
            (&[(traces, "ftp://c")], Err(Unusable::Endpoint(traces))),
        ];
        for (variables, expected) in table {
            let found = read(variables).map(|settings| settings.map(|settings| (settings.traces, settings.metrics)));
            assert_eq!(found, expected, "{variables:?}");
        }
    }

    #[test]
    fn the_service_has_a_name() {
        let name = |more: &[(&str, &str)]| {
            let variables = [&[(ENDPOINT, "http://c")], more].concat();
            read(&variables).unwrap().unwrap().service_name
        };
        assert_eq!(name(&[]).as_deref(), Some("bartizan"));
        assert_eq!(name(&[("OTEL_SERVICE_NAME", "edge")]).as_deref(), Some("edge"));
        assert_eq!(name(&[("OTEL_RESOURCE_ATTRIBUTES", "service.name=x,a=b")]), None);
    }
}
