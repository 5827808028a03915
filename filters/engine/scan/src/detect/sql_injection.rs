//! Input that would change the query it is put into: SQL above all, and the filters of MongoDB and LDAP.
//!
//! What an attacker sends is half a query. It closes a quote that another has opened, goes on with a condition that
//! always holds, a second query or a second statement, and has the rest made a comment. So the question is not whether
//! there are words of SQL, which developers write all day, but whether a *value* goes on as a query: right at its
//! beginning, after one short operand, or after a quote that the value itself has not opened.
//!
//! The text is read once, as tokens (`lexer`). At words and signs with which an injection may go on, what follows is
//! parsed as far as need be (`grammar`), and weighed by where it stands ([`Lead`]). Weights are added up by
//! [`Tally`](super::tally). The text may be JSON or a form: each of its strings is then a value of its own.
//!
//! Not found: an injection that uses none of the usual means, such as a bare column name or number.

mod evidence;
mod functions;
mod grammar;
mod lexer;
mod operators;
mod queries;
mod statements;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use bartizan_verdict::Role;

use self::lexer::{Kind, Lexer, Token};
use self::words::Word;
use super::source::Source;
use super::tally::Tally;
use super::values::Values;
use crate::score::Score;

/// Literals without one of which there is no injection to be found.
pub const TRIGGERS: &[&str] = &[
    "=",
    "--",
    "#",
    "/*",
    "||",
    "&&",
    "' or",
    "'or",
    "\" or",
    "\"or",
    "' and",
    "'and",
    "'-'",
    "'*'",
    "'^",
    "'&'",
    "'|",
    "';",
    "';",
    "' like",
    "'=",
    "select",
    "union all",
    "sleep(",
    "sleep (",
    "waitfor",
    "benchmark",
    "order by",
    "group by",
    "having",
    "@@",
    "version()",
    "schema",
    "exec xp",
    "exec sp",
    "exec master",
    "exec(",
    "execute",
    "xp_",
    "char(",
    "chr(",
    "concat",
    "ascii(",
    "substr",
    "convert(",
    "cast(",
    "outfile",
    "load_file",
    "$ne",
    "$gt",
    "$regex",
    "$where",
    "$or",
    "$not",
    "$exists",
    "*)(",
    ")(|",
    ")(&",
    "; drop",
    ";drop",
    "; delete",
    ";delete",
    "; insert",
    "shutdown",
    "::int",
    "extractvalue",
    "updatexml",
    "in (",
    "like null",
    "is null",
    "procedure",
    "database(",
    "user(",
    "mysql.",
    "this.",
    "into @",
    "program '",
    "$nor",
    "or true",
];

/// Finds injections in a text.
pub fn detect(text: &str, _role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
    let mut reader = Reader::new(text, found);
    while reader.step() {}
    reader.tally.finish();
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// A condition that is known to hold or not, or that is put where a value should end.
    Condition,
    /// A second query.
    Union,
    /// A second statement.
    Stacked,
    /// A comment that cuts off the rest.
    Cut,
    /// A function that waits.
    Delay,
    /// A function whose error tells.
    Error,
    /// A question answered by yes or no.
    Blind,
    /// A text made of numbers.
    Encoded,
    /// Spelling that serves to slip past filters.
    Evasion,
    /// What the database says of itself.
    Introspection,
    /// Tables of tables.
    Catalog,
    /// Files, commands, the network.
    Reach,
    /// A clause at the end of a query.
    Clause,
    /// A query in place of a value.
    Subquery,
    /// A quote that ends what it should be in, and an operator.
    Break,
    /// An operator of a document database.
    Operator,
    /// A filter of a directory.
    Directory,
}

/// What stands before a place, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// Nothing: here a value begins.
    Start,
    /// One operand, with which a value began.
    Operand,
    /// A quote that the value has not opened, where only one that closes stands.
    Quote,
    /// A quote that the value may open here or close.
    Ajar,
    /// Anything else.
    Other,
}

/// Where something was found, by what it says of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After a quote that the value has not opened.
    Broken,
    /// At the beginning of a value, or after its first operand.
    Opening,
    /// In a statement that somebody wrote out.
    Statement,
    /// In the midst of anything.
    Free,
}

/// Reads a text and keeps what must be remembered of it.
struct Reader<'t, 'f> {
    source: Source<'t>,
    lexer: Lexer<'t>,
    tally: Tally<'t, 'f>,
    values: Values<'t>,
    /// Where the current value begins.
    value: usize,
    /// Which of `'`, `"`, `` ` ``, `\'`, `\"` have been opened and not closed on this line of the value.
    open: [bool; 5],
    lead: Lead,
    /// The first word of the statement that the value is, if it is one.
    statement: Option<Word>,
    previous: Token,
}

impl<'t, 'f> Reader<'t, 'f> {
    fn new(text: &'t str, found: &'f mut dyn FnMut(Range<usize>, Score)) -> Self {
        let source = Source::new(text);
        Self {
            source,
            lexer: Lexer::new(source),
            tally: Tally::new(text, found),
            values: Values::new(source),
            value: 0,
            open: [false; 5],
            lead: Lead::Start,
            statement: None,
            previous: Token {
                kind: Kind::End,
                start: 0,
                end: 0,
                commented: false,
            },
        }
    }

