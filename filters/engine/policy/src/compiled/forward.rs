use std::collections::BTreeMap;
use std::time::Duration;

use bartizan_verdict::Dialect;

use super::credential::{CredentialSource, ProviderTls};
use super::price_list::PriceList;
use super::resilience::Resilience;
use super::route::{Model, TenantModels};

/// What the forwarder knows: who may use which model, and who serves it. It names where secrets are, and holds none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardConfig {
    /// By name.
    pub tenants: BTreeMap<String, TenantModels>,
    /// Names of the MCP servers that a tenant may call, by the tenant's name.
    pub mcp_servers: BTreeMap<String, Vec<String>>,
    /// By name.
    pub models: BTreeMap<String, Model>,
    /// The model that each further name means.
    pub aliases: BTreeMap<String, String>,
    /// By name.
    pub providers: BTreeMap<String, Provider>,
    /// What they charge, if policy says so.
    pub prices: Option<PriceList>,
}

/// Who serves models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Where it is, without a slash at the end; `None` for the sandbox, which is built in.
    pub base_url: Option<String>,
    /// The region that requests to Bedrock are signed for; `None` for all others.
    pub region: Option<String>,
    /// The dated version of Azure's API that is spoken; `None` for its v1 API, and for all others.
    pub api_version: Option<String>,
    /// Where our credential for it is.
    pub credential: Option<CredentialSource>,
    /// What is particular about its TLS.
    pub tls: Option<ProviderTls>,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// How to stay steady when it is not.
    pub resilience: Resilience,
    /// Whether it may be absent.
    pub requirement: Requirement,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// The built-in sandbox: both dialects, no model behind it.
    Sandbox,
    /// OpenAI, or whoever has all that it has.
    OpenAi,
    /// A server with OpenAI's chat completions and perhaps embeddings, and known differences.
    OpenAiCompatible,
    /// OpenAI's models at Azure.
    AzureOpenAi,
    /// Anthropic, or whoever is compatible with it.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Amazon Bedrock.
    Bedrock,
    /// A server of the Model Context Protocol.
    Mcp,
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// From the request's end to the answer's headers and, in a stream, its first event.
    pub first_byte: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For everything, from when the request came.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 5 s, 60 s, 60 s, 600 s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(600),
        }
    }
}

/// What a missing credential means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A fault.
    Required,
    /// That the provider and its models are left out.
    Optional,
}

/// Why a tenant does not get an MCP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpRefusal {
    /// There is none of that name, or the tenant may not call it.
    Unknown,
    /// None is named, and the tenant may call several, or none.
    Unnamed,
}

/// Why a tenant does not get a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelRefusal {
    /// There is no such model.
    Unknown,
    /// There is, but the tenant may not use it.
    NotPermitted,
}

impl ForwardConfig {
    #[cfg(feature = "compile")]
    pub(crate) fn with_tenants(
        self,
        tenants: BTreeMap<String, TenantModels>,
        mcp_servers: BTreeMap<String, Vec<String>>,
    ) -> Self {
        Self {
            tenants,
            mcp_servers,
            ..self
        }
    }

    #[cfg(feature = "compile")]
    pub(crate) fn with_prices(self, prices: Option<PriceList>) -> Self {
        Self { prices, ..self }
    }

    /// The name of the MCP server that a tenant calls: the one it names, or the only one it may call.
    ///
    /// # Errors
    /// [`McpRefusal`]; a tenant there is not may call none.
    pub fn mcp_server_for(&self, tenant: &str, named: Option<&str>) -> Result<&str, McpRefusal> {
        let permitted = self.mcp_servers.get(tenant).map_or(&[][..], Vec::as_slice);
        match (named, permitted) {
            (Some(named), _) => {
                let server = permitted.iter().find(|server| *server == named);
                server.map(String::as_str).ok_or(McpRefusal::Unknown)
            }
            (None, [only]) => Ok(only),
            (None, _) => Err(McpRefusal::Unnamed),
        }
    }

    /// The model that a name means to a tenant, if the tenant may use it.
    ///
    /// # Errors
    /// [`ModelRefusal`]; a tenant there is not may use nothing.
    pub fn model_for(&self, tenant: &str, name: &str) -> Result<&Model, ModelRefusal> {
        let tenant = self.tenants.get(tenant);
        if let Some(model) = tenant.and_then(|tenant| tenant.overrides.get(name)) {
            return self.models.get(model).ok_or(ModelRefusal::Unknown);
        }
        let model = self.models.get(self.aliases.get(name).map_or(name, String::as_str));
        let model = model.ok_or(ModelRefusal::Unknown)?;
        if tenant.is_some_and(|tenant| tenant.permit(name) || tenant.permit(&model.name)) {
            Ok(model)
        } else {
            Err(ModelRefusal::NotPermitted)
        }
    }

    /// The names that a tenant may ask for, sorted, each with the model that it means.
    #[must_use]
    pub fn models_for(&self, tenant: &str) -> BTreeMap<&str, &Model> {
        let overrides = self.tenants.get(tenant).map(|tenant| tenant.overrides.keys());
        let names = self
            .models
            .keys()
            .chain(self.aliases.keys())
            .chain(overrides.into_iter().flatten());
        names
            .filter_map(|name| Some((name.as_str(), self.model_for(tenant, name).ok()?)))
            .collect()
    }
}

