//! What keywords say: second queries, second statements, clauses.

use super::grammar::{Value, comparison, value};
use super::lexer::{Kind, Token};
use super::queries::{Columns, columns, is_statement};
use super::words::Word;
use super::{Evidence, Lead, Place, Reader};

impl Reader<'_, '_> {
    /// A word with a meaning.
    pub(super) fn word(&mut self, token: &Token, word: Word) {
        match word {
            Word::Or | Word::And => self.condition(token),
            Word::Union => self.union(token),
            Word::Select => self.select(token),
            Word::Order | Word::Group => self.clause(token),
            Word::Into => self.into(token),
            Word::Procedure => self.procedure(token),
            Word::Insert
            | Word::Update
            | Word::Delete
            | Word::Drop
            | Word::Create
            | Word::Execute
            | Word::Declare
            | Word::Grant
            | Word::Copy
            | Word::Shutdown => self.begin_statement(token),
            Word::Waitfor => self.waitfor(token),
            Word::From | Word::In | Word::Is | Word::Compare | Word::Where => self.continuation(token, word),
            Word::Case => self.case(token),
            _ => self.function(token, word),
        }
    }

    /// `union select`, and what is selected.
    fn union(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        ahead.take(Kind::Known(Word::All));
        for _ in 0..4 {
            if !matches!(ahead.peek().kind, Kind::Open | Kind::Arithmetic | Kind::Version) {
                break;
            }
            ahead.next();
            ahead.take(Kind::Known(Word::All));
        }
        if !ahead.take(Kind::Known(Word::Select)) {
            return;
        }
        let select = ahead;
        ahead.take(Kind::Known(Word::All));
        let place = self.place();
        let weight = match (columns(ahead), place) {
            (Columns::None, Place::Broken | Place::Opening) if self.ends_at(select.peek().start) => 80,
            (Columns::None, _) => 0,
            (_, Place::Broken | Place::Opening) => 94,
            (Columns::Constant, Place::Statement) => 60,
            // `id = -1 union select name`: a number that no row has.
            (Columns::Named, Place::Statement)
                if self.previous.kind == Kind::Number && self.source.before(self.previous.start) == b'-' =>
            {
                55
            }
            (Columns::Named, Place::Statement) => 10,
            (Columns::Constant, Place::Free) => 85,
            (Columns::Named, Place::Free) if self.begins_line(token) => 20,
            (Columns::Named, Place::Free) => 55,
        };
        self.add(Evidence::Union, token.start..select.peek().start, weight);
    }

    /// Whether a token is the first on its line.
    pub(super) fn begins_line(&self, token: &Token) -> bool {
        self.source.slice(self.previous.end..token.start).contains(&b'\n')
    }

    /// A value that begins in the midst of a query: `from users where`, `in (select`.
    fn continuation(&mut self, token: &Token, word: Word) {
        if self.lead != Lead::Start {
            return;
        }
        let mut ahead = self.lexer;
        let next = ahead.next();
        let after = ahead.next();
        let goes_on = match word {
            Word::From => match next.kind {
                Kind::Open => after.is(Word::Select),
                Kind::Known(Word::Catalog | Word::Accounts) => true,
                _ => matches!(
                    after.kind,
                    Kind::Known(Word::Where | Word::Limit | Word::Group | Word::Order)
                ),
            },
            Word::In => {
                next.kind == Kind::Open
                    && matches!(after.kind, Kind::Number | Kind::Quote(_) | Kind::Known(Word::Select))
            }
            Word::Is => next.is(Word::Null) && self.ends_at(next.end),
            Word::Compare => {
                let mut after = self.lexer;
                match next.kind {
                    Kind::Known(Word::Null) | Kind::Open => true,
                    Kind::Quote(_) | Kind::Number => value(&mut after).is_some() && self.ends_at(after.peek().start),
                    _ => false,
                }
            }
            _ => matches!(after.kind, Kind::Compare | Kind::Known(Word::Compare)),
        };
        self.add(Evidence::Clause, token.start..next.end, if goes_on { 52 } else { 0 });
    }

    /// A query: written out from the beginning of a value, or in place of a value.
    fn select(&mut self, token: &Token) {
        let shape = columns(self.lexer);
        if shape == Columns::None {
            return;
        }
        match (self.previous.kind, self.lead) {
            (Kind::Open, _) => {
                let weight = match self.place() {
                    Place::Broken | Place::Opening => 55,
                    Place::Statement | Place::Free if self.tally.near(token.start) >= 20 => 30,
                    Place::Statement | Place::Free => 0,
                };
                self.add(Evidence::Subquery, token.range(), weight);
            }
            (_, Lead::Quote) => self.add(Evidence::Subquery, token.range(), 55),
            _ if self.previous.is(Word::Union) || self.previous.is(Word::All) => {}
            _ => self.statement = Some(Word::Select),
        }
    }

    /// `order by 4`, `group by 2`: asks how many columns there are.
    fn clause(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        if !ahead.take(Kind::Known(Word::By)) {
            return;
        }
        let place = self.place();
        if !matches!(place, Place::Broken | Place::Opening) {
            return;
        }
        let first = ahead.peek();
        if value(&mut ahead).is_none() {
            return;
        }
        while ahead.take(Kind::Comma) {
            let mut column = ahead;
            if value(&mut column).is_none() {
                break;
            }
            ahead = column;
        }
        let next = ahead.peek();
        let number = first.kind == Kind::Number;
        let weight = match next.kind {
            Kind::Comment if place == Place::Broken => 90,
            Kind::Comment if number => 80,
            Kind::Known(Word::And) => 60,
            _ if matches!(
                first.kind,
                Kind::Known(Word::Sleep | Word::Busy | Word::If | Word::Case | Word::Error)
            ) =>
            {
                60
            }
            _ if number && self.ends_at(next.start) => 55,
            _ if place == Place::Broken && self.ends_at(next.start) => 55,
            _ => 0,
        };
        self.add(Evidence::Clause, token.start..next.start, weight);
    }

