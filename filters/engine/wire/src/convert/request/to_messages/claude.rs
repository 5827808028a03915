/// What a model of Anthropic's takes, as far as its name tells.
///
/// Sources: Anthropic's pages on thinking, on migration to 4.7, and on errors. A name that tells nothing, such as an
/// operator's own, is told whatever the client said: the provider judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claude {
    /// Whether it takes `temperature`, `top_p` and `top_k`; from 4.7 on, none does.
    pub takes_sampling: bool,
    /// Whether it takes but one of `temperature` and `top_p`: from 4.1 on.
    pub takes_one_sampler: bool,
    /// How it is told to think.
    pub thinking: Thinking,
    /// Whether it may think without being asked, and so has to be told not to: from generation 5 on.
    pub thinks_unasked: bool,
    /// The most tokens of an answer to a client that names none: 4,096, and 16,384 from generation 5 on, which thinks
    /// without being asked and whose thoughts count among them.
    pub default_max_tokens: u64,
    /// The most tokens of an answer that can be asked for, where there is a number that thinking may reach.
    pub most_tokens: u64,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// It does not think: before 3.7.
    Never,
    /// By a number of tokens: up to 4.5.
    Budget,
    /// Either way: 4.6.
    Either,
    /// By how hard: from 4.7 on.
    Adaptive,
}

// === impl Claude ===

impl Claude {
    /// What the name of a model tells; prefixes such as `anthropic.` and dates behind it do not matter.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let Some(version) = version(model) else {
            return Self {
                takes_sampling: true,
                takes_one_sampler: false,
                thinking: Thinking::Either,
                thinks_unasked: true,
                default_max_tokens: 4_096,
                most_tokens: u64::MAX,
            };
        };
        let is_opus = model.contains("opus");
        Self {
            takes_sampling: version < (4, 7),
            takes_one_sampler: version >= (4, 1),
            thinking: match version {
                (..3, _) | (3, ..7) => Thinking::Never,
                (..4, _) | (4, ..6) => Thinking::Budget,
                (4, 6) => Thinking::Either,
                _ => Thinking::Adaptive,
            },
            thinks_unasked: version.0 >= 5,
            default_max_tokens: if version.0 >= 5 { 16_384 } else { 4_096 },
            most_tokens: match version {
                (4, 0 | 1) if is_opus => 32_000,
                (4, 6) if is_opus => 128_000,
                (..4, _) | (4, ..=6) => 64_000,
                _ => u64::MAX,
            },
        }
    }
}

/// The version in a name such as `claude-opus-4-8`, `claude-sonnet-5`, `claude-3-5-haiku-20241022`.
fn version(model: &str) -> Option<(u64, u64)> {
    let (_, name) = model.split_once("claude-")?;
    // Numbers of one or two digits; longer ones are dates.
    let mut numbers = name
        .split(|character: char| !character.is_ascii_alphanumeric())
        .skip_while(|word| number(word).is_none())
        .map_while(number);
    let major = numbers.next()?;
    Some((major, numbers.next().unwrap_or(0)))
}

fn number(word: &str) -> Option<u64> {
    (word.len() <= 2).then(|| word.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_version() {
        let table = [
            ("claude-3-haiku-20240307", Some((3, 0))),
            ("claude-3-5-sonnet-20241022", Some((3, 5))),
            ("claude-opus-4-20250514", Some((4, 0))),
            ("claude-opus-4-1-20250805", Some((4, 1))),
            ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", Some((4, 5))),
            ("claude-opus-4.6", Some((4, 6))),
            ("claude-opus-4-8", Some((4, 8))),
            ("claude-sonnet-5", Some((5, 0))),
            ("claude-haiku-5-5", Some((5, 5))),
            ("claude-mythos-preview", None),
            ("claude-", None),
            ("our-writer", None),
        ];
        for (model, expected) in table {
            assert_eq!(version(model), expected, "{model}");
        }
    }

    #[test]
    fn the_version_tells_what_a_model_takes() {
        let max = u64::MAX;
        let table = [
            (
                "claude-3-5-haiku-20241022",
                true,
                false,
                Thinking::Never,
                false,
                4_096,
                64_000,
            ),
            (
                "claude-3-7-sonnet-20250219",
                true,
                false,
                Thinking::Budget,
                false,
                4_096,
                64_000,
            ),
            (
                "claude-opus-4-1-20250805",
                true,
                true,
                Thinking::Budget,
                false,
                4_096,
                32_000,
            ),
            ("claude-haiku-4-5", true, true, Thinking::Budget, false, 4_096, 64_000),
            ("claude-sonnet-4-6", true, true, Thinking::Either, false, 4_096, 64_000),
            ("claude-opus-4-7", false, true, Thinking::Adaptive, false, 4_096, max),
            ("claude-opus-5-5", false, true, Thinking::Adaptive, true, 16_384, max),
            ("our-writer", true, false, Thinking::Either, true, 4_096, max),
        ];
        for (model, takes_sampling, takes_one_sampler, thinking, thinks_unasked, default_max_tokens, most_tokens) in
            table
        {
            let expected = Claude {
                takes_sampling,
                takes_one_sampler,
                thinking,
                thinks_unasked,
                default_max_tokens,
                most_tokens,
            };
            assert_eq!(Claude::of(model), expected, "{model}");
        }
    }
}
