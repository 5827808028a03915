//! What an event's data has in it.

use std::ops::Range;

use bartizan_wire::BodyError;
use bartizan_wire::json::{Text, Token};

use crate::SpanKind;
use crate::extractor::Walk;
use crate::node::{self, Node, StringRule};
use crate::word::is_label;

/// Which text a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The choice, content block or output item.
    pub(super) index: u32,
    /// The place in arrays further in, such as the tool call or content part.
    pub(super) part: u64,
    /// The field, by the names on the way to it.
    pub(super) field: Field,
}

/// A hash of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Field(u64);

/// What is done with the pieces of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// They are judged as they come.
    Flow,
    /// They are kept back until they are whole: a text that is not JSON.
    HeldText,
    /// The same for a text that is JSON, as OpenAI's arguments are.
    HeldArguments,
    /// The same for the JSON of a value, as Anthropic's input is.
    HeldInput,
    /// A name, which comes whole: clients need it before anything else of a tool call. It has been judged.
    Name,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) key: Key,
    pub(super) kind: SpanKind,
    pub(super) mode: Mode,
    /// Where it stands in the data, without quotes.
    pub(super) raw: Range<usize>,
    /// What it says, in [`Sight::said`].
    pub(super) said: Range<usize>,
    /// Whether it has been judged.
    pub(super) is_judged: bool,
    /// What is to be written between the quotes in its place, if it has been judged and does not stay as it is.
    pub(super) written: Option<Vec<u8>>,
}

/// Which texts end with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    All,
    /// All of a choice, block or item.
    Index(u32),
    /// One.
    Text(Key),
}

/// What was seen in an event. Keeps its memory from event to event.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) pieces: Vec<Piece>,
    pub(super) said: String,
    pub(super) ends: Vec<End>,
    /// The number of the event, and where it stands.
    pub(super) number: Option<(u64, Range<usize>)>,
}

/// One pass over an event's data.
pub(super) struct Sifter<'r, 'a> {
    pub(super) walk: Walk<'r, 'a>,
    pub(super) sight: &'r mut Sight,
}

/// What an object has to do with each of its members.
pub(super) type Outcome = Result<(), BodyError>;

// === impl Field ===

impl Field {
    /// No names.
    pub(super) const ROOT: Self = Self(0xcbf2_9ce4_8422_2325);

    /// A field of that name in this one.
    pub(super) const fn member(self, name: &str) -> Self {
        // FNV-1a. Two fields that came to share a hash would be judged as one text.
        let mut hash = self.0;
        let mut rest = name.as_bytes();
        while let [byte, tail @ ..] = rest {
            hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
            rest = tail;
        }
        Self((hash ^ 0xff).wrapping_mul(0x0100_0000_01b3))
    }
}

// === impl Key ===

impl Key {
    pub(super) const fn new(index: u32, part: u64, field: Field) -> Self {
        Self { index, part, field }
    }
}

// === impl End ===

impl End {
    pub(super) fn covers(self, key: Key) -> bool {
        match self {
            Self::All => true,
            Self::Index(index) => key.index == index,
            Self::Text(ended) => key == ended,
        }
    }
}

// === impl Sight ===

impl Sight {
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.said.clear();
        self.ends.clear();
        self.number = None;
    }
}

// === impl Sifter ===

