use bartizan_verdict::Dialect;
use bartizan_wire::BodyError;
use bartizan_wire::binary::{is_base64, is_binary_data_url};
use bartizan_wire::json::{Reader, Text, Token};

use super::{Extractor, Record};
use crate::nested::undo_escapes;
use crate::node::{Node, StringRule};
use crate::span::Layer;
use crate::word::{is_label, is_name};
use crate::{Masking, Role, SpanKind};

/// The most texts that a body may have. The longest conversations have some thousands; each costs a scan of its own.
const MAX_TEXTS: usize = 1 << 16;

/// One pass over a body.
#[derive(Debug)]
pub(crate) struct Walk<'r, 'a> {
    out: &'r mut Extractor,
    reader: &'r mut Reader<'a>,
    dialect: Dialect,
    /// The meaning of the next value, unless it is an array's element.
    next: Node,
    /// Whose texts are in the root.
    role: Role,
}

/// An array or object that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The meaning of an object, or of an array's elements.
    node: Node,
    shape: Shape,
    /// Whose texts are in it; not known in a message that has not told.
    role: Option<Role>,
    /// Number of spans before it.
    first_record: usize,
    /// Offset of its first byte.
    start: usize,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Array,
    Object,
}

/// What an object has told so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Nothing,
    /// A request has had `messages`.
    Messages,
    /// A message has had `role`.
    Role(Role),
    /// A source is base64.
    Base64,
}

// === impl Walk ===

impl<'r, 'a> Walk<'r, 'a> {
    /// A pass that is about to read the root, whose texts are of this role.
    pub(crate) const fn new(
        out: &'r mut Extractor,
        reader: &'r mut Reader<'a>,
        dialect: Dialect,
        root: Node,
        role: Role,
    ) -> Self {
        Self {
            out,
            reader,
            dialect,
            next: root,
            role,
        }
    }

    pub(super) fn run(&mut self) -> Result<(), BodyError> {
        while let Some(token) = self.reader.read()? {
            self.take(&token)?;
        }
        Ok(())
    }

    /// Takes one value, of which `first` has been read, and leaves what is behind it to the caller.
    pub(crate) fn value(&mut self, node: Node, first: &Token<'a>) -> Result<(), BodyError> {
        self.next = node;
        self.take(first)?;
        while !self.out.frames.is_empty() {
            let Some(token) = self.reader.read()? else { break };
            self.take(&token)?;
        }
        Ok(())
    }

    /// Takes the key of a member that the caller reads, as text if it could be some.
    pub(crate) fn key_text(&mut self, key: &Text<'a>, kind: SpanKind) {
        let role = Some(self.role);
        self.push_key(key, role, kind);
    }