    /// Reads one token; false at the end.
    fn step(&mut self) -> bool {
        let token = self.lexer.next();
        if token.kind == Kind::End {
            return false;
        }
        if self.source.slice(self.previous.end..token.start).contains(&b'\n') {
            self.open = [false; 5];
        }
        self.note_spelling(&token);
        if matches!(token.kind, Kind::Number | Kind::Quote(b'\'')) {
            self.whole_condition(&token);
        }
        match token.kind {
            Kind::Quote(quote) => self.quote(&token, quote),
            Kind::Known(word) => self.word(&token, word),
            Kind::Logic => self.condition(&token),
            Kind::Comment => self.comment(&token),
            Kind::Version => self.version(&token),
            Kind::Semicolon => self.semicolon(&token),
            Kind::Compare => self.compare(&token),
            Kind::Number => self.number(&token),
            Kind::Close => self.close(&token),
            Kind::Other => self.other(&token),
            Kind::Name if self.lexer.bytes(&token) == b"this" => self.document_field(&token),
            Kind::Name
            | Kind::Cast
            | Kind::Apostrophe
            | Kind::Open
            | Kind::Comma
            | Kind::Dot
            | Kind::Arithmetic
            | Kind::End => {}
        }
        self.follow(&token);
        self.previous = token;
        true
    }

    /// Begins a value at a place.
    fn begin(&mut self, at: usize) {
        self.value = at;
        self.open = [false; 5];
        self.lead = Lead::Start;
        self.statement = None;
    }

    /// Keeps the lead after a token. Quotes and assignments have set theirs.
    fn follow(&mut self, token: &Token) {
        self.lead = match (token.kind, self.lead) {
            (Kind::Quote(_) | Kind::Compare | Kind::Other, lead) => lead,
            (Kind::Close | Kind::Open | Kind::Version, lead) => lead,
            (Kind::Comma, Lead::Start) => Lead::Start,
            (Kind::Arithmetic, lead) if matches!(self.source.byte(token.start), b'+' | b'%' | b'-') => lead,
            (Kind::Dot, Lead::Quote) => Lead::Quote,
            (Kind::Number | Kind::Name, Lead::Start) => Lead::Operand,
            (Kind::Apostrophe | Kind::Dot, Lead::Operand) => Lead::Operand,
            (Kind::Name, Lead::Operand) if self.previous.kind != Kind::Name => Lead::Operand,
            (Kind::Known(Word::Not), lead) => lead,
            _ => Lead::Other,
        };
    }

    fn place(&self) -> Place {
        match self.lead {
            Lead::Quote => Place::Broken,
            Lead::Start | Lead::Operand => Place::Opening,
            Lead::Ajar | Lead::Other if self.statement.is_some() => Place::Statement,
            Lead::Ajar | Lead::Other => Place::Free,
        }
    }

    fn add(&mut self, evidence: Evidence, range: Range<usize>, weight: u8) {
        self.tally.add(evidence as usize, range, weight);
    }

    /// A quote: a bound of a value, or one that is opened or closed, or one that breaks out.
    fn quote(&mut self, token: &Token, quote: u8) {
        let escaped = token.end - token.start == 2;
        if quote == b'"' && !escaped {
            if self.values.bounds(token.start) {
                self.begin(token.end);
                return;
            }
            if self.values.json {
                return;
            }
        }
        let slot = match (quote, escaped) {
            (b'\'', false) => 0,
            (b'"', false) => 1,
            (b'\'', true) => 2,
            (b'"', true) => 3,
            _ => 4,
        };
        let Some(open) = self.open.get_mut(slot) else { return };
        let was_open = *open;
        *open = !was_open;
        if was_open {
            // What the value has opened itself, it may close.
            self.lead = Lead::Other;
            return;
        }
        // `name="`: what follows is a value of its own, in a quote that is open.
        if self.source.before(token.start) == b'=' && self.lead == Lead::Start && token.start > 1 {
            self.begin(token.end);
            if let Some(open) = self.open.get_mut(slot) {
                *open = true;
            }
            return;
        }
        self.lead = if self.closes(token, quote) {
            Lead::Quote
        } else {
            Lead::Ajar
        };
        self.broken(token, quote);
    }

    /// Whether a quote stands where texts are closed rather than opened: at the beginning of the value, or right after
    /// something that is no sign. A letter may be part of the quote, as in `r'…'`.
    fn closes(&self, token: &Token, quote: u8) -> bool {
        if self.source.past_space(self.value) == token.start {
            return true;
        }
        let before = self.source.before(token.start);
        let prefix = before.is_ascii_alphabetic()
            && token.start > self.value + 1
            && !super::source::is_word(self.source.before(token.start - 1));
        quote != b'`'
            && !prefix
            && (super::source::is_word(before)
                || matches!(before, b')' | b'%' | b'\'' | b'"' | b'.' | b'*' | b'!' | b'$'))
    }

    /// Whether nothing of the value is left at a place.
    fn ends_at(&self, at: usize) -> bool {
        self.values.ends_at(at)
    }
}
