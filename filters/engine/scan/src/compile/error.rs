use std::fmt;

/// A mistake in a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct RuleError {
    /// Which of the rules given, counted from 0.
    pub rule: usize,
    /// Which part of the rule.
    pub part: Part,
    /// What is wrong with it.
    pub problem: Problem,
}

impl RuleError {
    /// What to do about it: a clause for after the message, in lower case without period.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.problem.remedy()
    }
}

/// A part of a rule, as documents name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `id`
    Id,
    /// The tag at this place in `owasp`.
    Owasp(usize),
    /// `action`
    Action,
    /// `phrases` as a whole.
    Phrases,
    /// The phrase at this place in `phrases`.
    Phrase(usize),
    /// `regex`
    Regex,
    /// `validate`
    Validate,
    /// The word at this place in `context`.
    Context(usize),
    /// The word at this place in `unless`.
    Unless(usize),
    /// `score`
    Score,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => formatter.write_str("id"),
            Self::Owasp(number) => write!(formatter, "owasp[{number}]"),
            Self::Action => formatter.write_str("action"),
            Self::Phrases => formatter.write_str("phrases"),
            Self::Phrase(number) => write!(formatter, "phrases[{number}]"),
            Self::Regex => formatter.write_str("regex"),
            Self::Validate => formatter.write_str("validate"),
            Self::Context(number) => write!(formatter, "context[{number}]"),
            Self::Unless(number) => write!(formatter, "unless[{number}]"),
            Self::Score => formatter.write_str("score"),
        }
    }
}

/// What can be wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The id is empty or has other characters than it may.
    #[error("the id is not made of lower-case letters, digits and dashes")]
    BadId,
    /// Another rule has the same id.
    #[error("the id is taken by an earlier rule")]
    DuplicateId,
    /// Not an OWASP tag.
    #[error("{0:?} is not an OWASP tag")]
    UnknownTag(String),
    /// A rule with the action `allow` would do nothing.
    #[error("a rule cannot have the action allow")]
    AllowsMatches,
    /// Only what a regex has matched can be validated.
    #[error("only the match of a regex can be validated")]
    ValidatesNoRegex,
    /// A detector scores each finding itself.
    #[error("a detector gives each finding its own score")]
    ScoredDetector,
    /// A rule that scores nothing would do nothing.
    #[error("a rule with the score 0 finds nothing")]
    ZeroScore,
    /// Only what a regex has matched is looked at more closely.
    #[error("only the match of a regex can depend on the words around it")]
    ContextOfNoRegex,
    /// A word that is near nearly everything, or nothing at all.
    #[error("the word is shorter than 2 characters")]
    ShortWord,
    /// No phrase at all.
    #[error("the list of phrases is empty")]
    NoPhrases,
    /// A phrase that would be found in too many words.
    #[error("the phrase is shorter than 4 characters")]
    ShortPhrase,
    /// The same phrase twice, perhaps in other spelling.
    #[error("the phrase is the same as an earlier one of this rule")]
    DuplicatePhrase,
    /// The regex cannot be read.
    #[error("the regex cannot be read at character {at}: {message}")]
    Syntax {
        /// Character of the pattern, counted from 1.
        at: usize,
        /// What the parser says.
        message: String,
    },
    /// The regex asks for Unicode tables, which filters do not carry.
    #[error("the regex needs Unicode tables, which filters do not carry")]
    Unicode,
    /// The regex matches without taking a byte.
    #[error("the regex matches the empty string")]
    MatchesEmpty,
    /// The regex matches nothing at all.
    #[error("the regex can never match")]
    NeverMatches,
    /// The regex becomes an automaton that is too large.
    #[error("the regex needs an automaton larger than 64 KiB")]
    TooLarge,
    /// All literals together are too many.
    #[error("the phrases of all rules up to this one are too many for a filter's memory")]
    PackTooLarge,
    /// The pack could not be written.
    #[error("the pack could not be written: {0}")]
    Unpackable(String),
}

impl Problem {
    /// What to do about it: a clause for after the message, in lower case without period.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BadId => "write a name such as aws-access-key",
            Self::DuplicateId => "give each rule its own id",
            Self::UnknownTag(_) => "use LLM01 to LLM10 or ASI01 to ASI10",
            Self::AllowsMatches => "use block, mask or audit, or remove the rule",
            Self::ValidatesNoRegex => "remove validate, or match with a regex",
            Self::ScoredDetector => "remove score, and set thresholds in the ThreatPolicy",
            Self::ZeroScore => "use up to 1, or remove the rule",
            Self::ContextOfNoRegex => "remove the words, or match with a regex",
            Self::ShortWord => "write a longer word, such as phone, or the beginning of one, such as telefon*",
            Self::NoPhrases => "add a phrase, or remove the rule",
            Self::ShortPhrase => "add words to it, or use a regex",
            Self::DuplicatePhrase => {
                "remove one; case and the amount of whitespace do not matter, so one phrase stands for all spellings"
            }
            Self::Syntax { .. } => "see https://docs.rs/regex/latest/regex/#syntax; a literal special is escaped by \\",
            Self::Unicode => {
                r"use ASCII classes such as [0-9A-Za-z] or \w in place of \p{…} and (?u), and (?-i:é) for other letters in (?i)"
            }
            Self::MatchesEmpty => "require at least one character, for example by + in place of *",
            Self::NeverMatches => "remove the part that contradicts the rest",
            Self::TooLarge => r"lower the bounds of {m,n}, use {m,} or +, or put \b before a repeated class",
            Self::PackTooLarge => "use fewer or shorter phrases, or a regex in place of many alike",
            Self::Unpackable(_) => "report this as a bug",
        }
    }
}

/// A regex without anything that must be in a text for it to match, so that it is run over every text whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleWarning {
    /// Which of the rules given, counted from 0.
    pub rule: usize,
}

impl fmt::Display for RuleWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("the regex is run over every byte of every text: nothing rare is near where its matches begin")
    }
}

impl RuleWarning {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        "make a word or some digits part of every match, and bound what stands before it, such as \\s{1,16} for \\s+"
    }
}