    /// The next token, for a caller that knows better what it means.
    pub(crate) fn read(&mut self) -> Result<Option<Token<'a>>, BodyError> {
        Ok(self.reader.read()?)
    }

    fn take(&mut self, token: &Token<'a>) -> Result<(), BodyError> {
        match token {
            Token::Key(key) => self.key(key),
            Token::ObjectEnd | Token::ArrayEnd => self.close()?,
            Token::ObjectStart => self.open(Shape::Object, token)?,
            Token::ArrayStart => self.open(Shape::Array, token)?,
            Token::String(text) => self.string(text)?,
            Token::Number(_) | Token::Bool(_) | Token::Null => self.scalar(token)?,
        }
        if self.out.records.len() > MAX_TEXTS {
            return Err(BodyError::TooManyTexts {
                path: self.reader.path(),
                limit: MAX_TEXTS,
            });
        }
        Ok(())
    }

    /// The meaning of the value that is being read.
    fn node(&self) -> Node {
        match self.out.frames.last() {
            Some(Frame {
                shape: Shape::Array,
                node,
                ..
            }) => *node,
            _ => self.next,
        }
    }

    fn key(&mut self, key: &Text<'a>) {
        let Some(frame) = self.out.frames.last_mut() else {
            return;
        };
        let node = frame.node;
        let role = frame.role;
        self.next = node.member(&key.decode());
        if self.next == Node::Messages {
            frame.mark = Mark::Messages;
        }
        if node != Node::Logprobs {
            self.push_key(key, role, node.key_kind());
        }
    }

    fn push_key(&mut self, key: &Text<'a>, role: Option<Role>, kind: SpanKind) {
        if !is_name(key.raw())
            && let Some(record) = self.push(key, role, kind)
        {
            record.masking = Masking::Impossible;
        }
    }

    fn scalar(&self, token: &Token<'_>) -> Result<(), BodyError> {
        let node = self.node();
        // Anthropic's content is never null; OpenAI's is, beside tool calls.
        let is_missing_content = node == Node::Content && self.dialect == Dialect::Anthropic;
        if matches!(token, Token::Null) && node.may_be_null() && !is_missing_content {
            return Ok(());
        }
        match node.expected() {
            Some(expected) => Err(self.wrong_type(expected, token.type_name())),
            None => Ok(()),
        }
    }

    fn string(&mut self, text: &Text<'a>) -> Result<(), BodyError> {
        let node = self.node();
        let role = self.role_in(node);
        let kind = match node.string() {
            StringRule::Text(kind) => kind,
            StringRule::Json(kind) => {
                self.push_json(text, role, kind);
                return Ok(());
            }
            StringRule::Role => return self.set_role(text),
            StringRule::SourceData => {
                let may_be_base64 = is_base64(text);
                if let Some(record) = self.push(text, role, SpanKind::Document) {
                    record.may_be_base64 = may_be_base64;
                }
                return Ok(());
            }
            StringRule::SourceType if text.is("base64") => {
                self.mark(Mark::Base64);
                return Ok(());
            }
            StringRule::Label | StringRule::SourceType if is_label(text.raw()) => return Ok(()),
            StringRule::Label | StringRule::SourceType => SpanKind::Other,
            StringRule::Link if is_binary_data_url(text) => return Ok(()),
            StringRule::Link => SpanKind::Other,
            StringRule::Binary(_) if is_base64(text) || is_binary_data_url(text) => return Ok(()),
            StringRule::Binary(kind) => kind,
            StringRule::Ignored => return Ok(()),
            StringRule::Refused => return Err(self.wrong_type(node.expected().unwrap_or("another value"), "a string")),
        };
        self.push(text, role, kind);
        Ok(())
    }

    fn set_role(&mut self, text: &Text<'a>) -> Result<(), BodyError> {
        let role = match (&*text.decode(), self.dialect) {
            ("user", _) => Role::User,
            ("assistant", _) => Role::Assistant,
            ("system" | "developer", Dialect::OpenAi) => Role::System,
            ("tool" | "function", Dialect::OpenAi) => Role::Tool,
            (_, Dialect::OpenAi) => {
                return Err(self.wrong_type("`system`, `developer`, `user`, `assistant` or `tool`", "another role"));
            }
            (_, Dialect::Anthropic) => return Err(self.wrong_type("`user` or `assistant`", "another role")),
        };
        self.mark(Mark::Role(role));
        Ok(())
    }

    fn open(&mut self, shape: Shape, token: &Token<'_>) -> Result<(), BodyError> {
        let node = self.node();
        let inner = match shape {
            Shape::Array => node.element(),
            Shape::Object => node.object(),
        };
        let Some(inner) = inner else {
            return Err(self.wrong_type(node.expected().unwrap_or("another value"), token.type_name()));
        };
        let is_message = node == Node::Message && shape == Shape::Object;
        self.out.frames.push(Frame {
            node: inner,
            shape,
            role: if is_message { None } else { self.role_in(node) },
            first_record: self.out.records.len(),
            start: self.reader.token_range().start,
            mark: Mark::Nothing,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), BodyError> {
        let Some(frame) = self.out.frames.pop() else {
            return Ok(());
        };
        let is_outermost = self.out.frames.last().is_none_or(|outer| outer.node != Node::Logprobs);
        match (frame.node, frame.shape, frame.mark) {
            (Node::Message, Shape::Object, Mark::Role(role)) => self.settle_role(frame.first_record, role),
            (Node::Message, Shape::Object, _) => return Err(self.missing(".role", "a role")),
            (Node::Request(_), Shape::Object, Mark::Messages) => {}
            (Node::Request(_), Shape::Object, _) => return Err(self.missing(".messages", "an array")),
            (Node::Source, Shape::Object, Mark::Base64) => self.drop_base64(frame.first_record),
            (Node::Logprobs, _, _) if is_outermost => {
                self.out.logprobs.push(frame.start..self.reader.token_range().end);
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives a message's texts to whoever the message is of.
    fn settle_role(&mut self, first_record: usize, role: Role) {
        for record in self
            .out
            .records
            .iter_mut()
            .skip(first_record)
            .filter(|record| record.role.is_none())
        {
            record.role = Some(role);
            if role == Role::Tool && record.kind == SpanKind::Message {
                record.kind = SpanKind::ToolResult;
            }
        }
    }

    /// Looks only at what is in the source: a body has many, and going over all texts for each would be quadratic.
    fn drop_base64(&mut self, first_record: usize) {
        let of_source = self.out.records.drain(first_record.min(self.out.records.len())..);
        let kept: Vec<_> = of_source.filter(|record| !record.may_be_base64).collect();
        self.out.records.extend(kept);
    }

    /// Adds a text; an empty one is none.
    fn push(&mut self, text: &Text<'a>, role: Option<Role>, kind: SpanKind) -> Option<&mut Record> {
        if text.raw().is_empty() {
            return None;
        }
        let decoded = text.is_escaped().then(|| {
            let start = self.out.decoded.len();
            text.decode_into(&mut self.out.decoded);
            start..self.out.decoded.len()
        });
        self.out.records.push(Record {
            role,
            kind,
            masking: Masking::Possible,
            layer: Layer::Plain,
            raw: text.range(),
            decoded,
            may_be_base64: false,
        });
        self.out.records.last_mut()
    }

    /// Adds a text that is JSON, and once more with one level of escapes undone if it has any.
    fn push_json(&mut self, text: &Text<'a>, role: Option<Role>, kind: SpanKind) {
        let Some(outer) = self.push(text, role, kind) else {
            return;
        };
        outer.layer = Layer::Json;
        let mut inner = Record {
            layer: Layer::InsideJson,
            ..outer.clone()
        };
        // A backslash in a text is an escape in the body, so a text without escapes has none.
        let Some(says) = inner.decoded.and_then(|range| self.out.decoded.get(range)) else {
            return;
        };
        if !says.contains('\\') {
            return;
        }
        let mut inside = String::with_capacity(says.len());
        undo_escapes(says, &mut inside);
        let start = self.out.decoded.len();
        self.out.decoded.push_str(&inside);
        inner.decoded = Some(start..self.out.decoded.len());
        self.out.records.push(inner);
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(frame) = self.out.frames.last_mut() {
            frame.mark = mark;
        }
    }

    /// Whose the texts of a value are; not known yet in a message that has not told.
    fn role_in(&self, node: Node) -> Option<Role> {
        node.role()
            .or_else(|| self.out.frames.last().map_or(Some(self.role), |frame| frame.role))
    }

    pub(crate) fn wrong_type(&self, expected: &'static str, found: &'static str) -> BodyError {
        BodyError::WrongType {
            path: self.reader.path(),
            expected,
            found,
        }
    }

    fn missing(&self, member: &str, expected: &'static str) -> BodyError {
        BodyError::Missing {
            path: self.reader.path() + member,
            expected,
        }
    }
}
