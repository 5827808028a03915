//! Where providers are, and what else their addresses depend on.

use super::read::Document;
use crate::ProviderKind;
use crate::document::ProviderSpec;
use crate::report::{Report, quote};

/// Where a provider is, without a slash at the end; `None` for the sandbox, and after a mistake.
pub(super) fn base_url(
    document: &Document<'_, ProviderSpec>,
    kind: ProviderKind,
    report: &mut Report,
) -> Option<String> {
    let field = "spec.baseUrl";
    let Some(written) = &document.spec.base_url else {
        return default_base_url(document, kind, report);
    };
    if kind == ProviderKind::Sandbox {
        document
            .origin
            .wrong(report, field, "the sandbox is built in".to_owned(), "remove baseUrl");
        return None;
    }
    let text = written.as_str().trim_end_matches('/');
    match text.parse::<http::Uri>() {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => {
            if uri.scheme_str() == Some("http") && !document.spec.allow_insecure_http {
                let message = "prompts and the credential would travel in the clear".to_owned();
                document
                    .origin
                    .wrong(report, field, message, "write https://, or add allowInsecureHttp: true");
            }
            if let Some(addition) = addition(kind, text) {
                let message = format!("{} has a path that is added to it", quote(text));
                document
                    .origin
                    .wrong(report, field, message, format!("write it without {addition}"));
            }
        }
        Ok(_) | Err(_) => {
            let message = format!("{} is not a base URL", quote(text));
            document
                .origin
                .wrong(report, field, message, "write one such as https://api.openai.com/v1");
        }
    }
    Some(text.to_owned())
}

fn default_base_url(document: &Document<'_, ProviderSpec>, kind: ProviderKind, report: &mut Report) -> Option<String> {
    let mut missing = |message: &str, example: &str| {
        let remedy = format!("write one such as {example}");
        document
            .origin
            .wrong(report, "spec.baseUrl", message.to_owned(), &remedy);
        None
    };
    match kind {
        ProviderKind::Sandbox => None,
        ProviderKind::OpenAi => Some("https://api.openai.com/v1".to_owned()),
        ProviderKind::Anthropic => Some("https://api.anthropic.com".to_owned()),
        ProviderKind::Gemini => Some("https://generativelanguage.googleapis.com".to_owned()),
        ProviderKind::Bedrock => {
            let region = document.spec.region.as_ref()?.as_str();
            let domain = if region.starts_with("cn-") {
                "amazonaws.com.cn"
            } else {
                "amazonaws.com"
            };
            Some(format!("https://bedrock-runtime.{region}.{domain}"))
        }
        ProviderKind::OpenAiCompatible => missing(
            "a compatible server has no address of its own",
            "http://127.0.0.1:11434/v1",
        ),
        ProviderKind::AzureOpenAi => missing(
            "each resource of Azure has an address of its own",
            "https://my-resource.openai.azure.com",
        ),
        ProviderKind::Mcp => missing(
            "an MCP server has no address of its own",
            "https://tools.example.com/mcp",
        ),
    }
}

/// The end of a base URL that is not part of it, as it is added to every path.
fn addition(kind: ProviderKind, base: &str) -> Option<&str> {
    let start = match kind {
        ProviderKind::AzureOpenAi => base.find("/openai/").or_else(|| base.rfind("/openai")),
        ProviderKind::Gemini => base.find("/v1"),
        ProviderKind::Sandbox
        | ProviderKind::OpenAi
        | ProviderKind::OpenAiCompatible
        | ProviderKind::Anthropic
        | ProviderKind::Bedrock
        | ProviderKind::Mcp => None,
    };
    base.get(start?..)
}

/// The region of Bedrock.
pub(super) fn region(document: &Document<'_, ProviderSpec>, kind: ProviderKind, report: &mut Report) -> Option<String> {
    let region = document.spec.region.as_ref();
    let (message, remedy) = match (kind, region) {
        (ProviderKind::Bedrock, Some(region)) => return Some(region.as_str().to_owned()),
        (ProviderKind::Bedrock, None) => ("Bedrock needs a region", "add one, such as us-east-1"),
        (_, Some(_)) => ("only Bedrock has regions", "remove it"),
        (_, None) => return None,
    };
    document.origin.wrong(report, "spec.region", message.to_owned(), remedy);
    None
}

/// The dated version of Azure's API.
pub(super) fn api_version(
    document: &Document<'_, ProviderSpec>,
    kind: ProviderKind,
    report: &mut Report,
) -> Option<String> {
    let version = document.spec.api_version.as_ref()?;
    if kind == ProviderKind::AzureOpenAi {
        return Some(version.as_str().to_owned());
    }
    let message = "only Azure has dated versions".to_owned();
    document.origin.wrong(report, "spec.apiVersion", message, "remove it");
    None
}
