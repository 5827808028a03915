//! Thinking: how much, in words and tokens, and thoughts that come back.

use serde_json::Value;

use super::super::returned::{Returned, from_redacted};
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::{Fields, wrong_type},
        neutral::{Content, Effort, Part, Place, Placed, Reasoning},
    },
};

/// Words for effort, of all dialects.
const EFFORTS: [(&str, Effort); 7] = [
    ("none", Effort::None),
    ("minimal", Effort::Minimal),
    ("low", Effort::Low),
    ("medium", Effort::Medium),
    ("high", Effort::High),
    ("xhigh", Effort::ExtraHigh),
    ("max", Effort::Highest),
];

/// A block of Anthropic's thinking.
#[derive(Debug)]
pub(super) enum Block {
    /// Thoughts.
    Thoughts(Part),
    /// The signature of the tool call that follows.
    Call(String),
}

/// Takes a word for effort.
pub(super) fn effort(fields: &mut Fields, name: &str) -> Result<Option<Effort>, BodyError> {
    let Some(word) = fields.string(name)? else {
        return Ok(None);
    };
    match EFFORTS.iter().find(|(known, _)| *known == word) {
        Some((_, effort)) => Ok(Some(*effort)),
        None => Err(wrong_type(
            &fields.place_of(name),
            "one of the strings none, minimal, low, medium, high, xhigh, max",
            &Value::String(word),
        )),
    }
}

/// Takes Anthropic's `thinking`.
pub(super) fn config(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<Reasoning>>, BodyError> {
    let Some(mut thinking) = fields.object("thinking")? else {
        return Ok(None);
    };
    let place = thinking.place().clone();
    let mut reasoning = Reasoning::default();
    match thinking.required_string("type")?.as_str() {
        "enabled" => {
            let budget = thinking.count("budget_tokens")?;
            reasoning.budget_tokens = Some(budget.ok_or_else(|| thinking.missing("budget_tokens", "a whole number"))?);
            display(&mut thinking, &mut reasoning)?;
        }
        "adaptive" => display(&mut thinking, &mut reasoning)?,
        "disabled" => reasoning.effort = Some(Effort::None),
        _ => {
            losses.note(&place);
            return Ok(None);
        }
    }
    thinking.finish(losses);
    Ok(Some(Placed::new(reasoning, place)))
}

/// Reads a block of type `thinking` or `redacted_thinking`.
pub(super) fn block(fields: &mut Fields, kind: &str) -> Result<Block, BodyError> {
    let place = fields.place().clone();
    let content = if kind == "thinking" {
        Content::Thinking {
            text: fields.required_string("thinking")?,
            signature: fields.string("signature")?.filter(|signature| !signature.is_empty()),
        }
    } else {
        match from_redacted(fields.required_string("data")?) {
            Returned::Call(signature) => return Ok(Block::Call(signature)),
            Returned::Redacted(data) | Returned::Signature(data) => Content::RedactedThinking { data },
        }
    };
    Ok(Block::Thoughts(Part::new(content, place)))
}

/// Gives the signature that went before a tool call to that call.
pub(super) fn sign(content: &mut Content, held: &mut Option<(String, Place)>) {
    if let Content::ToolCall { signature, .. } = content
        && let Some((held, place)) = held.take()
    {
        *signature = Some(Placed::new(held, place));
    }
}

fn display(thinking: &mut Fields, reasoning: &mut Reasoning) -> Result<(), BodyError> {
    let word = thinking.placed("display", Fields::string)?;
    reasoning.untold_place = word.filter(|word| word.value == "omitted").map(|word| word.place);
    reasoning.is_told = reasoning.untold_place.is_none();
    Ok(())
}
