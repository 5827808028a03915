//! Events of OpenAI's responses.

use bartizan_wire::binary::is_base64;
use bartizan_wire::json::{Text, Token};

use super::event::has;
use super::sight::{End, Field, Key, Mode, Outcome, Sifter};
use crate::node::{self, Node, Side};
use crate::{SpanKind, Surface};

/// What can be part of a content part.
const CONTENT: [&str; 3] = ["response.output_text", "response.refusal", "response.reasoning_text"];

impl<'a> Sifter<'_, 'a> {
    /// An event whose object has been opened.
    pub(super) fn response_event(&mut self) -> Outcome {
        let (mut index, mut part) = (0, 0);
        let mut kind: Option<Text<'a>> = None;
        let mut delta: Option<Text<'a>> = None;
        let mut has_error = false;
        let event = node::free(SpanKind::Other);
        self.members(&mut |this, key, value| {
            match (&*key.decode(), &value) {
                ("output_index", Token::Number(_)) => index = this.index(&value)?,
                ("content_index" | "summary_index" | "command_index", Token::Number(_)) => {
                    part = u64::from(this.index(&value)?) + 1
                }
                ("sequence_number", Token::Number(number)) => {
                    this.sight.number = number.as_u64().map(|number| (number, this.walk.range()));
                }
                ("type", Token::String(text)) => {
                    kind = Some(*text);
                    this.member(event, &key, &value)?;
                }
                ("delta", Token::String(text)) => delta = Some(*text),
                ("delta", _) => this.continued(event, Field::ROOT.member("delta"), &value)?,
                // Padding, drawn at random.
                ("obfuscation" | "item_id", _) => this.walk.value(node::WORD, &value)?,
                ("logprobs", _) => this.walk.value(node::LOGPROBS, &value)?,
                ("partial_image_b64", _) => this.walk.value(node::IMAGE_DATA, &value)?,
                ("arguments", _) => this.walk.value(node::ARGUMENTS, &value)?,
                ("response", _) => this.walk.value(Node::body(Surface::Responses, Side::Answer), &value)?,
                ("part", _) => this.walk.value(node::part(SpanKind::Message), &value)?,
                ("item", _) => this.walk.value(node::ANSWER_ITEM, &value)?,
                ("annotation", _) => this.walk.value(node::CITATIONS, &value)?,
                ("error", Token::Null) => {}
                (name, _) => {
                    has_error |= name == "error";
                    this.member(event, &key, &value)?;
                }
            }
            Ok(())
        })?;
        let kind = kind.map(|kind| kind.decode()).unwrap_or_default();
        let (stem, is_end) = match kind.strip_suffix(".done") {
            Some(stem) => (stem, true),
            None => (kind.strip_suffix(".delta").unwrap_or(&kind), false),
        };
        let is_sound = |text: &Text<'_>| stem.ends_with("audio") && is_base64(text);
        if let Some(text) = delta.filter(|text| !is_sound(text)) {
            let (kind, mode) = meaning(stem);
            self.piece(&text, kind, mode, Field::ROOT.member(stem));
        }
        for piece in &mut self.sight.pieces {
            piece.key.index = index;
            piece.key.part = piece.key.part.wrapping_mul(1 << 16).wrapping_add(part);
        }
        if has_error {
            self.sight.ends.push(End::All);
        } else if is_end {
            self.end(stem, index, part);
        } else if ends_all(&kind) {
            self.sight.ends.push(End::All);
        }
        Ok(())
    }

    fn end(&mut self, stem: &str, index: u32, part: u64) {
        let text = |stem: &str| End::Text(Key::new(index, part, Field::ROOT.member(stem)));
        let ends = &mut self.sight.ends;
        match stem {
            "response.output_item" => ends.push(End::Index(index)),
            "response.content_part" => ends.extend(CONTENT.map(text)),
            "response.reasoning_summary_part" => ends.push(text("response.reasoning_summary_text")),
            _ => ends.push(text(stem)),
        }
    }
}

/// What is streamed by events of this type, and how it is judged.
fn meaning(stem: &str) -> (SpanKind, Mode) {
    match stem {
        "response.output_text" => (SpanKind::Message, Mode::Flow),
        _ if stem.ends_with("_arguments") => (SpanKind::ToolCall, Mode::HeldArguments),
        // Input of custom tools, code, commands, patches.
        _ if has(stem, b"_call_") => (SpanKind::ToolCall, Mode::HeldText),
        "response.refusal" => (SpanKind::Reasoning, Mode::Flow),
        _ if stem.starts_with("response.reasoning") => (SpanKind::Reasoning, Mode::Flow),
        _ => (SpanKind::Message, Mode::Flow),
    }
}

fn ends_all(kind: &str) -> bool {
    matches!(
        kind,
        "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" | "error"
    )
}
