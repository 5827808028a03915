use bartizan_verdict::Endpoint;
use bartizan_wire::{demand, usage};

/// Tokens reserved for each choice of a request that names no `max_tokens`.
const DEFAULT_MAX_TOKENS: u64 = 1_024;

/// What a request spends tokens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spends {
    Both,
    Prompt,
    Nothing,
}

/// Tokens set aside and not settled yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reserved {
    pub(crate) total: u64,
    pub(crate) prompt: u64,
}

// === impl Spends ===

impl Spends {
    pub(crate) const fn of(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Self::Both,
            Endpoint::Embeddings => Self::Prompt,
            Endpoint::CountTokens | Endpoint::Mcp | Endpoint::Models => Self::Nothing,
        }
    }
}

// === impl Reserved ===

impl Reserved {
    /// What a request may come to use. Where it does not say, no more is assumed than the `limit` can pay: our guess
    /// must not make a request impossible.
    pub(crate) fn of(spends: Spends, body: &[u8], limit: u64) -> Self {
        let (prompt, named, choices) = match demand(body) {
            Ok(demand) => (demand.input, demand.max_tokens, demand.choices),
            Err(_) => (usage::estimate(body.len() as u64), None, 1),
        };
        let answer = match (spends, named) {
            (Spends::Prompt | Spends::Nothing, _) => 0,
            (Spends::Both, Some(each)) => each.saturating_mul(choices),
            (Spends::Both, None) => DEFAULT_MAX_TOKENS
                .saturating_mul(choices)
                .min(limit.saturating_sub(prompt)),
        };
        Self {
            total: prompt.saturating_add(answer),
            prompt,
        }
    }
}
