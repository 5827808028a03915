use std::time::Duration;

use bartizan_policy::GatewayConfig;
use bartizan_verdict::header;
use envoy_types::pb::envoy::config::{
    core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
    route::v3::{Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost, route, route_action, route_match},
};

use super::{EDGE, FORWARD};
use crate::proto::{duration, long_number};

/// One route for every path: the auth filter refuses unknown ones in the dialect called, after it has seen the
/// credential, so that a stranger cannot tell which paths exist.
pub(crate) fn build(gateway: &GatewayConfig) -> RouteConfiguration {
    let action = RouteAction {
        cluster_specifier: Some(route_action::ClusterSpecifier::Cluster(FORWARD.to_owned())),
        // The listener's longest duration and the forwarder's own timeouts decide; one for the whole answer would cut
        // streams.
        timeout: duration(Duration::ZERO),
        ..RouteAction::default()
    };
    let route = Route {
        name: FORWARD.to_owned(),
        r#match: Some(RouteMatch {
            path_specifier: Some(route_match::PathSpecifier::Prefix("/".to_owned())),
            ..RouteMatch::default()
        }),
        action: Some(route::Action::Route(action)),
        // The filters hold a body, and a whole answer, until it is complete, and Envoy has one limit for both. The
        // forwarder holds each to its own.
        request_body_buffer_limit: long_number(u64::from(gateway.max_body_bytes.max(gateway.max_answer_bytes))),
        ..Route::default()
    };
    RouteConfiguration {
        name: EDGE.to_owned(),
        virtual_hosts: vec![VirtualHost {
            name: EDGE.to_owned(),
            domains: vec!["*".to_owned()],
            routes: vec![route],
            ..VirtualHost::default()
        }],
        response_headers_to_add: vec![overhead()],
        ..RouteConfiguration::default()
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
