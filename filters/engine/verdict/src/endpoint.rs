/// The wire format a client speaks; errors are answered in the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// <https://platform.openai.com/docs/api-reference>
    OpenAi,
    /// <https://docs.anthropic.com/en/api>
    Anthropic,
    /// JSON-RPC of the Model Context Protocol, <https://modelcontextprotocol.io/specification>
    Mcp,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: &'static [Self] = &[Self::OpenAi, Self::Anthropic, Self::Mcp];

    /// The name used in policy documents and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Mcp => "mcp",
        }
    }

    /// The dialect to answer in, before it is known whether the path exists.
    ///
    /// `/mcp` and anything below it is MCP's. `/v1/messages` and anything below it is Anthropic's, and so is any request
    /// that carries `anthropic-version` (every Anthropic SDK sends it); all else is OpenAI's.
    #[must_use]
    pub fn of(path: &str, has_anthropic_version: HasAnthropicVersion) -> Self {
        let path = without_query(path);
        let below = |prefix| {
            path.strip_prefix(prefix)
                .is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('/'))
        };
        if below("/mcp") {
            Self::Mcp
        } else if below("/v1/messages") || has_anthropic_version == HasAnthropicVersion::Yes {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }
}

/// Whether a request carries the `anthropic-version` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HasAnthropicVersion {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// What a client may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /v1/chat/completions`
    ChatCompletions,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `POST /v1/messages`
    Messages,
    /// `POST /v1/messages/count_tokens`
    CountTokens,
    /// `POST /mcp` and `POST /mcp/{server}`
    Mcp,
    /// `GET /v1/models` and `GET /v1/models/{id}`, in either dialect
    Models,
}

/// Why a method and path lead nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// No such path: 404.
    UnknownPath,
    /// The path exists, with another method: 405.
    MethodNotAllowed,
    /// A job that is for no endpoint, for several, or for one that has no jobs: 400.
    UnknownJobEndpoint,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: &'static [Self] = &[
        Self::ChatCompletions,
        Self::Responses,
        Self::Embeddings,
        Self::Messages,
        Self::CountTokens,
        Self::Mcp,
        Self::Models,
    ];

    /// Those that a job may be for: they may take long.
    pub const JOBS: &'static [Self] = &[Self::ChatCompletions, Self::Responses, Self::Embeddings, Self::Messages];

    /// Its path, the shortest if it has several.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
            Self::Messages => "/v1/messages",
            Self::CountTokens => "/v1/messages/count_tokens",
            Self::Mcp => "/mcp",
            Self::Models => "/v1/models",
        }
    }

    /// Finds the endpoint of a method and a path; a query string is ignored.
    ///
    /// # Errors
    /// [`RouteError`] says whether the path or only the method is wrong.
    pub fn of(method: &str, path: &str) -> Result<Self, RouteError> {
        Self::of_bare(method, without_query(path))
    }

    /// As [`Endpoint::of`], of a path that has no query.
    pub(crate) fn of_bare(method: &str, path: &str) -> Result<Self, RouteError> {
        let (endpoint, allowed) = match path {
            "/v1/chat/completions" => (Self::ChatCompletions, "POST"),
            "/v1/responses" => (Self::Responses, "POST"),
            "/v1/embeddings" => (Self::Embeddings, "POST"),
            "/v1/messages" => (Self::Messages, "POST"),
            "/v1/messages/count_tokens" => (Self::CountTokens, "POST"),
            "/v1/models" => (Self::Models, "GET"),
            "/mcp" => (Self::Mcp, "POST"),
            other => match (other.strip_prefix("/v1/models/"), Self::mcp_server(other)) {
                (Some(id), _) if !id.is_empty() => (Self::Models, "GET"),
                (_, Some(_)) => (Self::Mcp, "POST"),
                _ => return Err(RouteError::UnknownPath),
            },
        };
        if method == allowed {
            Ok(endpoint)
        } else {
            Err(RouteError::MethodNotAllowed)
        }
    }

    /// The MCP server that a path names, without its query.
    #[must_use]
    pub fn mcp_server(path: &str) -> Option<&str> {
        let name = without_query(path).strip_prefix("/mcp/")?;
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }

    /// The dialect of the endpoint's bodies, where the path alone decides it.
    #[must_use]
    pub const fn dialect(self) -> Option<Dialect> {
        match self {
            Self::ChatCompletions | Self::Responses | Self::Embeddings => Some(Dialect::OpenAi),
            Self::Messages | Self::CountTokens => Some(Dialect::Anthropic),
            Self::Mcp => Some(Dialect::Mcp),
            Self::Models => None,
        }
    }

    /// The name used in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::CountTokens => "count_tokens",
            Self::Mcp => "mcp",
            Self::Models => "models",
        }
    }
}

