//! Operators of document databases and directories, and assignments, with which a value begins.

use super::lexer::{Kind, Token};
use super::{Evidence, Lead, Reader};
use crate::detect::source::is_word;

impl Reader<'_, '_> {
    /// A sign that is not of SQL.
    pub(super) fn other(&mut self, token: &Token) {
        if self.source.byte(token.start) == b'$' {
            self.operator(token);
        }
        self.lead = Lead::Other;
    }

    /// `=`: after a name, with which a pair of a form begins, a value begins.
    pub(super) fn compare(&mut self, token: &Token) {
        let pair = token.end - token.start == 1 && self.source.byte(token.start) == b'=';
        let name =
            matches!(self.previous.kind, Kind::Name | Kind::Known(_) | Kind::Other) && self.previous.end == token.start;
        let first = self.lead == Lead::Operand || self.lead == Lead::Start || self.values.starts_pair(token.start);
        if pair && name && first && self.values.assigns(token.start) {
            self.begin(token.end);
        } else {
            self.lead = Lead::Other;
        }
    }

    /// `$ne` and its like, where they let in whoever asks.
    fn operator(&mut self, token: &Token) {
        let end = self.source.past(token.end, is_word);
        let name = self.source.slice(token.end..end);
        let known = [
            b"ne".as_slice(),
            b"gt",
            b"gte",
            b"lt",
            b"lte",
            b"nin",
            b"in",
            b"regex",
            b"exists",
            b"where",
            b"or",
            b"not",
            b"expr",
            b"func",
            b"function",
            b"eq",
            b"and",
            b"nor",
            b"type",
            b"text",
        ];
        if !known.contains(&name) {
            return;
        }
        let bracket = self.source.before(token.start) == b'[' && self.source.byte(end) == b']';
        if bracket {
            self.add(Evidence::Operator, token.start..end, 75);
            return;
        }
        let mut at = end;
        if matches!(self.source.byte(at), b'"' | b'\'') {
            at += 1;
        } else if self.source.has(at, b"\\\"") {
            at += 2;
        }
        at = self.source.past_space(at);
        if self.source.byte(at) != b':' {
            return;
        }
        let value = self.source.past_space(at + 1);
        let nothing =
            self.source.has(value, b"null") || self.source.has(value, b"\"\"") || self.source.has(value, b"''");
        let empty = self.source.byte(value) == b'[' && self.source.has(self.source.past_space(value + 1), b"{}");
        // Little else in the text: nobody's query, but a field that should have held a text.
        let only = u8::from(self.values.json && self.source.len() <= 64 && !self.source.byte(value).is_ascii_digit());
        let any = self.source.has(value, b"\".*") || self.source.has(value, b"\"^") || self.source.has(value, b"\".+");
        let weight = match name {
            b"where" | b"func" | b"function" => 75,
            b"ne" | b"gt" | b"gte" | b"nin" | b"lt" if nothing => 80,
            b"or" | b"and" | b"nor" if empty => 70,
            b"ne" | b"nin" => 40 + 15 * only,
            b"regex" if any || nothing => 40 + 15 * only,
            b"exists" | b"not" | b"nor" | b"regex" | b"gt" | b"text" | b"expr" => 10 + 42 * only,
            _ => 0,
        };
        self.add(Evidence::Operator, token.start..value, weight);
    }

    /// `this.password`: a field of the document that a condition in JavaScript is asked of.
    pub(super) fn document_field(&mut self, token: &Token) {
        let secret = [b".password".as_slice(), b".passwd", b".constructor.constructor"];
        if !secret.iter().any(|field| self.source.has(token.end, field)) {
            return;
        }
        let led = matches!(self.lead, Lead::Start | Lead::Quote) || matches!(self.previous.kind, Kind::Logic);
        let weight = if led || self.tally.near(token.start) >= 20 {
            55
        } else {
            10
        };
        self.add(Evidence::Operator, token.range(), weight);
    }

    /// `*)(uid=*`: a filter of a directory, closed and gone on with.
    pub(super) fn close(&mut self, token: &Token) {
        let next = self.source.byte(token.end);
        if next != b'(' || self.source.byte(self.value) == b'(' || token.start - self.value > 32 {
            return;
        }
        let any = self.source.before(token.start) == b'*';
        let after = self.source.byte(token.end + 1);
        let name = self.source.past(token.end + 1, is_word);
        let weight = match after {
            b'|' | b'&' if any || matches!(self.source.byte(token.end + 2), b'(' | b')') => 60,
            _ if any && name > token.end + 1 && self.source.byte(name) == b'=' => 70,
            _ => 0,
        };
        self.add(Evidence::Directory, token.start..token.end + 2, weight);
    }
}
