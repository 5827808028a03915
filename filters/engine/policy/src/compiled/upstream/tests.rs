use Endpoint::{ChatCompletions, CountTokens, Embeddings, Mcp, Messages, Models, Responses};

use super::*;
use crate::{Requirement, Timeouts};

fn provider(kind: ProviderKind) -> Provider {
    Provider {
        name: "p".to_owned(),
        kind,
        base_url: None,
        region: None,
        api_version: None,
        credential: None,
        tls: None,
        timeouts: Timeouts::default(),
        resilience: crate::Resilience::default(),
        requirement: Requirement::Required,
    }
}

fn whole(provider: &Provider, endpoint: Endpoint, model: &str) -> Option<(Format, String)> {
    let upstream = provider.upstream(endpoint, model, Transfer::Whole)?;
    Some((upstream.format, upstream.path))
}

#[test]
fn calls_go_where_the_vendors_sdk_would_send_them() {
    use ProviderKind::{Anthropic, AzureOpenAi, Bedrock, Gemini, OpenAi, OpenAiCompatible, Sandbox};
    let table = [
        (OpenAi, ChatCompletions, Some((Format::Chat, "/chat/completions"))),
        (OpenAi, Responses, Some((Format::Responses, "/responses"))),
        (OpenAi, Messages, Some((Format::Chat, "/chat/completions"))),
        (OpenAi, Embeddings, Some((Format::Embeddings, "/embeddings"))),
        (OpenAi, CountTokens, None),
        (OpenAi, Mcp, None),
        (
            OpenAiCompatible,
            ChatCompletions,
            Some((Format::CompatibleChat, "/chat/completions")),
        ),
        (
            OpenAiCompatible,
            Responses,
            Some((Format::CompatibleChat, "/chat/completions")),
        ),
        (OpenAiCompatible, Embeddings, Some((Format::Embeddings, "/embeddings"))),
        (
            AzureOpenAi,
            Messages,
            Some((Format::Chat, "/openai/v1/chat/completions")),
        ),
        (
            AzureOpenAi,
            Responses,
            Some((Format::Responses, "/openai/v1/responses")),
        ),
        (
            AzureOpenAi,
            Embeddings,
            Some((Format::Embeddings, "/openai/v1/embeddings")),
        ),
        (Anthropic, ChatCompletions, Some((Format::Messages, "/v1/messages"))),
        (Anthropic, Responses, Some((Format::Messages, "/v1/messages"))),
        (Anthropic, Messages, Some((Format::Messages, "/v1/messages"))),
        (
            Anthropic,
            CountTokens,
            Some((Format::CountTokens, "/v1/messages/count_tokens")),
        ),
        (Anthropic, Embeddings, None),
        (
            Gemini,
            Messages,
            Some((Format::GeminiContent, "/v1beta/models/m-1:generateContent")),
        ),
        (
            Gemini,
            Embeddings,
            Some((Format::GeminiEmbeddings, "/v1beta/models/m-1:batchEmbedContents")),
        ),
        (
            Gemini,
            CountTokens,
            Some((Format::GeminiTokens, "/v1beta/models/m-1:countTokens")),
        ),
        (Bedrock, Responses, Some((Format::Converse, "/model/m-1/converse"))),
        (Bedrock, Embeddings, None),
        (
            Bedrock,
            CountTokens,
            Some((Format::ConverseTokens, "/model/m-1/count-tokens")),
        ),
        (Sandbox, ChatCompletions, Some((Format::Chat, "/v1/chat/completions"))),
        (Sandbox, Messages, Some((Format::Messages, "/v1/messages"))),
        (Sandbox, Mcp, Some((Format::Mcp, "/mcp"))),
        (ProviderKind::Mcp, Mcp, Some((Format::Mcp, ""))),
        (ProviderKind::Mcp, ChatCompletions, None),
    ];
    for (kind, endpoint, expected) in table {
        let expected = expected.map(|(format, path)| (format, path.to_owned()));
        assert_eq!(
            whole(&provider(kind), endpoint, "m-1"),
            expected,
            "{kind:?} {endpoint:?}"
        );
        assert_eq!(whole(&provider(kind), Models, "m-1"), None, "{kind:?}");
    }
}

#[test]
fn only_some_providers_stream_from_another_path() {
    let path = |kind, endpoint| {
        let upstream = provider(kind).upstream(endpoint, "m", Transfer::Stream);
        upstream.unwrap().path
    };
    assert_eq!(
        path(ProviderKind::Gemini, Messages),
        "/v1beta/models/m:streamGenerateContent?alt=sse"
    );
    assert_eq!(path(ProviderKind::Bedrock, Messages), "/model/m/converse-stream");
    assert_eq!(path(ProviderKind::OpenAi, Messages), "/chat/completions");
}

#[test]
fn models_cannot_leave_their_piece_of_the_path() {
    let arn = "arn:aws:bedrock:eu-west-1:000000000000:application-inference-profile/a1";
    let table = [
        (
            ProviderKind::Bedrock,
            arn,
            "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A000000000000%3Aapplication-inference-profile%2Fa1/converse",
        ),
        (
            ProviderKind::Bedrock,
            "maker.model-v1:0",
            "/model/maker.model-v1%3A0/converse",
        ),
        (
            ProviderKind::Gemini,
            "tunedModels/mine",
            "/v1beta/tunedModels/mine:generateContent",
        ),
        (
            ProviderKind::Gemini,
            "models/a/../b?c",
            "/v1beta/models/a%2F..%2Fb%3Fc:generateContent",
        ),
    ];
    for (kind, model, expected) in table {
        let (_, path) = whole(&provider(kind), ChatCompletions, model).unwrap();
        assert_eq!(path, expected);
    }
}

#[test]
fn a_dated_version_of_azure_names_the_deployment_in_the_path() {
    let dated = Provider {
        api_version: Some("2024-10-21".to_owned()),
        ..provider(ProviderKind::AzureOpenAi)
    };
    let table = [
        (
            ChatCompletions,
            "/openai/deployments/my%3Adeployment/chat/completions?api-version=2024-10-21",
        ),
        (
            Embeddings,
            "/openai/deployments/my%3Adeployment/embeddings?api-version=2024-10-21",
        ),
        (Responses, "/openai/responses?api-version=2024-10-21"),
    ];
    for (endpoint, expected) in table {
        assert_eq!(whole(&dated, endpoint, "my:deployment").unwrap().1, expected);
    }
}

#[test]
fn the_maker_of_an_embedding_model_of_bedrock_decides_its_form() {
    let table = [
        ("amazon.titan-embed-text-v2:0", Some(Format::TitanEmbeddings)),
        ("cohere.embed-english-v3", Some(Format::CohereEmbeddings)),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0",
            Some(Format::CohereEmbeddings),
        ),
        ("maker.chat-v1:0", None),
    ];
    let bedrock = provider(ProviderKind::Bedrock);
    for (model, expected) in table {
        let format = whole(&bedrock, Embeddings, model).map(|(format, _)| format);
        assert_eq!(format, expected, "{model}");
    }
}

#[test]
fn only_a_form_of_the_endpoints_own_passes_unchanged() {
    assert!(Format::Chat.is_of(ChatCompletions) && !Format::Chat.is_of(Messages));
    assert!(!Format::CompatibleChat.is_of(ChatCompletions));
    for endpoint in [ChatCompletions, Responses, Embeddings, Messages, CountTokens, Mcp] {
        let (format, _) = whole(&provider(ProviderKind::Sandbox), endpoint, "m").unwrap();
        assert!(format.is_of(endpoint));
    }
}
