//! Where documents came from, and the mistakes found in them.

use crate::PolicyError;
use crate::yaml::{Node, Place};

/// A document and its file.
#[derive(Debug)]
pub(crate) struct Origin<'t> {
    pub(crate) file: &'t str,
    pub(crate) node: Node<'t>,
}

impl Origin<'_> {
    /// The place of a field such as `spec.keys[0].sha256`, or of the nearest one around it that is there.
    pub(crate) fn place_of(&self, field: &str) -> Place {
        let mut node = &self.node;
        for step in field.split(['.', '[']).filter(|step| !step.is_empty()) {
            let inner = match step.strip_suffix(']') {
                Some(index) => index.parse().ok().and_then(|index| node.item(index)),
                None => node.get(step),
            };
            let Some(inner) = inner else { break };
            node = inner;
        }
        node.place
    }

    /// `file:line` of the document.
    pub(crate) fn line(&self, field: &str) -> String {
        format!("{}:{}", self.file, self.place_of(field).line)
    }

    /// Reports a mistake in a field.
    pub(crate) fn wrong(&self, report: &mut Report, field: &str, message: String, remedy: impl Into<String>) {
        report.add(self.file, self.place_of(field), field, message, remedy.into());
    }
}

/// Mistakes as they are found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Vec<PolicyError>,
}

impl Report {
    pub(crate) fn add(&mut self, file: &str, place: Place, field: &str, message: String, remedy: String) {
        self.errors.push(PolicyError {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            field: field.to_owned(),
            message,
            remedy,
        });
    }

    /// Reports a mistake that is in no particular place.
    pub(crate) fn add_to_all(&mut self, message: &str, remedy: &str) {
        self.add("", Place::default(), "", message.to_owned(), remedy.to_owned());
    }

    /// How many mistakes there are so far.
    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// Every mistake once, sorted by place.
    pub(crate) fn into_errors(mut self) -> Vec<PolicyError> {
        self.errors.sort();
        self.errors.dedup();
        self.errors
    }
}

/// A text as messages show it: in quotes, on one line, and not at any length.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .collect::<String>()
        .escape_debug()
        .to_string();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_not_there_is_placed_at_what_is_around_it() {
        let text = "spec:\n  keys:\n  - id: a\n  - id: b\n";
        let (mut documents, _) = crate::yaml::parse(text);
        let origin = Origin {
            file: "f",
            node: documents.remove(0),
        };
        let table = [
            ("spec.keys[1].id", (4, 9)),
            ("spec.keys[1].sha256", (4, 5)),
            ("spec.keys[7].id", (3, 5)),
            ("spec.limits.requests", (2, 3)),
            ("", (1, 1)),
        ];
        for (field, (line, column)) in table {
            assert_eq!(origin.place_of(field), Place { line, column }, "{field}");
        }
    }

    #[test]
    fn quotes_are_short_and_on_one_line() {
        assert_eq!(quote("a\n\"b\""), r#""a\n\"b\"""#);
        assert_eq!(quote(&"x".repeat(61)), format!("\"{}…\"", "x".repeat(60)));
    }
}