/// A loop, not a search of the library's: paths are short, and code that has not run for a while costs more than turns.
pub(crate) fn without_query(path: &str) -> &str {
    let query = path.bytes().position(|byte| byte == b'?');
    query.and_then(|at| path.get(..at)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_endpoints() {
        let table = [
            ("POST", "/v1/chat/completions", Ok(Endpoint::ChatCompletions)),
            ("POST", "/v1/chat/completions?beta=1", Ok(Endpoint::ChatCompletions)),
            ("GET", "/v1/chat/completions", Err(RouteError::MethodNotAllowed)),
            ("POST", "/v1/chat/completions/", Err(RouteError::UnknownPath)),
            ("POST", "/v1//chat/completions", Err(RouteError::UnknownPath)),
            ("POST", "/v1/responses", Ok(Endpoint::Responses)),
            ("GET", "/v1/responses/resp_1", Err(RouteError::UnknownPath)),
            ("POST", "/v1/embeddings", Ok(Endpoint::Embeddings)),
            ("POST", "/v1/messages", Ok(Endpoint::Messages)),
            ("POST", "/v1/messages/count_tokens", Ok(Endpoint::CountTokens)),
            ("GET", "/v1/messages/count_tokens", Err(RouteError::MethodNotAllowed)),
            ("POST", "/v1/messages/batches", Err(RouteError::UnknownPath)),
            ("POST", "/mcp", Ok(Endpoint::Mcp)),
            ("POST", "/mcp/tools?x=1", Ok(Endpoint::Mcp)),
            ("GET", "/mcp/tools", Err(RouteError::MethodNotAllowed)),
            ("DELETE", "/mcp", Err(RouteError::MethodNotAllowed)),
            ("POST", "/mcp/", Err(RouteError::UnknownPath)),
            ("POST", "/mcp/tools/sse", Err(RouteError::UnknownPath)),
            ("GET", "/v1/models", Ok(Endpoint::Models)),
            ("GET", "/v1/models/a/b", Ok(Endpoint::Models)),
            ("GET", "/v1/models/", Err(RouteError::UnknownPath)),
            ("GET", "", Err(RouteError::UnknownPath)),
        ];
        for (method, path, expected) in table {
            assert_eq!(Endpoint::of(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn the_dialect_follows_path_and_header() {
        use HasAnthropicVersion::{No, Yes};
        let table = [
            ("/v1/messages", No, Dialect::Anthropic),
            ("/v1/messages/count_tokens?x", No, Dialect::Anthropic),
            ("/v1/messagesX", No, Dialect::OpenAi),
            ("/v1/models", Yes, Dialect::Anthropic),
            ("/mcp", No, Dialect::Mcp),
            ("/mcp/tools?x", Yes, Dialect::Mcp),
            ("/mcpx", No, Dialect::OpenAi),
            ("/", No, Dialect::OpenAi),
        ];
        for (path, header, expected) in table {
            assert_eq!(Dialect::of(path, header), expected, "{path}");
        }
    }
}
