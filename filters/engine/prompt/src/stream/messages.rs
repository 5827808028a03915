//! Events of Anthropic's messages.

use bartizan_wire::json::{Text, Token};

use super::sight::{End, Field, Mode, Outcome, Sifter};
use crate::node::{self, Node, Side};
use crate::word::is_label;
use crate::{SpanKind, Surface};

impl<'a> Sifter<'_, 'a> {
    /// An event whose object has been opened.
    pub(super) fn message_event(&mut self) -> Outcome {
        let mut index = 0;
        let (mut ends_block, mut ends_all) = (false, false);
        let event = node::free(SpanKind::Other);
        self.members(&mut |this, key, value| {
            match (&*key.decode(), &value) {
                ("index", Token::Number(_)) => index = this.index(&value)?,
                ("type", Token::String(kind)) => {
                    ends_block = kind.is("content_block_stop");
                    ends_all = ["message_delta", "message_stop", "error"]
                        .iter()
                        .any(|end| kind.is(end));
                    this.member(event, &key, &value)?;
                }
                ("delta", Token::ObjectStart) => this.delta()?,
                ("content_block", Token::ObjectStart) => this.block()?,
                ("message", _) => this.walk.value(Node::body(Surface::Messages, Side::Answer), &value)?,
                _ => this.member(event, &key, &value)?,
            }
            Ok(())
        })?;
        for piece in &mut self.sight.pieces {
            piece.key.index = index;
        }
        if ends_all {
            self.sight.ends.push(End::All);
        } else if ends_block {
            self.sight.ends.push(End::Index(index));
        }
        Ok(())
    }

    /// What is added to a block. Strings are pieces; what is nested comes whole, such as a citation.
    fn delta(&mut self) -> Outcome {
        let part = node::part(SpanKind::Message);
        self.members(&mut |this, key, value| match (&*key.decode(), &value) {
            ("type", _) => this.member(part, &key, &value),
            ("citation", _) => this.walk.value(node::CITATIONS, &value),
            ("partial_json", Token::String(text)) => {
                this.piece(text, SpanKind::ToolCall, Mode::HeldInput, Field::ROOT.member("input"));
                Ok(())
            }
            (name, Token::String(text)) => {
                this.block_text(&key, name, text);
                Ok(())
            }
            _ => this.member(node::free(SpanKind::Other), &key, &value),
        })
    }

    /// The beginning of a block, which may have text already. All else in it comes whole.
    fn block(&mut self) -> Outcome {
        let part = node::part(SpanKind::Message);
        self.members(&mut |this, key, value| match (&*key.decode(), &value) {
            (name @ ("text" | "thinking" | "signature"), Token::String(text)) => {
                this.block_text(&key, name, text);
                Ok(())
            }
            _ => this.member(part, &key, &value),
        })
    }

    fn block_text(&mut self, key: &Text<'a>, name: &str, text: &Text<'a>) {
        let kind = match name {
            "text" => SpanKind::Message,
            "thinking" => SpanKind::Reasoning,
            "stop_reason" if is_label(text.raw()) => return,
            _ => SpanKind::Other,
        };
        self.walk.key_text(key, kind);
        self.piece(text, kind, Mode::Flow, Field::ROOT.member(name));
    }
}