    fn into(&mut self, token: &Token) {
        let next = self.lexer.peek();
        let opening = matches!(self.place(), Place::Broken | Place::Opening);
        let mut ahead = self.lexer;
        ahead.next();
        if next.is(Word::Outfile) && matches!(ahead.peek().kind, Kind::Quote(_) | Kind::Number) {
            self.add(Evidence::Reach, token.start..next.end, if opening { 85 } else { 65 });
        } else if opening && self.source.byte(next.start) == b'@' {
            self.add(Evidence::Clause, token.start..next.end, 52);
        }
    }

    fn procedure(&mut self, token: &Token) {
        let next = self.lexer.peek();
        if next.is(Word::Error) {
            self.add(Evidence::Error, token.start..next.end, 80);
        }
    }

    fn waitfor(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        if !ahead.take(Kind::Known(Word::Delay)) || !matches!(ahead.peek().kind, Kind::Quote(_) | Kind::End) {
            return;
        }
        let weight = match self.place() {
            Place::Broken | Place::Opening => 90,
            Place::Statement | Place::Free => 40,
        };
        self.add(Evidence::Delay, token.start..ahead.peek().end, weight);
    }

    /// `case when 1=1 then`: a question put as a value.
    fn case(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        if !ahead.take(Kind::Known(Word::When)) {
            return;
        }
        let Some(condition) = comparison(&mut ahead) else {
            return;
        };
        let weight = match self.place() {
            _ if !condition.constant => 0,
            Place::Broken | Place::Opening => 70,
            Place::Statement | Place::Free => 50,
        };
        self.add(Evidence::Blind, token.start..condition.end, weight);
    }

    /// A statement that changes something: written out, or put after a quote.
    fn begin_statement(&mut self, token: &Token) {
        if !is_statement(self.lexer, token) {
            return;
        }
        let reaches = token.is(Word::Copy) && self.copies_program();
        if self.lead == Lead::Quote {
            self.add(Evidence::Stacked, token.range(), 80);
        } else if reaches {
            self.add(Evidence::Reach, token.range(), 75);
        } else if let Kind::Known(word) = token.kind {
            self.statement = Some(word);
            let mut ahead = self.lexer;
            let next = ahead.next();
            let put_together = next.kind == Kind::Open && (self.source.byte(next.end) == b'@' || self.concatenates());
            if word == Word::Execute && (put_together || self.source.has(next.start, b"master.")) {
                self.add(Evidence::Encoded, token.start..next.end, 55);
            }
        }
    }

    /// `exec('sel' + 'ect')`.
    fn concatenates(&self) -> bool {
        let mut ahead = self.lexer;
        ahead.next();
        matches!(ahead.peek().kind, Kind::Quote(_)) && value(&mut ahead) == Some(Value::Calculation { constant: true })
    }

    /// `copy t from program 'id'`.
    fn copies_program(&self) -> bool {
        let mut ahead = self.lexer;
        (0..8).any(|_| {
            let token = ahead.next();
            ahead.bytes(&token).eq_ignore_ascii_case(b"program") && matches!(ahead.peek().kind, Kind::Quote(_))
        })
    }

    /// A semicolon, and the statement after it.
    pub(super) fn semicolon(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        let next = ahead.next();
        let lead = self.lead;
        let place = self.place();
        let word = match next.kind {
            Kind::Known(word) if word != Word::Sleep => word,
            _ => {
                self.after_semicolon(token, &next);
                return;
            }
        };
        let is_query = match word {
            Word::Select => columns(ahead) != Columns::None || self.ends_at(ahead.peek().start),
            Word::Waitfor => ahead.peek().is(Word::Delay),
            Word::Set => self.source.byte(ahead.peek().start) == b'@',
            _ => is_statement(ahead, &next),
        };
        if !is_query {
            return;
        }
        // What destroys is hardly ever meant to come after a semicolon on the same line.
        let destroys = matches!(
            word,
            Word::Drop | Word::Delete | Word::Shutdown | Word::Execute | Word::Waitfor
        );
        let line = !self.source.slice(token.end..next.start).contains(&b'\n');
        let weight = match place {
            Place::Broken => 93,
            Place::Opening if line => {
                if lead == Lead::Operand {
                    88
                } else {
                    80
                }
            }
            Place::Statement if destroys && line && self.statement == Some(Word::Select) => 55,
            Place::Free if destroys && line => 50,
            Place::Free if line => 25,
            Place::Opening | Place::Statement | Place::Free => 5,
        };
        self.add(Evidence::Stacked, token.start..next.end, weight);
    }

    /// A semicolon after a quote that breaks out, before anything but a statement.
    fn after_semicolon(&mut self, token: &Token, next: &Token) {
        if self.lead != Lead::Quote {
            return;
        }
        let weight = match next.kind {
            _ if self.ends_at(next.start) && token.start - self.value < 48 => 52,
            Kind::Comment if self.ends_at(next.end) => 80,
            Kind::Comment => 55,
            Kind::Name if self.lexer.bytes(next) == b"return" => 75,
            Kind::Known(Word::Sleep) => 75,
            _ => 0,
        };
        self.add(Evidence::Stacked, token.start..next.end, weight);
    }
}
