//! What the sandbox says, before it is written down in a dialect.

use super::{ask::Ask, behaviour::Behaviour, last::Last};

const SENTENCE: &str =
    "Hello from the sandbox. No model was called and nothing was spent; this sentence is always the same.";
const LONG_DEFAULT: u64 = 50;
const LONG_LIMIT: u64 = 10_000;
const HUGE_DEFAULT: u64 = 1_500_000;
const HUGE_LIMIT: u64 = 64 << 20;
/// Bytes of a piece of `sandbox-huge`, and of each of its events.
const HUGE_PIECE: usize = 16 << 10;

/// One answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) content: Content,
    pub(super) finish: Finish,
    pub(super) output_tokens: u64,
}

#[derive(Debug)]
pub(super) enum Content {
    /// The pieces are the events of a stream; a whole answer joins them.
    Text(Vec<String>),
    Calls(Vec<Call>),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    /// A JSON object.
    pub(super) arguments: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ToolCalls,
}

impl Reply {
    pub(super) fn to(ask: &Ask<'_>, behaviour: Behaviour) -> Self {
        if !ask.calls.is_empty() {
            return Self::calls(ask);
        }
        match (behaviour, &ask.last) {
            (Behaviour::Huge, _) => Self::huge(ask.max_tokens),
            (Behaviour::Long, _) => Self::long(ask.max_tokens),
            (_, Last::ToolResult(result)) => Self::text(&format!("The tool answered: {result}"), ask.max_tokens),
            (Behaviour::Echo, Last::User(text)) => Self::text(text, ask.max_tokens),
            _ => Self::text(SENTENCE, ask.max_tokens),
        }
    }

    fn calls(ask: &Ask<'_>) -> Self {
        let calls: Vec<Call> = ask
            .calls
            .iter()
            .map(|tool| Call {
                name: tool.name.to_string(),
                arguments: tool.arguments(),
            })
            .collect();
        let bytes: usize = calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
        Self {
            output_tokens: (bytes as u64).div_ceil(4),
            content: Content::Calls(calls),
            finish: Finish::ToolCalls,
        }
    }

    fn text(text: &str, max_tokens: Option<u64>) -> Self {
        let limit = max_tokens.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut words = text.split_inclusive(' ').map(str::to_owned);
        let pieces: Vec<String> = words.by_ref().take(limit).collect();
        let finish = if words.next().is_some() {
            Finish::Length
        } else {
            Finish::Stop
        };
        Self::pieces(pieces, finish)
    }

    fn long(max_tokens: Option<u64>) -> Self {
        let count = max_tokens.unwrap_or(LONG_DEFAULT).clamp(1, LONG_LIMIT);
        let words = SENTENCE.split(' ').cycle().map(|word| format!("{word} "));
        Self::pieces(
            words.take(usize::try_from(count).unwrap_or_default()).collect(),
            Finish::Length,
        )
    }

    fn huge(max_tokens: Option<u64>) -> Self {
        let bytes = max_tokens
            .unwrap_or_default()
            .saturating_mul(4)
            .clamp(HUGE_DEFAULT, HUGE_LIMIT);
        let piece: String = SENTENCE.chars().chain([' ']).cycle().take(HUGE_PIECE).collect();
        let count = bytes.div_ceil(HUGE_PIECE as u64);
        let pieces = std::iter::repeat_n(piece, usize::try_from(count).unwrap_or_default()).collect();
        Self {
            output_tokens: bytes.div_ceil(4),
            ..Self::pieces(pieces, Finish::Stop)
        }
    }

    fn pieces(pieces: Vec<String>, finish: Finish) -> Self {
        Self {
            output_tokens: pieces.len() as u64,
            content: Content::Text(pieces),
            finish,
        }
    }
}

#[cfg(test)]
mod tests {
    use bartizan_verdict::Endpoint;

    use super::*;

    fn reply(model: &str, max_tokens: &str) -> Reply {
        let body = format!(
            r#"{{"model":"{model}","max_tokens":{max_tokens},"messages":[{{"role":"user","content":"one two three"}}]}}"#
        );
        let ask = Ask::read(Endpoint::ChatCompletions, body.as_bytes()).unwrap();
        Reply::to(&ask, Behaviour::of(model).unwrap())
    }

    fn text(reply: &Reply) -> String {
        match &reply.content {
            Content::Text(pieces) => pieces.concat(),
            Content::Calls(calls) => panic!("{calls:?}"),
        }
    }

    #[test]
    fn answers_keep_to_max_tokens() {
        let table = [
            ("sandbox-chat", "null", 18, Finish::Stop),
            ("sandbox-chat", "3", 3, Finish::Length),
            ("sandbox-chat", "1024", 18, Finish::Stop),
            ("sandbox-long", "null", 50, Finish::Length),
            ("sandbox-long", "7", 7, Finish::Length),
            ("sandbox-long", "99999999", 10_000, Finish::Length),
            ("sandbox-huge", "16", 375_000, Finish::Stop),
        ];
        for (model, max_tokens, tokens, finish) in table {
            let reply = reply(model, max_tokens);
            assert_eq!(
                (reply.output_tokens, reply.finish),
                (tokens, finish),
                "{model} {max_tokens}"
            );
        }
    }

    #[test]
    fn the_echo_is_exact() {
        assert_eq!(text(&reply("sandbox-echo", "null")), "one two three");
    }

    #[test]
    fn the_huge_answer_is_as_large_as_asked() {
        assert!(text(&reply("sandbox-huge", "null")).len() >= 1_500_000);
        assert!(text(&reply("sandbox-huge", "1000000")).len() >= 4_000_000);
    }
}
