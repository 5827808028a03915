//! Chunks of OpenAI's chat completions.

use bartizan_wire::json::Token;

use super::sight::{End, Field, Outcome, Sifter};
use crate::Surface;
use crate::node::{self, Node, Side};

impl Sifter<'_, '_> {
    /// A chunk whose object has been opened.
    pub(super) fn chunk(&mut self) -> Outcome {
        let answer = Node::body(Surface::Chat, Side::Answer);
        self.members(&mut |this, key, value| {
            if key.is("choices") && matches!(value, Token::ArrayStart) {
                return this.elements(&mut |this, choice| match choice {
                    Token::ObjectStart => this.choice(),
                    other => Err(this.walk.wrong_type("an object", other.type_name())),
                });
            }
            if key.is("error") && !matches!(value, Token::Null) {
                this.sight.ends.push(End::All);
            }
            this.member(answer, &key, &value)
        })
    }

    fn choice(&mut self) -> Outcome {
        let first = self.sight.pieces.len();
        let mut index = 0;
        let mut is_finished = false;
        self.members(&mut |this, key, value| {
            match (&*key.decode(), &value) {
                ("index", Token::Number(_)) => index = this.index(&value)?,
                ("delta", Token::Null) => {}
                ("delta", _) => this.continued(node::ANSWER_MESSAGE, Field::ROOT, &value)?,
                ("finish_reason", Token::String(reason)) => {
                    // Some providers say "" where they mean null.
                    is_finished = !reason.raw().is_empty();
                    this.member(node::CHOICE, &key, &value)?;
                }
                _ => this.member(node::CHOICE, &key, &value)?,
            }
            Ok(())
        })?;
        for piece in self.sight.pieces.iter_mut().skip(first) {
            piece.key.index = index;
        }
        if is_finished {
            self.sight.ends.push(End::Index(index));
        }
        Ok(())
    }
}
