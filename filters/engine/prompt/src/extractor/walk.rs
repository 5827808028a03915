use std::ops::Range;

use bartizan_verdict::Role;
use bartizan_wire::BodyError;
use bartizan_wire::binary::{Media, is_base64, media_of, media_of_base64};
use bartizan_wire::json::{Reader, Text, Token};

use super::frame::{Container, Frame, Told};
use super::{Base64, Extractor, Record};
use crate::nested::undo_escapes;
use crate::node::{Node, Roles, Scope, Side, StringRule, Word};
use crate::span::Layer;
use crate::word::{is_credential, is_label, is_name};
use crate::{Masking, SpanKind, Unscannable};

mod settle;

/// The most texts that a body may have. The longest conversations have some thousands; each costs a scan of its own.
const MAX_TEXTS: usize = 1 << 16;

/// One pass over a body.
#[derive(Debug)]
pub(crate) struct Walk<'r, 'a> {
    out: &'r mut Extractor,
    reader: &'r mut Reader<'a>,
    side: Side,
    /// The meaning of the next value.
    next: Node,
    /// Whose texts are in the root.
    role: Role,
}

// === impl Walk ===

impl<'r, 'a> Walk<'r, 'a> {
    /// A pass that is about to read the root, whose texts are of this role.
    pub(crate) const fn new(
        out: &'r mut Extractor,
        reader: &'r mut Reader<'a>,
        root: Node,
        role: Role,
        side: Side,
    ) -> Self {
        Self {
            out,
            reader,
            side,
            next: root,
            role,
        }
    }