impl ProviderKind {
    /// Whether the provider has models that can be called in a dialect, if need be by conversion.
    #[must_use]
    pub const fn serves(self, dialect: Dialect) -> bool {
        match (self, dialect) {
            (Self::Mcp, _) | (_, Dialect::Mcp) => false,
            (
                Self::Sandbox
                | Self::OpenAi
                | Self::OpenAiCompatible
                | Self::AzureOpenAi
                | Self::Anthropic
                | Self::Gemini
                | Self::Bedrock,
                Dialect::OpenAi | Dialect::Anthropic,
            ) => true,
        }
    }

    /// The name used in policy documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::OpenAi => "openai",
            Self::OpenAiCompatible => "openai-compatible",
            Self::AzureOpenAi => "azure-openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Mcp => "mcp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::UnsupportedFields;
    use super::*;

    fn config() -> ForwardConfig {
        let model = |name: &str| {
            let model = Model {
                name: name.to_owned(),
                groups: Vec::new(),
                unsupported_fields: UnsupportedFields::Reject,
                cache: None,
            };
            (name.to_owned(), model)
        };
        let tenant = |name: &str, patterns: &[&str]| {
            let models = TenantModels {
                permitted: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
                overrides: if name == "some" {
                    [("a-1", "b2"), ("mine", "a-1")]
                        .map(|(name, model)| (name.to_owned(), model.to_owned()))
                        .into()
                } else {
                    BTreeMap::new()
                },
            };
            (name.to_owned(), models)
        };
        ForwardConfig {
            tenants: [
                tenant("all", &["*"]),
                tenant("some", &["a-*", "b"]),
                tenant("none", &[]),
            ]
            .into(),
            models: [model("a-1"), model("a-2"), model("b"), model("b2")].into(),
            aliases: [("latest", "a-2"), ("a-9", "b2")]
                .map(|(alias, model)| (alias.to_owned(), model.to_owned()))
                .into(),
            providers: BTreeMap::new(),
            prices: None,
            mcp_servers: [("all", &["files", "web"][..]), ("some", &["web"]), ("none", &[])]
                .map(|(name, servers)| (name.to_owned(), servers.iter().map(|name| (*name).to_owned()).collect()))
                .into(),
        }
    }

    #[test]
    fn tenants_get_the_mcp_servers_they_may_call() {
        use McpRefusal::{Unknown, Unnamed};
        let table = [
            ("all", Some("web"), Ok("web")),
            ("all", None, Err(Unnamed)),
            ("some", None, Ok("web")),
            ("some", Some("files"), Err(Unknown)),
            ("none", Some("web"), Err(Unknown)),
            ("nobody", None, Err(Unnamed)),
        ];
        let config = config();
        for (tenant, named, expected) in table {
            assert_eq!(
                config.mcp_server_for(tenant, named),
                expected,
                "{tenant} calls {named:?}"
            );
        }
    }

    #[test]
    fn tenants_get_the_models_they_may_use() {
        use ModelRefusal::{NotPermitted, Unknown};
        let table = [
            ("all", "a-1", Ok("a-1")),
            ("all", "c", Err(Unknown)),
            ("some", "a-2", Ok("a-2")),
            ("some", "b", Ok("b")),
            ("some", "b2", Err(NotPermitted)),
            ("some", "a-*", Err(Unknown)),
            ("none", "b", Err(NotPermitted)),
            ("nobody", "b", Err(NotPermitted)),
            ("all", "latest", Ok("a-2")),
            ("some", "latest", Ok("a-2")),
            ("some", "a-9", Ok("b2")),
            ("none", "latest", Err(NotPermitted)),
            ("some", "a-1", Ok("b2")),
            ("some", "mine", Ok("a-1")),
            ("all", "mine", Err(Unknown)),
            ("nobody", "", Err(Unknown)),
        ];
        let config = config();
        for (tenant, model, expected) in table {
            let found = config.model_for(tenant, model).map(|model| model.name.as_str());
            assert_eq!(found, expected, "{tenant} asks for {model}");
        }
    }

    #[test]
    fn the_list_of_models_is_what_may_be_used() {
        let config = config();
        let names = |tenant| config.models_for(tenant).into_keys().collect::<Vec<_>>();
        assert_eq!(names("all"), ["a-1", "a-2", "a-9", "b", "b2", "latest"]);
        assert_eq!(names("some"), ["a-1", "a-2", "a-9", "b", "latest", "mine"]);
        assert!(names("none").is_empty() && names("nobody").is_empty());
    }

    #[test]
    fn models_are_listed_in_the_dialects_that_reach_them() {
        let table = [
            (ProviderKind::Anthropic, Dialect::OpenAi, true),
            (ProviderKind::Bedrock, Dialect::Anthropic, true),
            (ProviderKind::Sandbox, Dialect::OpenAi, true),
            (ProviderKind::Sandbox, Dialect::Mcp, false),
            (ProviderKind::Mcp, Dialect::OpenAi, false),
        ];
        for (kind, dialect, expected) in table {
            assert_eq!(kind.serves(dialect), expected, "{kind:?} {dialect:?}");
        }
    }
}
