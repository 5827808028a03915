use super::addresses;
use super::credentials;
use super::read::{Document, Documents};
use crate::document::{Duration, Kind, ModelSpec, ProviderSpec, ProviderType};
use crate::report::{Report, quote};
use crate::{ForwardConfig, Model, Provider, ProviderKind, Requirement, Timeouts};

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> ForwardConfig {
    let mut forward = ForwardConfig::default();
    for document in &documents.providers {
        forward
            .providers
            .insert(document.name.clone(), provider(document, report));
    }
    for document in &documents.models {
        forward
            .models
            .insert(document.name.clone(), model(document, documents, report));
    }
    forward
}

fn model(document: &Document<'_, ModelSpec>, documents: &Documents<'_>, report: &mut Report) -> Model {
    let provider = document.spec.provider.as_str();
    if documents.lack(Kind::Provider, provider) {
        let remedy = documents.remedy_for(Kind::Provider, provider);
        document.origin.wrong(
            report,
            "spec.provider",
            format!("there is no Provider {}", quote(provider)),
            remedy,
        );
    }
    let named = documents.providers.iter().find(|document| document.name == provider);
    if named.is_some_and(|document| document.spec.kind == ProviderType::Mcp) {
        let message = format!("Provider {} is an MCP server, which has no models", quote(provider));
        document
            .origin
            .wrong(report, "spec.provider", message, "name it under mcpServers of a Tenant");
    }
    let upstream = document.spec.upstream_model.as_ref();
    Model {
        name: document.name.clone(),
        provider: provider.to_owned(),
        upstream_model: upstream.map_or_else(|| document.name.clone(), |name| name.as_str().to_owned()),
    }
}

fn provider(document: &Document<'_, ProviderSpec>, report: &mut Report) -> Provider {
    let spec = &document.spec;
    let kind = match spec.kind {
        ProviderType::Sandbox => ProviderKind::Sandbox,
        ProviderType::OpenAi => ProviderKind::OpenAi,
        ProviderType::OpenAiCompatible => ProviderKind::OpenAiCompatible,
        ProviderType::AzureOpenAi => ProviderKind::AzureOpenAi,
        ProviderType::Anthropic => ProviderKind::Anthropic,
        ProviderType::Gemini => ProviderKind::Gemini,
        ProviderType::Bedrock => ProviderKind::Bedrock,
        ProviderType::Mcp => ProviderKind::Mcp,
    };
    let base_url = addresses::base_url(document, kind, report);
    let credential = spec
        .credential
        .as_ref()
        .and_then(|credential| credentials::credential(document, credential, report));
    match (kind, &spec.credential, &spec.base_url) {
        (ProviderKind::Sandbox, Some(_), _) => {
            let message = "the sandbox takes no credential".to_owned();
            document.origin.wrong(report, "spec.credential", message, "remove it");
        }
        (ProviderKind::OpenAi | ProviderKind::Anthropic | ProviderKind::Gemini | ProviderKind::Bedrock, None, None)
        | (ProviderKind::AzureOpenAi, None, _) => {
            let message = "the vendor asks for a credential".to_owned();
            document.origin.wrong(
                report,
                "spec.credential",
                message,
                "add one, such as {env: PROVIDER_API_KEY}",
            );
        }
        (kind, Some(credential), _) if kind != ProviderKind::Bedrock && credential.aws.is_some() => {
            let message = "only Bedrock takes keys of AWS".to_owned();
            document
                .origin
                .wrong(report, "spec.credential.aws", message, "write env, file or vault");
        }
        (_, _, _) => {}
    }
    Provider {
        name: document.name.clone(),
        kind,
        base_url,
        region: addresses::region(document, kind, report),
        api_version: addresses::api_version(document, kind, report),
        credential,
        tls: credentials::tls(document, report),
        timeouts: timeouts(document, report),
        requirement: if spec.optional {
            Requirement::Optional
        } else {
            Requirement::Required
        },
    }
}

fn timeouts(document: &Document<'_, ProviderSpec>, report: &mut Report) -> Timeouts {
    let spec = &document.spec.timeouts;
    let default = Timeouts::default();
    let mut length = |field: &str, written: &Option<Duration>, default| {
        let Some(written) = written else { return default };
        written
            .length()
            .filter(|length| *length <= LONGEST_TIMEOUT)
            .unwrap_or_else(|| {
                let message = format!("{} is too long", quote(written.as_str()));
                document
                    .origin
                    .wrong(report, &format!("spec.timeouts.{field}"), message, "write at most 24h");
                default
            })
    };
    Timeouts {
        connect: length("connect", &spec.connect, default.connect),
        first_byte: length("firstByte", &spec.first_byte, default.first_byte),
        idle: length("idle", &spec.idle, default.idle),
        total: length("total", &spec.total, default.total),
    }
}

/// A day.
pub(super) const LONGEST_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
