//! Pictures, documents and search results.

use crate::{
    BodyError,
    convert::{
        Losses,
        fields::Fields,
        neutral::{Content, Document, Part, Source},
    },
};

use super::block;

/// A picture.
pub(super) fn image(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Content>, BodyError> {
    let source = source(fields, losses)?;
    Ok(source.map(|source| Content::Image { source, detail: None }))
}

/// A document.
pub(super) fn document(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Content>, BodyError> {
    let Some(source) = source(fields, losses)? else {
        return Ok(None);
    };
    Ok(Some(Content::Document(Document {
        source,
        title: fields.string("title")?,
        context: fields.string("context")?,
        is_cited: is_cited(fields, losses)?,
    })))
}

/// A search result: a document made of its texts.
pub(super) fn search_result(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Content>, BodyError> {
    let Some(text) = texts(block::content(fields, "content", losses)?, losses) else {
        return Ok(None);
    };
    Ok(Some(Content::Document(Document {
        source: Source::Text(text),
        title: fields.string("title")?,
        context: fields.string("source")?,
        is_cited: is_cited(fields, losses)?,
    })))
}

fn is_cited(fields: &mut Fields, losses: &mut Losses) -> Result<bool, BodyError> {
    let Some(mut citations) = fields.object("citations")? else {
        return Ok(false);
    };
    let is_cited = citations.flag("enabled")?.unwrap_or(false);
    citations.finish(losses);
    Ok(is_cited)
}

/// Where the bytes are; `None` if that is no place that others know.
fn source(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Source>, BodyError> {
    let source = fields.object("source")?;
    let mut source = source.ok_or_else(|| fields.missing("source", "an object"))?;
    let found = match source.required_string("type")?.as_str() {
        "base64" => Source::Base64 {
            media_type: source.required_string("media_type")?,
            data: source.required_string("data")?,
        },
        "url" => Source::Url(source.required_string("url")?),
        "file" => Source::File(source.required_string("file_id")?),
        "text" => {
            source.pass_over("media_type", |kind| kind == "text/plain");
            Source::Text(source.required_string("data")?)
        }
        "content" => match texts(block::content(&mut source, "content", losses)?, losses) {
            Some(text) => Source::Text(text),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    source.finish(losses);
    Ok(Some(found))
}

/// Texts in one, with an empty line between them; `None` if something else is among them.
fn texts(parts: Vec<Part>, losses: &mut Losses) -> Option<String> {
    let mut whole = String::new();
    for part in parts {
        let Content::Text { text, citations } = part.content else {
            return None;
        };
        if part.cache.is_some() {
            losses.tell(&part.place.member("cache_control"));
        }
        if !citations.is_empty() {
            losses.note(&part.place.member("citations"));
        }
        if !whole.is_empty() {
            whole.push_str("\n\n");
        }
        whole.push_str(&text);
    }
    Some(whole)
}
