//! What quotes, conditions and comments say.

use super::grammar::{Value, comparison, value};
use super::lexer::{Kind, Lexer, Token};
use super::words::Word;
use super::{Evidence, Lead, Place, Reader};

/// Bytes from the beginning of a value to the quote that breaks out of it, at most.
const HEAD: usize = 48;

/// Bytes after a comment that cuts off the rest, at most: `-- -`, `-- x`.
const TAIL: usize = 12;

impl Reader<'_, '_> {
    /// A quote that the value has not opened, and what follows it.
    pub(super) fn broken(&mut self, token: &Token, quote: u8) {
        let short = token.start - self.value <= HEAD;
        let closes = self.lead == Lead::Quote;
        let mut ahead = self.lexer;
        while ahead.take(Kind::Close) {}
        while ahead.take(Kind::Known(Word::Not)) {}
        let next = ahead.next();
        if self.source.slice(token.end..next.start).contains(&b'\n') {
            return;
        }
        match next.kind {
            Kind::Comment => self.cut(token, &next),
            _ if !short || !closes => {}
            Kind::Arithmetic | Kind::Compare => {
                let after = ahead.peek();
                let closes = matches!(after.kind, Kind::Quote(other) if other == quote);
                let rest = value(&mut ahead);
                let weight = match rest {
                    // `'='`, `'-'`, `'*'`.
                    _ if closes && self.ends_at(after.end) => 60,
                    Some(Value::Call) => 55,
                    Some(Value::Constant(_)) if self.ends_at(ahead.peek().start) => 50,
                    Some(_) if ahead.peek().kind == Kind::Comment => 50,
                    _ => 0,
                };
                self.add(Evidence::Break, token.start..after.end, weight);
            }
            Kind::Known(Word::Compare | Word::Is | Word::In | Word::Between) => {
                let compares = value(&mut ahead).is_some() || self.ends_at(next.end);
                self.add(Evidence::Break, token.start..next.end, if compares { 55 } else { 0 });
            }
            _ => {}
        }
    }

    /// A logical operator, and the condition after it.
    pub(super) fn condition(&mut self, token: &Token) {
        let place = match self.lead {
            Lead::Ajar if token.start - self.value <= HEAD => Place::Broken,
            _ => self.place(),
        };
        let or = token.is(Word::Or) || self.source.byte(token.start) == b'|';
        let word = token.kind != Kind::Logic;
        let mut ahead = self.lexer;
        ahead.take(Kind::Known(Word::Not));
        let first = ahead.peek();
        // In the midst of anything else only constants tell, and only they need be read.
        let telling = matches!(
            first.kind,
            Kind::Number | Kind::Quote(_) | Kind::Open | Kind::Known(Word::Null | Word::Boolean)
        );
        if matches!(place, Place::Free | Place::Statement) && !telling {
            return;
        }
        let mut attempt = ahead;
        if let Some(condition) = comparison(&mut attempt) {
            let weight = match (place, condition.constant) {
                (Place::Broken, true) => 93,
                (Place::Broken, false) if self.lead == Lead::Ajar => 0,
                (Place::Broken, false) => 78,
                (Place::Opening, true) if condition.calculated => 70,
                (Place::Opening, true) => 86,
                (Place::Opening, false) if condition.program && word => 15,
                (Place::Opening, false) if !condition.whole || self.lead == Lead::Start => 52,
                (Place::Opening, false) => 40,
                (Place::Statement, true) if or => 55,
                (Place::Statement, true) => 15,
                (Place::Free, true) if condition.program || condition.calculated || !word => 10,
                (Place::Free, true) if or && condition.quoted => 50,
                (Place::Free, true) if or => 45,
                (Place::Free, true) => 25,
                (Place::Statement | Place::Free, false) => 0,
            };
            self.add(Evidence::Condition, token.start..condition.end.max(token.end), weight);
            return;
        }
        if matches!(self.lead, Lead::Start | Lead::Operand | Lead::Quote) {
            self.bare_condition(token, first, ahead, word);
        }
    }

    /// A logical operator with anything but a comparison after it.
    fn bare_condition(&mut self, token: &Token, first: Token, mut ahead: Lexer<'_>, word: bool) {
        let rest = value(&mut ahead);
        let after = ahead.peek();
        let mut behind = ahead;
        behind.next();
        let cut = after.kind == Kind::Comment || after.kind == Kind::Semicolon;
        let ends = cut || self.ends_at(after.start);
        let dangles = after.kind == Kind::Arithmetic && self.ends_at(after.end);
        let weight = match (self.place(), rest) {
            (Place::Broken, Some(Value::Constant(_))) if ends => 80,
            (Place::Broken, Some(Value::Call)) => 65,
            (Place::Broken, Some(Value::Name(_))) if cut => 70,
            (Place::Broken, Some(Value::Name(_))) if dangles => 55,
            (Place::Broken, _) if first.is(Word::Exists) => 70,
            (Place::Broken, None) if self.ends_at(first.start) => 45,
            (Place::Opening, Some(Value::Constant(_))) if ends || dangles => 52,
            (Place::Opening, Some(Value::Call)) if word => 45,
            (Place::Opening, _) if first.is(Word::Exists) => 60,
            _ => 0,
        };
        self.add(Evidence::Condition, token.start..after.start.max(token.end), weight);
    }

