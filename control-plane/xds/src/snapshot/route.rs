use std::time::Duration;

use bartizan_policy::GatewayConfig;
use bartizan_verdict::header;
use envoy_types::pb::envoy::config::{
    core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
    route::v3::{
        HeaderMatcher, Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost,
        header_matcher::HeaderMatchSpecifier,
        route,
        route_action::{self, MaxStreamDuration},
        route_match,
    },
};

use super::{EDGE, FORWARD};
use crate::proto::{duration, long_number};

/// One route for every path: the auth filter refuses unknown ones in the dialect called, after it has seen the
/// credential, so that a stranger cannot tell which paths exist. The work of jobs has another, which only lets it take
/// longer: it has a header that the auth filter alone sets, and Envoy chooses the route anew when a filter has changed
/// headers.
pub(crate) fn build(gateway: &GatewayConfig) -> RouteConfiguration {
    let work = HeaderMatcher {
        name: header::JOB.to_owned(),
        header_match_specifier: Some(HeaderMatchSpecifier::PresentMatch(true)),
        ..HeaderMatcher::default()
    };
    let longest = gateway.jobs.max_duration;
    let longer = RouteAction {
        max_stream_duration: Some(MaxStreamDuration {
            max_stream_duration: duration(longest),
            ..MaxStreamDuration::default()
        }),
        idle_timeout: duration(longest),
        ..action()
    };
    RouteConfiguration {
        name: EDGE.to_owned(),
        virtual_hosts: vec![VirtualHost {
            name: EDGE.to_owned(),
            domains: vec!["*".to_owned()],
            routes: vec![
                route(gateway, "work", vec![work], longer),
                route(gateway, FORWARD, Vec::new(), action()),
            ],
            ..VirtualHost::default()
        }],
        response_headers_to_add: vec![overhead()],
        ..RouteConfiguration::default()
    }
}

fn action() -> RouteAction {
    RouteAction {
        cluster_specifier: Some(route_action::ClusterSpecifier::Cluster(FORWARD.to_owned())),
        // The listener's longest duration and the forwarder's own timeouts decide; one for the whole answer would cut
        // streams.
        timeout: duration(Duration::ZERO),
        ..RouteAction::default()
    }
}

fn route(gateway: &GatewayConfig, name: &str, headers: Vec<HeaderMatcher>, action: RouteAction) -> Route {
    Route {
        name: name.to_owned(),
        r#match: Some(RouteMatch {
            path_specifier: Some(route_match::PathSpecifier::Prefix("/".to_owned())),
            headers,
            ..RouteMatch::default()
        }),
        action: Some(route::Action::Route(action)),
        // The filters hold a body, and a whole answer, until it is complete, and Envoy has one limit for both. The
        // forwarder holds each to its own.
        request_body_buffer_limit: long_number(u64::from(gateway.max_body_bytes.max(gateway.max_answer_bytes))),
        ..Route::default()
    }
}

/// The time from the request's last byte to the first byte that the forwarder got: what the filters made it wait. Envoy
/// takes it from moments it notes anyway, while a filter would pay a hostcall for each reading of the clock. Refusals
/// bring their own.
fn overhead() -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: header::OVERHEAD.to_owned(),
            value: "%COMMON_DURATION(DS_RX_END:US_TX_BEG:us)%".to_owned(),
            ..HeaderValue::default()
        }),
        append_action: HeaderAppendAction::AddIfAbsent.into(),
        ..HeaderValueOption::default()
    }
}