    /// Reads to the end.
    pub(crate) fn run(&mut self) -> Result<(), BodyError> {
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

    /// Where the token that was read last stands.
    pub(crate) const fn range(&self) -> Range<usize> {
        self.reader.token_range()
    }

    fn take(&mut self, token: &Token<'a>) -> Result<(), BodyError> {
        match token {
            Token::Key(key) => self.key(key),
            Token::ObjectEnd | Token::ArrayEnd => self.close()?,
            Token::ObjectStart => self.open(Container::Object, token)?,
            Token::ArrayStart => self.open(Container::Array, token)?,
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

    fn key(&mut self, key: &Text<'a>) {
        if key.is_escaped() {
            self.key_named(key, &key.decode());
        } else {
            self.key_named(key, key.raw());
        }
    }

    #[inline(never)]
    fn key_named(&mut self, key: &Text<'a>, name: &str) {
        let [.., frame] = self.out.frames.as_mut_slice() else {
            return;
        };
        let (node, role) = (frame.node, frame.role);
        self.next = node.member(name);
        if node.shape.required.is_some_and(|required| *name == *required) {
            frame.told.required = true;
        }
        if node.shape.has_label_keys && is_label(key.raw()) {
            return;
        }
        if node.shape.scope == Scope::Logprobs && self.side == Side::Answer {
            return;
        }
        self.push_key(key, role, node.kind);
    }

    fn push_key(&mut self, key: &Text<'a>, role: Option<Role>, kind: SpanKind) {
        if !is_name(key.raw())
            && let Some(record) = self.push(key, role, kind)
        {
            record.masking = Masking::Impossible;
        }
    }

    fn scalar(&mut self, token: &Token<'_>) -> Result<(), BodyError> {
        let shape = self.next.shape;
        match (token, shape.number, shape.expected) {
            (Token::Number(_), Some(kind), _) => {
                let offset = self.reader.token_range().start;
                self.out.unscanned.note(kind, offset);
                Ok(())
            }
            (Token::Null, ..) if shape.may_be_null => Ok(()),
            (_, _, Some(expected)) => Err(self.wrong_type(expected, token.type_name())),
            (_, _, None) => Ok(()),
        }
    }

    fn string(&mut self, text: &Text<'a>) -> Result<(), BodyError> {
        let node = self.next;
        let role = self.role_in(node);
        match node.shape.string {
            StringRule::Text => drop(self.push(text, role, node.kind)),
            StringRule::Label if is_label(text.raw()) => {}
            StringRule::Json => self.push_json(text, role, node.kind),
            StringRule::Role(roles) => return self.set_role(text, roles),
            StringRule::Type if is_label(text.raw()) => self.tell(|told| told.word = Word::of(&text.decode())),
            StringRule::Sealable => {
                let base64 = match media_of_base64(text) {
                    Some(media) => Base64::Of(media),
                    None if is_base64(text) => Base64::OfText,
                    None => Base64::No,
                };
                if let Some(record) = self.push(text, role, node.kind) {
                    record.base64 = base64;
                    self.tell(|told| told.sealable |= base64 != Base64::No);
                }
            }
            StringRule::Refused => return Err(self.wrong_type(node.expected(), "a string")),
            _ => {
                if let Some(kind) = self.kind(node, text) {
                    self.push(text, role, kind);
                }
            }
        }
        Ok(())
    }

    /// Whether a piece of a string is no text; notes what it is then.
    pub(crate) fn skips(&mut self, node: Node, piece: &Text<'a>) -> bool {
        match node.shape.string {
            // A piece of base64 does not tell what the whole is of.
            StringRule::Binary(what) if is_base64(piece) => self.skip(what, piece).is_none(),
            _ => self.kind(node, piece).is_none(),
        }
    }

    /// What a string is, if it is text.
    fn kind(&mut self, node: Node, text: &Text<'a>) -> Option<SpanKind> {
        match node.shape.string {
            StringRule::Label if is_label(text.raw()) => None,
            StringRule::Type | StringRule::Label => Some(SpanKind::Other),
            StringRule::Link => match media_of(text) {
                Some(media) => self.skip(unscannable(media, Unscannable::File), text),
                None => {
                    self.note(Unscannable::Remote, text);
                    Some(node.kind)
                }
            },
            StringRule::Binary(otherwise) => match media_of(text).or_else(|| media_of_base64(text)) {
                Some(media) => self.skip(unscannable(media, otherwise), text),
                None => Some(node.kind),
            },
            StringRule::Reference(to) => {
                self.note(to, text);
                (!is_label(text.raw())).then_some(node.kind)
            }
            StringRule::Sealed(Some(unread)) if is_base64(text) => self.skip(unread, text),
            StringRule::Sealed(None) if is_base64(text) => None,
            StringRule::Credential if is_credential(text.raw()) => None,
            StringRule::Repeated if self.side == Side::Answer => None,
            _ => Some(node.kind),
        }
    }

    fn set_role(&mut self, text: &Text<'a>, roles: &Roles) -> Result<(), BodyError> {
        let role = if text.is_escaped() {
            roles.of(&text.decode())
        } else {
            roles.of(text.raw())
        };
        let Some(role) = role else {
            return Err(self.wrong_type(roles.expected, "another role"));
        };
        self.tell(|told| told.role = Some(role));
        Ok(())
    }

    fn open(&mut self, container: Container, token: &Token<'_>) -> Result<(), BodyError> {
        let node = self.next;
        let inner = match container {
            Container::Array => node.element(),
            Container::Object => node.may_be_object().then_some(node),
        };
        let Some(inner) = inner else {
            return Err(self.wrong_type(node.expected(), token.type_name()));
        };
        // For the first element; before a member comes its key.
        self.next = inner;
        let tells_role = container == Container::Object && matches!(node.shape.scope, Scope::Message | Scope::Item(_));
        self.out.frames.push(Frame {
            node: inner,
            container,
            role: if tells_role { None } else { self.role_in(node) },
            first_record: self.out.records.len(),
            start: self.reader.token_range().start,
            told: Told::default(),
        });
        Ok(())
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
            role: if kind == SpanKind::Document {
                Some(Role::Document)
            } else {
                role
            },
            kind,
            masking: Masking::Possible,
            // A message tells its role, and only when it has been read.
            is_standing: kind == SpanKind::ToolDefinition || role == Some(Role::System),
            layer: Layer::Plain,
            raw: text.range(),
            decoded,
            base64: Base64::No,
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

    /// Notes what is no text.
    fn skip(&mut self, kind: Unscannable, text: &Text<'a>) -> Option<SpanKind> {
        self.note(kind, text);
        None
    }

    /// Notes what cannot be scanned; where there is nothing, there is nothing to note.
    fn note(&mut self, kind: Unscannable, text: &Text<'a>) {
        if !text.raw().is_empty() {
            self.out.unscanned.note(kind, text.range().start);
        }
    }

    fn tell(&mut self, tell: impl FnOnce(&mut Told)) {
        if let [.., frame] = self.out.frames.as_mut_slice() {
            tell(&mut frame.told);
        }
    }

    /// Whose the texts of a value are; not known yet in a message that has not told.
    fn role_in(&self, node: Node) -> Option<Role> {
        node.shape
            .role
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
            path: self.reader.path() + "." + member,
            expected,
        }
    }
}

/// What media are, where a place says what a file of no known beginning must be.
const fn unscannable(media: Media, otherwise: Unscannable) -> Unscannable {
    match media {
        Media::Image => Unscannable::Image,
        Media::Audio => Unscannable::Audio,
        Media::File => otherwise,
    }
}