    /// A value that is nothing but a comparison of constants: `1=1`, `'x'!='y`.
    pub(super) fn whole_condition(&mut self, token: &Token) {
        if self.lead != Lead::Start {
            return;
        }
        let mut ahead = self.lexer.from(token.start);
        if let Some(condition) = comparison(&mut ahead)
            && condition.constant
            && !condition.calculated
            && (self.ends_at(condition.end) || self.lexer.from(condition.end).peek().kind == Kind::Comment)
        {
            self.add(Evidence::Condition, token.start..condition.end, 52);
        }
    }

    /// A comment, which may cut off what the value was put into.
    pub(super) fn comment(&mut self, token: &Token) {
        let near = self.tally.near(token.start);
        let after = self.source.byte(token.end);
        let dashes = self.source.byte(token.start) == b'-';
        let glued = self.previous.end == token.start && matches!(self.previous.kind, Kind::Quote(_) | Kind::Close);
        let closes = matches!(self.lexer.peek().kind, Kind::Quote(_));
        if dashes && glued && closes && self.statement.is_some() {
            self.add(Evidence::Cut, token.range(), 55);
        }
        if near >= 15 {
            let weight = match after {
                _ if self.ends_at(token.end) => 60,
                b' ' | b'+' | b'-' | b'\t' | b'\n' | b'\r' if dashes => 50,
                _ if self.tail(token).is_some() => 45,
                _ => 0,
            };
            self.add(Evidence::Cut, token.range(), weight);
        } else if self.previous.is(Word::Boolean) && self.source.past_space(self.value) == self.previous.start {
            self.add(Evidence::Cut, token.range(), 52);
        } else if self.lead == Lead::Operand && self.tail(token).is_some() && dashes {
            self.add(Evidence::Cut, token.range(), 25);
        }
    }

    /// A quote that breaks out, with nothing but a comment after it: `admin'--`.
    fn cut(&mut self, quote: &Token, comment: &Token) {
        if quote.start - self.value > HEAD {
            return;
        }
        let weight = match self.tail(comment) {
            Some(0) => 85,
            Some(_) => 70,
            None => 0,
        };
        self.add(Evidence::Cut, quote.start..comment.end, weight);
    }

    /// How many bytes follow a comment, if they are few and end no quote.
    fn tail(&self, comment: &Token) -> Option<usize> {
        if self.ends_at(comment.end) {
            return Some(0);
        }
        let dashes = self.source.byte(comment.start) == b'-';
        let tail = self.source.slice(comment.end..comment.end + TAIL + 1);
        let spaced = !dashes
            || tail
                .first()
                .is_some_and(|byte| matches!(byte, b' ' | b'+' | b'-' | b'\t'));
        let length = (0..=tail.len()).find(|length| self.ends_at(comment.end + length))?;
        let quoted = tail
            .iter()
            .take(length)
            .any(|byte| matches!(byte, b'\'' | b'"' | b'`' | b'<'));
        (spaced && !quoted).then_some(length)
    }

    /// A comment that MySQL takes for part of the statement.
    pub(super) fn version(&mut self, token: &Token) {
        let next = self.lexer.peek();
        if let Kind::Known(word) = next.kind
            && matches!(
                word,
                Word::Union
                    | Word::Select
                    | Word::Or
                    | Word::And
                    | Word::From
                    | Word::Where
                    | Word::Sleep
                    | Word::Order
                    | Word::Limit
                    | Word::If
                    | Word::Concat
                    | Word::Object
                    | Word::Self_
                    | Word::Catalog
            )
        {
            self.add(Evidence::Evasion, token.start..next.end, 75);
        }
    }

    /// Words glued together by comments, cut in two by comments, or in changing case.
    pub(super) fn note_spelling(&mut self, token: &Token) {
        let glued =
            token.commented && self.source.byte(self.previous.end) == b'/' && self.source.before(token.start) == b'/';
        match (self.previous.kind, token.kind) {
            (Kind::Known(_) | Kind::Number | Kind::Quote(_) | Kind::Close, Kind::Known(_) | Kind::Number) if glued => {
                self.add(Evidence::Evasion, self.previous.start..token.end, 65);
            }
            (
                Kind::Known(
                    Word::Select | Word::From | Word::Drop | Word::Union | Word::Where | Word::Into | Word::Delete,
                ),
                Kind::Name,
            ) if glued => {
                self.add(Evidence::Evasion, self.previous.start..token.end, 52);
            }
            (Kind::Name, Kind::Name | Kind::Known(_)) if glued && self.joins(token) => {
                self.add(Evidence::Evasion, self.previous.start..token.end, 75);
            }
            (_, Kind::Known(_)) if self.changes_case(token) => {
                self.add(Evidence::Evasion, token.range(), 50);
            }
            _ => {}
        }
    }

    /// Whether the name before and this one make a word of SQL.
    fn joins(&self, token: &Token) -> bool {
        let (left, right) = (self.lexer.bytes(&self.previous), self.lexer.bytes(token));
        let mut joined = [0_u8; 16];
        let length = left.len() + right.len();
        let Some(room) = joined.get_mut(..length) else {
            return false;
        };
        for (to, from) in room.iter_mut().zip(left.iter().chain(right)) {
            *to = *from;
        }
        matches!(
            super::words::WORDS.get(room),
            Some(
                Word::Union
                    | Word::Select
                    | Word::From
                    | Word::Where
                    | Word::Insert
                    | Word::Update
                    | Word::Order
                    | Word::Drop
            )
        )
    }

    fn changes_case(&self, token: &Token) -> bool {
        let word = self.lexer.bytes(token);
        let rises = word
            .windows(2)
            .filter(|pair| matches!(pair, [low, high] if low.is_ascii_lowercase() && high.is_ascii_uppercase()));
        word.len() >= 4 && rises.count() >= 2
    }
}
