//! What makes a keyword the beginning of a query or a statement rather than a word of English.

use super::grammar::{Value, value};
use super::lexer::{Kind, Lexer, Token};
use super::words::Word;

/// What a query selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// Nothing: it is no query, but a word of English.
    None,
    /// Columns, by name.
    Named,
    /// Only what is known without a table.
    Constant,
}

/// Reads what stands after `select`.
pub(super) fn columns(mut lexer: Lexer<'_>) -> Columns {
    lexer.take(Kind::Known(Word::All));
    let first = lexer.peek();
    if lexer.source.byte(first.start) == b'*' {
        return Columns::Named;
    }
    if lexer.source.byte(first.start) == b'@' {
        return Columns::Constant;
    }
    let mut constant = true;
    for columns in 0..4 {
        let Some(column) = value(&mut lexer) else {
            return if columns == 0 { Columns::None } else { Columns::Named };
        };
        let name = matches!(column, Value::Name(_));
        constant &= !name;
        let next = lexer.peek();
        match next.kind {
            Kind::Comma => {
                lexer.next();
            }
            Kind::Known(Word::From | Word::Into | Word::Union | Word::Limit | Word::Where) => break,
            // `select committee members` is English; `select a b from` is not, but rare.
            Kind::Name if name => return Columns::None,
            Kind::Known(_) | Kind::Other | Kind::Dot | Kind::Apostrophe if name => return Columns::None,
            Kind::End | Kind::Comment | Kind::Semicolon | Kind::Close => break,
            _ if name => return Columns::None,
            _ => break,
        }
    }
    if constant { Columns::Constant } else { Columns::Named }
}

/// Whether what stands after the first word of a statement makes it one.
pub(super) fn is_statement(mut lexer: Lexer<'_>, first: &Token) -> bool {
    let Kind::Known(word) = first.kind else { return false };
    let next = lexer.next();
    match word {
        Word::Insert => next.is(Word::Into),
        Word::Delete => next.is(Word::From),
        Word::Update => {
            let mut after = lexer.next();
            if after.kind == Kind::Dot {
                lexer.next();
                after = lexer.next();
            }
            after.is(Word::Set)
        }
        Word::Drop | Word::Create => {
            matches!(next.kind, Kind::Known(Word::Object | Word::Procedure))
                || (lexer.source.has(first.start, b"truncate")
                    && next.kind == Kind::Name
                    && lexer.peek().kind != Kind::Name)
        }
        Word::Execute => {
            matches!(next.kind, Kind::Name | Kind::Known(_) | Kind::Open) && !matches!(lexer.peek().kind, Kind::Name)
        }
        Word::Declare => lexer.source.byte(next.start) == b'@',
        Word::Grant => matches!(
            next.kind,
            Kind::Known(Word::All | Word::Select | Word::Insert | Word::Update)
        ),
        Word::Copy => {
            matches!(next.kind, Kind::Name | Kind::Open)
                && matches!(lexer.peek().kind, Kind::Known(Word::From | Word::Select))
        }
        Word::Shutdown => {
            matches!(next.kind, Kind::Comment | Kind::End | Kind::Semicolon) || lexer.source.has(next.start, b"with")
        }
        _ => false,
    }
}
