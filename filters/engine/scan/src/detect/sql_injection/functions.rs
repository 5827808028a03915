//! What functions and names say: waiting, telling by errors, asking letter by letter, reaching out.

use super::grammar::comparison;
use super::lexer::{Kind, Lexer, Token};
use super::words::Word;
use super::{Evidence, Lead, Place, Reader};
use crate::detect::source::is_word;

impl Reader<'_, '_> {
    pub(super) fn function(&mut self, token: &Token, word: Word) {
        let call = self.lexer.peek().kind == Kind::Open;
        if call && self.dangles(token) {
            return;
        }
        match word {
            Word::Sleep if call => self.sleep(token),
            Word::Busy => self.busy(token),
            Word::Error => self.error(token, call),
            Word::Character if call => self.characters(token),
            Word::Concat if call => self.concat(token),
            Word::Piece if call => self.piece(token),
            Word::Convert if call => self.convert(token),
            Word::If if call => self.choice(token),
            Word::Self_ => self.introspection(token, call),
            Word::Object if call => self.introspection(token, call),
            Word::Catalog | Word::Accounts => self.catalog(token, word),
            Word::Reach => self.reach(token, call),
            _ => {}
        }
    }

    /// A value that is nothing but the beginning of a call: `substring(`.
    fn dangles(&mut self, token: &Token) -> bool {
        let open = self.lexer.peek();
        let dangles = !self.values.json && self.ends_at(open.end) && token.start - self.value <= 64;
        if dangles && (self.lead == Lead::Start || self.statement.is_some()) {
            self.add(Evidence::Clause, token.start..open.end, 52);
        }
        dangles
    }

