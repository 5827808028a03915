use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::convert::neutral::Source;

/// The longest name of a document.
const NAME_LENGTH: usize = 200;

const IMAGES: [(&str, &str); 5] = [
    ("image/png", "png"),
    ("image/jpeg", "jpeg"),
    ("image/jpg", "jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
];

const AUDIO: [(&str, &str); 8] = [
    ("audio/wav", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/mpeg", "mp3"),
    ("audio/mp3", "mp3"),
    ("audio/flac", "flac"),
    ("audio/ogg", "ogg"),
    ("audio/opus", "opus"),
    ("audio/aac", "aac"),
];

const DOCUMENTS: [(&str, &str); 9] = [
    ("application/pdf", "pdf"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("application/msword", "doc"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/vnd.ms-excel", "xls"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
];

/// A picture, if Converse takes its type and place.
pub(super) fn image(source: &Source) -> Option<Value> {
    let (format, source) = file(source, &IMAGES)?;
    Some(json!({"image": {"format": format, "source": source}}))
}

/// Sound, if Converse takes its type and place.
pub(super) fn audio(source: &Source) -> Option<Value> {
    let (format, source) = file(source, &AUDIO)?;
    Some(json!({"audio": {"format": format, "source": source}}))
}

/// The format and the source of a document, if Converse takes them.
pub(super) fn document(source: &Source) -> Option<(&'static str, Value)> {
    match source {
        Source::Text(text) => Some(("txt", json!({"text": text}))),
        source => file(source, &DOCUMENTS),
    }
}

fn file(source: &Source, formats: &[(&str, &'static str)]) -> Option<(&'static str, Value)> {
    match source {
        Source::Base64 { media_type, data } => {
            let media_type = media_type.split(';').next().unwrap_or_default().trim();
            let (_, format) = formats.iter().find(|(name, _)| name.eq_ignore_ascii_case(media_type))?;
            Some((format, json!({"bytes": data})))
        }
        Source::Url(url) | Source::File(url) if url.starts_with("s3://") => {
            let (_, ending) = url.rsplit_once('.')?;
            let ending = if ending.eq_ignore_ascii_case("jpg") {
                "jpeg"
            } else {
                ending
            };
            let (_, format) = formats.iter().find(|(_, format)| format.eq_ignore_ascii_case(ending))?;
            Some((format, json!({"s3Location": {"uri": url}})))
        }
        Source::Url(_) | Source::File(_) | Source::Text(_) => None,
    }
}

/// Names of documents: of the characters that Bedrock allows, and each but once in a request.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// The last number behind each plain name.
    numbers: HashMap<String, u64>,
}

// === impl Names ===

impl Names {
    /// The name of a document with that title.
    pub(super) fn name(&mut self, title: Option<&str>) -> String {
        let mut plain = String::new();
        for character in title.unwrap_or("document").chars().take(NAME_LENGTH) {
            let is_allowed = character.is_ascii_alphanumeric() || "-()[]".contains(character);
            match if is_allowed { character } else { ' ' } {
                // More than one white space in a row is not allowed.
                ' ' if plain.is_empty() || plain.ends_with(' ') => {}
                character => plain.push(character),
            }
        }
        let plain = match plain.trim_end() {
            "" => "document",
            plain => plain,
        };
        let mut name = plain.to_owned();
        if !self.taken.insert(name.clone()) {
            // WHY cut first: long names that differ only behind the cut share their numbers.
            let short: String = plain.chars().take(NAME_LENGTH - 24).collect();
            let number = self.numbers.entry(short.clone()).or_insert(1);
            loop {
                *number = number.saturating_add(1);
                name = format!("{short} ({number})");
                if self.taken.insert(name.clone()) {
                    break;
                }
            }
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_documents_are_plain_and_differ() {
        let mut names = Names::default();
        let table = [
            (Some("Report 2026 (final).pdf"), "Report 2026 (final) pdf"),
            (Some("Report_2026 (final).pdf"), "Report 2026 (final) pdf (2)"),
            (Some("  a/../b  "), "a b"),
            (Some("書類"), "document"),
            (None, "document (2)"),
        ];
        for (title, expected) in table {
            assert_eq!(names.name(title), expected);
        }
        assert_eq!(names.name(Some(&"x".repeat(500))).len(), NAME_LENGTH);
        assert!(names.name(Some(&"x".repeat(500))).len() <= NAME_LENGTH);
    }
    #[test]
    fn no_number_is_tried_twice() {
        let mut names = Names::default();
        let documents: u64 = 20_000;
        for number in 0..documents {
            let title = match number % 3 {
                0 => format!("Report ({number})"),
                1 => "Report".to_owned(),
                _ => "x".repeat(500),
            };
            names.name(Some(&title));
        }
        assert_eq!(names.taken.len() as u64, documents);
        // Each try counts up by one.
        assert!(names.numbers.values().sum::<u64>() <= 2 * documents);
    }
}
