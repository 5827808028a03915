//! Parts of a message: text, pictures, sounds, files.

use serde_json::Value;

use super::super::{marker, media};
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::{Fields, numbered},
        neutral::{Content, Part, Place},
    },
};

/// Takes what a message says, if it says something.
pub(super) fn content(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Vec<Part>>, BodyError> {
    let place = fields.place_of("content");
    match fields.take("content") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![Part::text(text, place)])),
        Some(Value::Array(items)) => {
            let mut parts = Vec::with_capacity(items.len());
            for (item, place) in numbered(items, &place) {
                parts.extend(part(item, place, losses)?);
            }
            Ok(Some(parts))
        }
        Some(other) => Err(fields.wrong("content", "a string or an array", &other)),
    }
}

/// Takes what a message has to say.
pub(super) fn required(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Part>, BodyError> {
    content(fields, losses)?.ok_or_else(|| fields.missing("content", "a string or an array"))
}

/// A picture: `image_url`, an object or the mere address.
pub(super) fn image(fields: &mut Fields, losses: &mut Losses) -> Result<Content, BodyError> {
    if let Some(Value::String(_)) = fields.peek("image_url") {
        let source = media::at(fields.required_string("image_url")?);
        return Ok(Content::Image { source, detail: None });
    }
    let image = fields.object("image_url")?;
    let mut image = image.ok_or_else(|| fields.missing("image_url", "an object"))?;
    let source = media::at(image.required_string("url")?);
    let detail = image.string("detail")?.filter(|detail| detail != "auto");
    image.finish(losses);
    Ok(Content::Image { source, detail })
}

fn part(item: Value, place: Place, losses: &mut Losses) -> Result<Option<Part>, BodyError> {
    let mut fields = Fields::new(item, place)?;
    let content = match fields.required_string("type")?.as_str() {
        "text" => Content::Text {
            text: fields.required_string("text")?,
            citations: Vec::new(),
        },
        "refusal" => Content::Refusal(fields.required_string("refusal")?),
        "image_url" => image(&mut fields, losses)?,
        "input_audio" => audio(&mut fields, losses)?,
        "file" => file(&mut fields, losses)?,
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

fn audio(fields: &mut Fields, losses: &mut Losses) -> Result<Content, BodyError> {
    let audio = fields.object("input_audio")?;
    let mut audio = audio.ok_or_else(|| fields.missing("input_audio", "an object"))?;
    let source = media::audio(&mut audio)?;
    audio.finish(losses);
    Ok(Content::Audio { source })
}

fn file(fields: &mut Fields, losses: &mut Losses) -> Result<Content, BodyError> {
    let file = fields.object("file")?;
    let mut file = file.ok_or_else(|| fields.missing("file", "an object"))?;
    let document = media::file(&mut file)?;
    file.finish(losses);
    Ok(Content::Document(document))
}
