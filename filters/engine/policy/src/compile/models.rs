use super::read::{Document, Documents};
use super::{addresses, credentials, length, resilience, routes};
use crate::document::{ProviderSpec, ProviderType};
use crate::report::Report;
use crate::{ForwardConfig, Provider, ProviderKind, Requirement, Timeouts};

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> ForwardConfig {
    let mut forward = ForwardConfig::default();
    for document in &documents.providers {
        forward
            .providers
            .insert(document.name.clone(), provider(document, report));
    }
    forward.models = routes::models(documents, report);
    forward.aliases = routes::aliases(documents, report);
    forward
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
        resilience: resilience::of(document, report),
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
    let mut length = |field, written, default| length::checked(&document.origin, field, written, default, report);
    Timeouts {
        connect: length("spec.timeouts.connect", spec.connect.as_ref(), default.connect),
        first_byte: length("spec.timeouts.firstByte", spec.first_byte.as_ref(), default.first_byte),
        idle: length("spec.timeouts.idle", spec.idle.as_ref(), default.idle),
        total: length("spec.timeouts.total", spec.total.as_ref(), default.total),
    }
}