impl<'a> Sifter<'_, 'a> {
    /// Reads the members of an object that has been opened. `each` gets a key and the first token of its value, and
    /// reads the rest of it.
    // WHY not generic: a copy of the reader for each of the many callers would make the filter a tenth larger.
    pub(super) fn members(&mut self, each: &mut dyn FnMut(&mut Self, Text<'a>, Token<'a>) -> Outcome) -> Outcome {
        while let Some(Token::Key(key)) = self.walk.read()? {
            let Some(value) = self.walk.read()? else { break };
            each(self, key, value)?;
        }
        Ok(())
    }

    /// Reads the elements of an array that has been opened. `each` gets the first token of an element.
    pub(super) fn elements(&mut self, each: &mut dyn FnMut(&mut Self, Token<'a>) -> Outcome) -> Outcome {
        while let Some(token) = self.walk.read()? {
            if matches!(token, Token::ArrayEnd) {
                break;
            }
            each(self, token)?;
        }
        Ok(())
    }

    /// A member whose strings are texts of their own, if they are text at all.
    pub(super) fn member(&mut self, parent: Node, key: &Text<'a>, value: &Token<'a>) -> Outcome {
        self.walk.key_text(key, parent.kind);
        self.walk.value(parent.member(&key.decode()), value)
    }

    /// A number that counts choices, blocks or parts.
    pub(super) fn index(&mut self, value: &Token<'a>) -> Result<u32, BodyError> {
        let number = match value {
            Token::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            _ => None,
        };
        number.ok_or_else(|| self.walk.wrong_type("a place", value.type_name()))
    }

    /// A value whose strings continue texts, wherever they stand in it.
    ///
    /// That holds for fields that no dialect has, too: whoever reads a stream joins whatever strings come in the same
    /// place. An array's elements are told apart by their `index`, or else by their order; strings that stand in an
    /// array themselves are texts of their own. So are those that others than the model have written, such as what it
    /// quotes: they come whole.
    pub(super) fn continued(&mut self, node: Node, field: Field, value: &Token<'a>) -> Outcome {
        match value {
            _ if matches!(
                node.kind,
                SpanKind::Document | SpanKind::ToolResult | SpanKind::ToolDefinition
            ) =>
            {
                self.walk.value(node, value)
            }
            Token::String(text) => self.string(node, field, text),
            Token::ObjectStart => {
                if !node.may_be_object() {
                    return Err(self.walk.wrong_type(node.expected(), "an object"));
                }
                self.object(node, field).map(drop)
            }
            Token::ArrayStart => {
                let Some(element) = node.element() else {
                    return Err(self.walk.wrong_type(node.expected(), "an array"));
                };
                let mut order = 0;
                self.elements(&mut |this, token| {
                    let first = this.sight.pieces.len();
                    let mut place = order;
                    order += 1;
                    match token {
                        Token::ObjectStart if element.may_be_object() => {
                            place = this.object(element, field)?.unwrap_or(place);
                        }
                        _ => this.walk.value(element, &token)?,
                    }
                    for piece in this.sight.pieces.iter_mut().skip(first) {
                        piece.key.part = piece.key.part.wrapping_mul(1 << 16).wrapping_add(u64::from(place) + 1);
                    }
                    Ok(())
                })
            }
            _ => self.walk.value(node, value),
        }
    }

    /// The members of an object that has been opened; gives its `index`.
    fn object(&mut self, node: Node, field: Field) -> Result<Option<u32>, BodyError> {
        let mut index = None;
        self.members(&mut |this, key, value| {
            let name = key.decode();
            let inner = field.member(&name);
            match (&*name, &value) {
                ("index", Token::Number(_)) => index = Some(this.index(&value)?),
                ("name", Token::String(text))
                    if node.kind == SpanKind::ToolCall || core::ptr::eq(node.shape, node::FUNCTION.shape) =>
                {
                    this.walk.value(node.member(&name), &value)?;
                    this.piece(text, SpanKind::ToolCall, Mode::Name, inner);
                }
                _ => {
                    this.walk.key_text(&key, node.kind);
                    this.continued(node.member(&name), inner, &value)?;
                }
            }
            Ok(())
        })?;
        Ok(index)
    }

    fn string(&mut self, node: Node, field: Field, text: &Text<'a>) -> Outcome {
        let (kind, mode) = match node.shape.string {
            StringRule::Json => (node.kind, Mode::HeldArguments),
            StringRule::Label | StringRule::Role(_) | StringRule::Type if is_label(text.raw()) => return Ok(()),
            StringRule::Label | StringRule::Role(_) | StringRule::Type => (SpanKind::Other, Mode::Flow),
            StringRule::Link | StringRule::Binary(_) | StringRule::Reference(_) | StringRule::Sealed(_)
                if self.walk.skips(node, text) =>
            {
                return Ok(());
            }
            StringRule::Repeated => return Ok(()),
            StringRule::Refused => return Err(self.walk.wrong_type(node.expected(), "a string")),
            _ if node.kind == SpanKind::ToolCall => (node.kind, Mode::HeldText),
            _ => (node.kind, Mode::Flow),
        };
        self.piece(text, kind, mode, field);
        Ok(())
    }

    /// A piece of a text of choice 0, until the choice is known.
    pub(super) fn piece(&mut self, text: &Text<'a>, kind: SpanKind, mode: Mode, field: Field) {
        let start = self.sight.said.len();
        text.decode_into(&mut self.sight.said);
        self.sight.pieces.push(Piece {
            key: Key::new(0, 0, field),
            kind,
            mode,
            raw: text.range(),
            said: start..self.sight.said.len(),
            is_judged: false,
            written: None,
        });
    }
}
