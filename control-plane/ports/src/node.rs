use jiff::Timestamp;
use serde::Serialize;

/// The Envoys that xds knows. Called by the admin role on every request for them.
pub trait NodeDirectory: Send + Sync {
    /// Every Envoy that is connected, or was since the process started.
    fn nodes(&self) -> Vec<NodeStatus>;
}

/// One Envoy, as `/v1/nodes` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// `node.id` of its bootstrap.
    pub id: String,
    /// `node.cluster` of its bootstrap.
    pub cluster: String,
    /// Whether it has a stream open now.
    pub connected: bool,
    /// What it says of itself, such as `1.40.0`.
    pub envoy_version: Option<String>,
    /// Digest of the policy that all of its filters have acknowledged; `None` while they differ or have none.
    pub policy_digest: Option<String>,
    /// Everything it subscribed to.
    pub resources: Vec<ResourceStatus>,
}

/// One resource on one Envoy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceStatus {
    /// Last part of the type URL, such as `TypedExtensionConfig`.
    pub type_url: String,
    /// Name of the resource, such as `bartizan.auth`.
    pub name: String,
    /// Version last sent.
    pub sent: String,
    /// Version in force: the last that Envoy accepted.
    pub acknowledged: Option<String>,
    /// Why Envoy refused the version last sent, if it did.
    pub rejected: Option<Rejection>,
}

/// Envoy's refusal of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// The version refused.
    pub version: String,
    /// Envoy's own words.
    pub message: String,
    /// When the refusal arrived.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_written_in_camel_case_with_an_rfc_3339_time() {
        let status = ResourceStatus {
            type_url: "Listener".to_owned(),
            name: "bartizan".to_owned(),
            sent: "b".to_owned(),
            acknowledged: Some("a".to_owned()),
            rejected: Some(Rejection {
                version: "b".to_owned(),
                message: "no".to_owned(),
                at: Timestamp::UNIX_EPOCH,
            }),
        };
        assert_eq!(
            serde_json::to_string(&status).unwrap(),
            r#"{"typeUrl":"Listener","name":"bartizan","sent":"b","acknowledged":"a","rejected":{"version":"b","message":"no","at":"1970-01-01T00:00:00Z"}}"#
        );
    }
}
