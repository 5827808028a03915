//! Documents as people write them: the one place where the names, types, defaults and bounds of fields are said.
//!
//! The JSON Schema in `policies/schema.json` is generated from these types, and documents are checked against that
//! same schema before they are read into them.

mod credential;
mod gateway;
mod model;
mod number;
mod price_list;
mod resilience;
mod route;
mod rule_pack;
mod tenant;
mod text;
mod threat_policy;
mod word;

pub(crate) use credential::{AwsSpec, CredentialSpec, VaultAuthSpec, VaultSpec};
pub(crate) use gateway::{GatewaySpec, JobsSpec};
pub(crate) use model::{ProviderSpec, ProviderType};
pub(crate) use number::{Hundredths, Level};
pub(crate) use price_list::{Price, PriceListSpec, PriceSpec};
pub(crate) use route::{FallbackSpec, MatchSpec, ModelSpec, TargetSpec, UnsupportedFieldsSpec};
pub(crate) use rule_pack::{ExampleSpec, RulePackSpec, RuleSpec};
pub(crate) use tenant::{QuotaSpec, TenantSpec};
pub(crate) use text::{Duration, ModelName, Name};
pub(crate) use threat_policy::{
    ExceptionActionSpec, ExceptionSpec, FailureModeSpec, ThreatPolicySpec, ThresholdSpec, UnscannableSpec,
};
pub(crate) use word::Word;

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Tenant,
    ThreatPolicy,
    RulePack,
    Provider,
    Model,
    PriceList,
    Gateway,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Tenant,
        Self::ThreatPolicy,
        Self::RulePack,
        Self::Provider,
        Self::Model,
        Self::PriceList,
        Self::Gateway,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "Tenant",
            Self::ThreatPolicy => "ThreatPolicy",
            Self::RulePack => "RulePack",
            Self::Provider => "Provider",
            Self::Model => "Model",
            Self::PriceList => "PriceList",
            Self::Gateway => "Gateway",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What the kind is for, in a sentence.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Tenant => "Who may call: keys, models and limits.",
            Self::ThreatPolicy => "What is done about threats. There is exactly one, named `default`.",
            Self::RulePack => "Rules that find threats in text.",
            Self::Provider => "Who serves models.",
            Self::Model => "A model that applications can ask for.",
            Self::PriceList => "What providers charge. There is at most one, named `default`.",
            Self::Gateway => "Bounds of the listener. There is at most one, named `default`.",
        }
    }

    /// Whether there can be only one, and it is named `default`.
    pub(crate) const fn is_single(self) -> bool {
        match self {
            Self::ThreatPolicy | Self::PriceList | Self::Gateway => true,
            Self::Tenant | Self::RulePack | Self::Provider | Self::Model => false,
        }
    }
}