    /// The tokens right after the parenthesis of a call.
    fn inside(&self) -> Lexer<'_> {
        let mut ahead = self.lexer;
        while ahead.take(Kind::Open) {}
        ahead
    }

    /// Whether a token of a call's arguments, as far as one looks, is wanted.
    fn holds(&self, wanted: impl Fn(&Token) -> bool) -> bool {
        let mut ahead = self.inside();
        (0..8).any(|_| wanted(&ahead.next()))
    }

    fn opening(&self) -> bool {
        matches!(self.place(), Place::Broken | Place::Opening)
    }

    /// Where a call ends that begins here, if that is soon.
    fn call_end(&self) -> usize {
        let mut ahead = self.lexer;
        let mut depth = 0_u32;
        for _ in 0..16 {
            match ahead.next().kind {
                Kind::Open => depth += 1,
                Kind::Close if depth <= 1 => break,
                Kind::Close => depth -= 1,
                Kind::End => break,
                _ => {}
            }
        }
        ahead.peek().start
    }

    /// Whether the call is all there is to the value, but for a comment.
    fn alone(&self, end: usize) -> bool {
        self.lead == Lead::Start
            && (self.ends_at(end) || matches!(self.source.byte(end), b'#' | b'-' | b';') || self.source.has(end, b"/*"))
    }

    fn sleep(&mut self, token: &Token) {
        let argument = self.inside().peek().kind;
        let previous = self.previous.kind;
        if (previous == Kind::Dot && self.lead != Lead::Quote) || matches!(argument, Kind::Name) {
            return;
        }
        let end = self.call_end();
        let asked = matches!(
            previous,
            Kind::Known(Word::Select | Word::And | Word::Or | Word::If | Word::Compare) | Kind::Logic
        );
        let weight = if self.alone(end) {
            60
        } else if self.opening() && !matches!(previous, Kind::Name) {
            75
        } else if self.tally.near(token.start) >= 20 {
            60
        } else if asked && previous != Kind::Logic {
            50
        } else {
            0
        };
        self.add(Evidence::Delay, token.start..end, weight);
    }

    fn busy(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        let next = ahead.next();
        let call = match next.kind {
            Kind::Open => true,
            Kind::Dot if self.source.has(token.start, b"dbms_") => {
                matches!(ahead.next().kind, Kind::Name | Kind::Known(_))
            }
            _ => false,
        };
        if !call || self.previous.kind == Kind::Dot && next.kind == Kind::Open && self.tally.near(token.start) < 20 {
            return;
        }
        let common = self.source.has(token.start, b"generate_series") || self.source.has(token.start, b"randomblob");
        let number = matches!(ahead.peek().kind, Kind::Number | Kind::Arithmetic) || next.kind == Kind::Dot;
        let near = self.tally.near(token.start) >= 20;
        let weight = match (self.opening(), common) {
            (true, false) => 80,
            (true, true) => 45,
            (false, false) if near => 70,
            (false, true) if near => 40,
            (false, false) if number && self.statement.is_none() => 45,
            (false, false) if number => 25,
            _ => 0,
        };
        self.add(Evidence::Delay, token.start..next.end, weight);
    }

    /// `extractvalue(1, concat(0x7e, version()))`.
    fn error(&mut self, token: &Token, call: bool) {
        let dotted = self.lexer.peek().kind == Kind::Dot;
        if !call && !dotted {
            return;
        }
        let asks = self.holds(|token| {
            matches!(
                token.kind,
                Kind::Known(Word::Select | Word::Concat | Word::Self_ | Word::Character | Word::Convert)
            )
        });
        let near = self.tally.near(token.start) >= 20;
        let weight = match (asks, self.opening() || near) {
            (true, true) => 85,
            (true, false) => 65,
            (false, true) => 50,
            (false, false) => 15,
        };
        self.add(Evidence::Error, token.range(), weight);
    }

    /// `char(97)+char(98)`, `chr(97)||chr(98)`, `char(97,98,99)`.
    fn characters(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        let mut numbers = 0_u8;
        for _ in 0..24 {
            let next = ahead.next();
            match next.kind {
                Kind::Number => numbers += 1,
                Kind::Open | Kind::Close | Kind::Comma | Kind::Arithmetic | Kind::Logic => {}
                Kind::Known(Word::Character) => {}
                _ => break,
            }
        }
        let near = self.tally.near(token.start) >= 20;
        let weight = match numbers {
            0 => 0,
            1 if near => 35,
            1 => 10,
            2 if near => 50,
            2 => 25,
            _ if near || self.opening() => 65,
            _ => 52,
        };
        self.add(Evidence::Encoded, token.start..ahead.peek().start, weight);
    }

    fn concat(&mut self, token: &Token) {
        let telling =
            self.holds(|token| matches!(token.kind, Kind::Known(Word::Self_ | Word::Select | Word::Character)));
        let hex = self.source.has(self.inside().peek().start, b"0x");
        let near = self.tally.near(token.start) >= 20;
        let weight = match (telling || hex, near || self.opening()) {
            (true, true) => 60,
            (true, false) if hex => 45,
            (true, false) => 15,
            (false, true) if near => 30,
            (false, _) => 0,
        };
        self.add(Evidence::Encoded, token.range(), weight);
    }

    /// `ascii(substring((select …`: one letter at a time.
    fn piece(&mut self, token: &Token) {
        let inner = self.inside().peek();
        let nested = matches!(
            inner.kind,
            Kind::Known(Word::Piece | Word::Select | Word::Self_ | Word::Convert | Word::Object)
        );
        let near = self.tally.near(token.start) >= 20;
        let weight = match (nested, near || self.opening()) {
            (true, true) => 60,
            (true, false) if inner.is(Word::Select) || inner.is(Word::Self_) => 40,
            (true, false) => 20,
            (false, true) if near => 25,
            (false, _) => 0,
        };
        self.add(Evidence::Blind, token.range(), weight);
    }

    /// `convert(int, (select …))`.
    fn convert(&mut self, token: &Token) {
        let asks = self.holds(|token| matches!(token.kind, Kind::Known(Word::Select | Word::Self_)));
        let near = self.tally.near(token.start) >= 20;
        let weight = match (asks, near || self.opening()) {
            (true, true) => 65,
            (true, false) => 40,
            (false, true) if near => 20,
            (false, _) => 0,
        };
        self.add(Evidence::Error, token.range(), weight);
    }

    /// `if(1=1, …)`.
    fn choice(&mut self, token: &Token) {
        let mut ahead = self.lexer;
        ahead.next();
        let near = self.tally.near(token.start) >= 20;
        if !near && !self.opening() && !matches!(ahead.peek().kind, Kind::Number | Kind::Quote(_)) {
            return;
        }
        let constant = comparison(&mut ahead).is_some_and(|condition| condition.constant && !condition.program);
        let waits = self.holds(|token| {
            matches!(token.kind, Kind::Known(Word::Sleep | Word::Busy)) && self.source.byte(token.end) == b'('
        });
        let weight = match (constant || waits, near || self.opening()) {
            (true, true) => 65,
            (true, false) => 35,
            (false, true) if near => 25,
            (false, _) => 0,
        };
        self.add(Evidence::Blind, token.range(), weight);
    }

    fn introspection(&mut self, token: &Token, call: bool) {
        let variable = self.source.byte(token.start) == b'@';
        let empty = call && {
            let mut ahead = self.lexer;
            ahead.next();
            ahead.next().kind == Kind::Close
        };
        if !empty && !variable {
            return;
        }
        let end = if empty { self.call_end() } else { token.end };
        let weight = if self.alone(end) {
            52
        } else if self.tally.near(token.start) >= 20 {
            45
        } else if variable && (self.opening() || self.previous.is(Word::Select)) {
            50
        } else if variable {
            30
        } else {
            0
        };
        self.add(Evidence::Introspection, token.start..end, weight);
    }

    fn catalog(&mut self, token: &Token, word: Word) {
        let mut end = token.end;
        if self.source.has(token.start, b"mysql") && !self.source.has(end, b".user") && !self.source.has(end, b".db") {
            return;
        }
        if self.source.byte(end) == b'.' {
            end = self.source.past(end + 1, is_word);
        }
        let from = matches!(self.previous.kind, Kind::Known(Word::From | Word::Into | Word::Update))
            || self.previous.kind == Kind::Comma;
        let weight = if self.lead == Lead::Start && self.ends_at(end) {
            52
        } else if self.tally.near_besides(Evidence::Catalog as usize, token.start) >= 25
            || (word == Word::Accounts && from)
        {
            50
        } else if from {
            35
        } else {
            0
        };
        self.add(Evidence::Catalog, token.start..end, weight);
    }

    fn reach(&mut self, token: &Token, call: bool) {
        let near = self.tally.near(token.start) >= 20;
        let used =
            call || matches!(self.lexer.peek().kind, Kind::Quote(_) | Kind::Dot) || self.previous.kind == Kind::Dot;
        let run = self.previous.is(Word::Execute);
        let weight = match (near || self.opening(), used || run) {
            (true, true) => 80,
            (true, false) => 52,
            (false, true) => 52,
            (false, false) => 20,
        };
        self.add(Evidence::Reach, token.range(), weight);
    }

    /// A number in hexadecimal, which stands for a text.
    pub(super) fn number(&mut self, token: &Token) {
        if token.end - token.start >= 8
            && self.source.has(token.start, b"0x")
            && (self.tally.near(token.start) >= 20 || self.previous.is(Word::Select))
        {
            self.add(Evidence::Encoded, token.range(), 45);
        }
    }
}
