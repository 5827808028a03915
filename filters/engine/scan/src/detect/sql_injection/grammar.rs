//! Values and comparisons, read from the place where they would begin.

use std::ops::Range;

use super::lexer::{Kind, Lexer, Token};
use super::words::Word;

/// Tokens read for one value, at most.
const STEPS: usize = 16;

/// Bytes of a quoted text, at most.
const QUOTED: usize = 48;

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A number, a quoted text, `null`, `true`: known without a database. The bytes that matter.
    Constant(Range<usize>),
    /// A column, or a word of anything but SQL.
    Name(Range<usize>),
    /// A function or a query in parentheses.
    Call,
    /// A calculation.
    Calculation {
        /// Whether only constants take part in it.
        constant: bool,
    },
}

impl Value {
    fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_) | Self::Calculation { constant: true })
    }
}

/// Two values compared.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    /// Whether the answer is known without a database: `1=1`, `'a'='a`, `x=x`.
    pub(super) constant: bool,
    /// Whether a calculation takes part in it, as in sums of ordinary life.
    pub(super) calculated: bool,
    /// Whether a quote takes part in it.
    pub(super) quoted: bool,
    /// Whether it compares as programs do, with `==`.
    pub(super) program: bool,
    /// Whether there is something that it compares with; a fragment may lack it.
    pub(super) whole: bool,
    /// Where it ends.
    pub(super) end: usize,
}

/// Reads a value, if one begins here, and leaves the lexer after it.
pub(super) fn value(lexer: &mut Lexer<'_>) -> Option<Value> {
    let first = term(lexer)?;
    let mut ahead = *lexer;
    let mut constant = first.is_constant();
    let mut terms = 1;
    while terms < 8 {
        let operator = ahead.next();
        if operator.kind != Kind::Arithmetic {
            break;
        }
        let Some(next) = term(&mut ahead) else { break };
        constant &= next.is_constant();
        terms += 1;
        *lexer = ahead;
    }
    Some(if terms == 1 {
        first
    } else {
        Value::Calculation { constant }
    })
}

fn term(lexer: &mut Lexer<'_>) -> Option<Value> {
    let mut opened = 0;
    let mut token = lexer.next();
    let mut steps = 0;
    while matches!(
        token.kind,
        Kind::Open | Kind::Arithmetic | Kind::Known(Word::Not) | Kind::Version
    ) {
        opened += usize::from(token.kind == Kind::Open);
        token = lexer.next();
        steps += 1;
        if steps > 6 {
            return None;
        }
    }
    let value = match token.kind {
        Kind::Number | Kind::Known(Word::Null | Word::Boolean) => Value::Constant(token.range()),
        Kind::Quote(b'`') => match quoted(lexer, b'`', token.end) {
            Value::Constant(range) => Value::Name(range),
            other => other,
        },
        Kind::Quote(quote) => quoted(lexer, quote, token.end),
        Kind::Known(Word::Select | Word::Case) => {
            pass_parentheses(lexer, opened.max(1));
            return Some(Value::Call);
        }
        Kind::Name | Kind::Known(_) => name(lexer, &token)?,
        _ => return None,
    };
    while opened > 0 && lexer.take(Kind::Close) {
        opened -= 1;
    }
    if lexer.take(Kind::Cast) {
        lexer.next();
    }
    Some(value)
}

/// The rest of a quoted text. One that does not end is ended by whatever the text is put into.
fn quoted(lexer: &mut Lexer<'_>, quote: u8, start: usize) -> Value {
    let source = lexer.source;
    let window = source.slice(start..start + QUOTED);
    let length = window.iter().position(|byte| *byte == quote || *byte == b'\n');
    let length = length.unwrap_or_else(|| {
        let word = source.past(start, |byte| !byte.is_ascii_whitespace());
        word.min(start + QUOTED) - start
    });
    let end = start + length;
    *lexer = lexer.from(if source.byte(end) == quote { end + 1 } else { end });
    Value::Constant(start..end)
}

