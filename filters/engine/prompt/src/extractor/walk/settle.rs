//! What is known of an object's texts only when it ends, since the member that tells may come last.

use super::{Base64, Container, Frame, Record, Role, Scope, Side, SpanKind, Unscannable, Walk, Word, unscannable};
use bartizan_wire::BodyError;

impl Walk<'_, '_> {
    pub(super) fn close(&mut self) -> Result<(), BodyError> {
        let Some(frame) = self.out.frames.pop() else {
            return Ok(());
        };
        if let [
            ..,
            Frame {
                container: Container::Array,
                node,
                ..
            },
        ] = self.out.frames.as_slice()
        {
            self.next = *node;
        }
        let told = frame.told;
        match (frame.node.shape.scope, frame.container) {
            (Scope::Logprobs, _) => self.close_logprobs(&frame),
            (_, Container::Array) | (Scope::None, _) => {}
            (Scope::Required(_), Container::Object) if told.required => {}
            (Scope::Required(expected), Container::Object) => {
                return Err(self.missing(frame.node.shape.required.unwrap_or_default(), expected));
            }
            (Scope::Message, Container::Object) => match told.role {
                Some(role) => self.settle_role(&frame, role),
                None => return Err(self.missing("role", "a role")),
            },
            (Scope::Item(side), Container::Object) => self.close_item(&frame, side)?,
            (Scope::Part, Container::Object) => self.close_part(&frame),
            (Scope::Source, Container::Object) => {
                self.unseal(&frame, (told.word == Word::Base64).then_some(Unscannable::File));
            }
        }
        Ok(())
    }

    fn close_logprobs(&mut self, frame: &Frame) {
        let outer = self.out.frames.last().map(|outer| outer.node.shape.scope);
        if outer != Some(Scope::Logprobs) {
            self.out.logprobs.push(frame.start..self.reader.token_range().end);
        }
    }

    /// An item of the responses API: a message is of whom it says, everything else of whom its type says.
    fn close_item(&mut self, frame: &Frame, side: Side) -> Result<(), BodyError> {
        let told = frame.told;
        let unsealed = (told.word == Word::GeneratedImage).then_some(Unscannable::Image);
        self.unseal(frame, unsealed);
        let anyone = match side {
            Side::Request => Role::User,
            Side::Answer => Role::Assistant,
        };
        let role = match (told.word, told.role) {
            (Word::Message | Word::Absent, Some(role)) => role,
            (Word::Message | Word::Absent, None) if side == Side::Answer => anyone,
            (Word::Message, None) => return Err(self.missing("role", "a role")),
            (Word::Absent, None) if told.required => return Err(self.missing("role", "a role")),
            // Without a type it is a reference, too.
            (Word::Reference | Word::Absent, _) => {
                self.out.unscanned.note(Unscannable::Stored, frame.start);
                anyone
            }
            (Word::Call | Word::Reasoning | Word::GeneratedImage | Word::Summary, _) => Role::Assistant,
            (Word::Output, _) => Role::Tool,
            (Word::Setting, _) if side == Side::Request => Role::System,
            _ => anyone,
        };
        self.settle_role(frame, role);
        if told.word == Word::Reasoning {
            self.change(frame, |record| {
                if record.kind == SpanKind::Message {
                    record.kind = SpanKind::Reasoning;
                }
            });
        }
        Ok(())
    }

    /// A part: its `content` is taken for a tool's result unless its type says better.
    fn close_part(&mut self, frame: &Frame) {
        let told = frame.told;
        self.unseal(
            frame,
            match told.word {
                Word::Image => Some(Unscannable::Image),
                Word::Audio => Some(Unscannable::Audio),
                Word::Encrypted => Some(Unscannable::Encrypted),
                Word::Base64 => Some(Unscannable::File),
                _ => None,
            },
        );
        let (kind, role) = match told.word {
            Word::Retrieved => (SpanKind::Document, Some(Role::Document)),
            Word::Summary => (SpanKind::Reasoning, frame.role),
            _ => return,
        };
        self.change(frame, |record| {
            if record.kind == SpanKind::ToolResult {
                record.kind = kind;
                record.role = role;
            }
        });
    }

    /// Gives a message's texts to whoever the message is of.
    fn settle_role(&mut self, frame: &Frame, role: Role) {
        self.change(frame, |record| {
            if record.role.is_none() {
                record.role = Some(role);
                if role == Role::Tool && record.kind == SpanKind::Message {
                    record.kind = SpanKind::ToolResult;
                }
            }
        });
    }

    /// Decides about texts that could be base64: given a kind they are that, unless they stand for text.
    fn unseal(&mut self, frame: &Frame, sealed: Option<Unscannable>) {
        if !frame.told.sealable {
            return;
        }
        let first = frame.first_record.min(self.out.records.len());
        // Looks only at what is in the object: going over all texts for each would be quadratic.
        let own: Vec<Record> = self.out.records.drain(first..).collect();
        for mut record in own {
            match (sealed, std::mem::replace(&mut record.base64, Base64::No)) {
                (Some(Unscannable::Encrypted), Base64::Of(_) | Base64::OfText) => {
                    self.out.unscanned.note(Unscannable::Encrypted, record.raw.start);
                }
                (Some(otherwise), Base64::Of(media)) => {
                    self.out.unscanned.note(unscannable(media, otherwise), record.raw.start);
                }
                _ => self.out.records.push(record),
            }
        }
    }

    fn change(&mut self, frame: &Frame, change: impl FnMut(&mut Record)) {
        let own = self.out.records.get_mut(frame.first_record..).unwrap_or_default();
        own.iter_mut().for_each(change);
    }
}
