//! What items say: text, pictures, files.

use serde_json::Value;

use super::super::{marker, media};
use crate::{
    BodyError,
    convert::{
        Losses, citation,
        fields::{Fields, numbered},
        neutral::{Citation, Content, Part, Place, Source},
    },
};

/// Takes what an item says: a string, or a list of parts.
pub(super) fn take(fields: &mut Fields, name: &str, losses: &mut Losses) -> Result<Vec<Part>, BodyError> {
    let place = fields.place_of(name);
    match fields.take(name) {
        None => Err(fields.missing(name, "a string or an array")),
        Some(Value::String(text)) => Ok(vec![Part::text(text, place)]),
        Some(Value::Array(items)) => {
            let mut parts = Vec::with_capacity(items.len());
            for (item, place) in numbered(items, &place) {
                parts.extend(part(item, place, losses)?);
            }
            Ok(parts)
        }
        Some(other) => Err(fields.wrong(name, "a string or an array", &other)),
    }
}

fn part(item: Value, place: Place, losses: &mut Losses) -> Result<Option<Part>, BodyError> {
    let mut fields = Fields::new(item, place)?;
    let content = match fields.required_string("type")?.as_str() {
        "input_text" | "text" => Content::Text {
            text: fields.required_string("text")?,
            citations: Vec::new(),
        },
        "output_text" => {
            if fields.take("logprobs").is_some_and(|told| !marker::is_idle(&told)) {
                losses.tell(&fields.place_of("logprobs"));
            }
            // What OpenAI's SDK made of the text; it sends it along.
            fields.take("parsed");
            Content::Text {
                text: fields.required_string("text")?,
                citations: annotations(&mut fields, losses)?,
            }
        }
        "refusal" => Content::Refusal(fields.required_string("refusal")?),
        "input_image" => image(&mut fields)?,
        "input_audio" => {
            let audio = fields.object("input_audio")?;
            let mut audio = audio.ok_or_else(|| fields.missing("input_audio", "an object"))?;
            let source = media::audio(&mut audio)?;
            audio.finish(losses);
            Content::Audio { source }
        }
        "input_file" => {
            fields.pass_over("detail", |value| marker::is_word(value, &["auto"]));
            Content::Document(media::file(&mut fields)?)
        }
        _ => {
            losses.note(fields.place());
            return Ok(None);
        }
    };
    let mut part = Part::new(content, fields.place().clone());
    part.cache = marker::take(&mut fields, losses)?;
    fields.finish(losses);
    Ok(Some(part))
}

fn image(fields: &mut Fields) -> Result<Content, BodyError> {
    let source = match fields.string("image_url")? {
        Some(url) => media::at(url),
        None => match fields.string("file_id")? {
            Some(id) => Source::File(id),
            None => return Err(fields.missing("image_url", "a string")),
        },
    };
    let detail = fields.string("detail")?.filter(|detail| detail != "auto");
    Ok(Content::Image { source, detail })
}

fn annotations(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Citation>, BodyError> {
    let mut citations = Vec::new();
    for (annotation, place) in fields.list("annotations")? {
        match annotation.get("type").and_then(Value::as_str) {
            Some("url_citation") => citations.push(citation::from_url_annotation(annotation)),
            Some("file_citation") => citations.push(citation::from_file_annotation(annotation)),
            _ => losses.tell(&place),
        }
    }
    Ok(citations)
}