fn name(lexer: &mut Lexer<'_>, token: &Token) -> Option<Value> {
    let known = match token.kind {
        Kind::Known(word) => Some(word),
        _ => None,
    };
    let mut end = token.end;
    let mut steps = 0;
    while lexer.peek().kind == Kind::Dot && steps < 4 {
        lexer.next();
        end = lexer.next().end;
        steps += 1;
    }
    if lexer.peek().kind == Kind::Open {
        lexer.next();
        pass_parentheses(lexer, 1);
        return Some(Value::Call);
    }
    // A keyword alone is no value; the names of columns and functions are.
    let is_name = known.is_none_or(|word| {
        matches!(
            word,
            Word::Object | Word::Self_ | Word::Delay | Word::Piece | Word::Character | Word::Sleep | Word::Catalog
        )
    });
    is_name.then_some(Value::Name(token.start..end))
}

/// Passes over what is in parentheses, as far as one looks ahead.
fn pass_parentheses(lexer: &mut Lexer<'_>, mut opened: usize) {
    for _ in 0..STEPS {
        match lexer.next().kind {
            Kind::Open => opened += 1,
            Kind::Close => {
                opened -= 1;
                if opened == 0 {
                    return;
                }
            }
            Kind::End => return,
            _ => {}
        }
    }
}

/// Reads a comparison, if one begins here.
pub(super) fn comparison(lexer: &mut Lexer<'_>) -> Option<Comparison> {
    let quoted = matches!(lexer.peek().kind, Kind::Quote(_));
    let left = value(lexer)?;
    // Parentheses that the text it is put into has opened.
    while lexer.take(Kind::Close) {}
    let mut operator = lexer.next();
    while operator.is(Word::Not) {
        operator = lexer.next();
    }
    let mut comparison = Comparison {
        constant: left.is_constant(),
        calculated: matches!(left, Value::Calculation { .. }),
        quoted,
        program: false,
        whole: true,
        end: operator.end,
    };
    match operator.kind {
        Kind::Compare => {
            comparison.program = matches!(lexer.bytes(&operator), b"==" | b"===" | b"!==" | b"->" | b"=>");
            comparison.with(lexer, &left)?;
        }
        Kind::Known(Word::Compare) => {
            // `similar to`, `sounds like`.
            if matches!(lexer.bytes(&operator).first(), Some(b's' | b'S')) {
                lexer.next();
            }
            comparison.with(lexer, &left)?;
        }
        Kind::Known(Word::Nullity) => {}
        Kind::Known(Word::Is) => {
            while lexer.take(Kind::Known(Word::Not)) {}
            if !matches!(
                lexer.peek().kind,
                Kind::Number | Kind::Known(Word::Null | Word::Boolean)
            ) {
                return None;
            }
            comparison.with(lexer, &left)?;
        }
        Kind::Known(Word::In) => {
            if !lexer.take(Kind::Open) {
                return None;
            }
            comparison.constant &= value(lexer)?.is_constant();
            pass_parentheses(lexer, 1);
        }
        Kind::Known(Word::Between) => {
            comparison.constant &= value(lexer)?.is_constant();
            if !lexer.take(Kind::Known(Word::And)) {
                return None;
            }
            comparison.constant &= value(lexer)?.is_constant();
        }
        _ => return None,
    }
    comparison.end = lexer.peek().start;
    Some(comparison)
}

impl Comparison {
    /// Reads the other value. None if there is none, and yet more text.
    fn with(&mut self, lexer: &mut Lexer<'_>, left: &Value) -> Option<()> {
        let next = lexer.peek();
        self.quoted |= matches!(next.kind, Kind::Quote(_));
        let mut ahead = *lexer;
        let Some(right) = value(&mut ahead) else {
            self.constant = false;
            self.whole = false;
            return matches!(next.kind, Kind::End | Kind::Open | Kind::Comment).then_some(());
        };
        *lexer = ahead;
        let same = match (left, &right) {
            (Value::Name(left), Value::Name(right)) => {
                let source = lexer.source;
                source
                    .slice(left.clone())
                    .eq_ignore_ascii_case(source.slice(right.clone()))
            }
            _ => false,
        };
        self.constant = same || (self.constant && right.is_constant());
        self.calculated |= matches!(right, Value::Calculation { .. });
        Some(())
    }
}
