//! Pictures, sounds and files as OpenAI's dialects have them: addresses, `data:` addresses, base64.

use crate::{
    BodyError,
    convert::{
        fields::Fields,
        neutral::{Document, Source},
    },
};

/// Media types of files whose sender says nothing but a name.
const MEDIA_TYPES: [(&str, &str); 6] = [
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("json", "application/json"),
];

/// What is at an address: bytes, where it is a `data:` address in base64 (RFC 2397).
pub(super) fn at(url: String) -> Source {
    match inline(&url) {
        Some((media_type, data)) => Source::Base64 {
            media_type: media_type.to_owned(),
            data: data.to_owned(),
        },
        None => Source::Url(url),
    }
}

/// Takes a sound: `data` and `format`.
pub(super) fn audio(fields: &mut Fields) -> Result<Source, BodyError> {
    let data = fields.required_string("data")?;
    let media_type = match fields.required_string("format")?.as_str() {
        "mp3" => "audio/mpeg".to_owned(),
        other => format!("audio/{other}"),
    };
    Ok(Source::Base64 { media_type, data })
}

/// Takes a file: `file_data`, `file_url` or `file_id`, and `filename`.
pub(super) fn file(fields: &mut Fields) -> Result<Document, BodyError> {
    let title = fields.string("filename")?;
    let source = if let Some(data) = fields.string("file_data")? {
        match at(data) {
            // No address at all, but base64 alone.
            Source::Url(data) => Source::Base64 {
                media_type: media_type_of(title.as_deref()).to_owned(),
                data,
            },
            bytes => bytes,
        }
    } else if let Some(url) = fields.string("file_url")? {
        at(url)
    } else if let Some(id) = fields.string("file_id")? {
        Source::File(id)
    } else {
        return Err(fields.missing("file_data", "a string"));
    };
    Ok(Document {
        source,
        title,
        context: None,
        is_cited: false,
    })
}

fn inline(url: &str) -> Option<(&str, &str)> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    let kind = kind.strip_suffix(";base64")?;
    let media_type = kind.split(';').next().unwrap_or_default();
    (!media_type.is_empty()).then_some((media_type, data))
}

fn media_type_of(name: Option<&str>) -> &'static str {
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let is_ending = |known: &str| ending.is_some_and(|ending| ending.eq_ignore_ascii_case(known));
    let known = MEDIA_TYPES.iter().find(|(known, _)| is_ending(known));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}
