//! Nodes against shapes.

use std::fmt::Write;

use super::{Form, Shape, TextForm};
use crate::report::{Origin, Report, quote};
use crate::suggest::nearest;
use crate::yaml::{Node, Place, Value};

pub(super) struct Checker<'c> {
    pub(super) origin: &'c Origin<'c>,
    pub(super) report: &'c mut Report,
    pub(super) path: String,
}

impl Checker<'_> {
    pub(super) fn check(&mut self, shape: &Shape, node: &Node<'_>) {
        match (&shape.form, &node.value) {
            (_, Value::Null) if shape.nullable => {}
            (Form::Either(_, fields), Value::Map(_)) => self.check(fields, node),
            (Form::Either(one, _), _) => self.check(one, node),
            (_, Value::Null) => {
                self.wrong(
                    node.place,
                    "there is no value here".to_owned(),
                    "write one, or remove the field".to_owned(),
                );
            }
            (Form::Text(form), Value::Text(text)) if !form.admits(text) => {
                self.refuse_text(form, shape, node, quote(text));
            }
            (Form::Text(_), Value::Text(_)) => {}
            (Form::Text(form), Value::Number(_, text)) if !form.admits(text) => {
                self.refuse_text(form, shape, node, text.to_string());
            }
            (Form::Choice(words), Value::Text(text)) => self.check_choice(words, node, text),
            (Form::Integer { least, most }, Value::Number(number, text)) => {
                if !number.as_u64().is_some_and(|number| (*least..=*most).contains(&number)) {
                    let remedy = format!("write a whole number from {least} to {most}");
                    self.wrong(node.place, format!("{text} is out of range"), remedy);
                }
            }
            (Form::Fraction { least, most, word }, Value::Number(number, text)) => {
                if !number.as_f64().is_some_and(|number| (*least..=*most).contains(&number)) {
                    let remedy = fraction(*least, *most, word.as_deref());
                    self.wrong(node.place, format!("{text} is out of range"), remedy);
                }
            }
            (
                Form::Fraction {
                    least,
                    most,
                    word: Some(word),
                },
                Value::Text(text),
            ) => {
                if text != word {
                    let remedy = fraction(*least, *most, Some(word));
                    self.wrong(node.place, format!("{} is not a number", quote(text)), remedy);
                }
            }
            (Form::Boolean, Value::Boolean(_)) | (Form::Unknown, _) => {}
            (Form::List { items, least }, Value::List(nodes)) => self.check_list(items, *least, node, nodes),
            (Form::Fields { fields, required }, Value::Map(_)) => self.check_fields(fields, required, node),
            (
                Form::Text(_)
                | Form::Choice(_)
                | Form::Integer { .. }
                | Form::Fraction { .. }
                | Form::Boolean
                | Form::List { .. }
                | Form::Fields { .. },
                _,
            ) => self.refuse_type(shape, node),
        }
    }

    fn refuse_text(&mut self, form: &TextForm, shape: &Shape, node: &Node<'_>, shown: String) {
        let shown = if form.secret { "the text".to_owned() } else { shown };
        let message = format!("{shown} is not {}", with_article(&form.title));
        self.wrong(node.place, message, format!("write {}", clause(&shape.description)));
    }

    fn check_choice(&mut self, words: &[String], node: &Node<'_>, text: &str) {
        if words.iter().any(|word| word == text) {
            return;
        }
        let remedy = match nearest(text, words.iter().map(String::as_str)) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => String::new(),
        };
        let message = match words {
            [only] => format!("{} is not {only}", quote(text)),
            _ => format!("{} is not one of {}", quote(text), words.join(", ")),
        };
        self.wrong(node.place, message, remedy);
    }

    fn check_list(&mut self, items: &Shape, least: u64, node: &Node<'_>, nodes: &[Node<'_>]) {
        if u64::try_from(nodes.len()).is_ok_and(|length| length < least) {
            self.wrong(
                node.place,
                "the list is empty".to_owned(),
                "write at least one entry".to_owned(),
            );
        }
        let length = self.path.len();
        for (index, item) in nodes.iter().enumerate() {
            let _ = write!(self.path, "[{index}]");
            self.check(items, item);
            self.path.truncate(length);
        }
    }

    fn check_fields(&mut self, fields: &[(String, Shape)], required: &[String], node: &Node<'_>) {
        let Value::Map(entries) = &node.value else { return };
        let length = self.path.len();
        for entry in entries {
            self.enter(&entry.key);
            match fields.iter().find(|(name, _)| *name == entry.key) {
                Some((_, shape)) => self.check(shape, &entry.node),
                None => self.refuse_field(&entry.key, entry.key_place, fields, node),
            }
            self.path.truncate(length);
        }
        for name in required.iter().filter(|name| node.get(name).is_none()) {
            self.enter(name);
            let description = fields
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, shape)| &*shape.description);
            let remedy = match description {
                Some(description) if !description.is_empty() => format!("add it: {}", clause(description)),
                _ => "add it".to_owned(),
            };
            self.wrong(node.place, format!("\"{name}\" is missing"), remedy);
            self.path.truncate(length);
        }
    }

    fn refuse_field(&mut self, name: &str, place: Place, fields: &[(String, Shape)], node: &Node<'_>) {
        let is_field_of_a_key = fields.iter().any(|(field, _)| field == "sha256");
        let is_field_of_a_credential = fields.iter().any(|(field, _)| field == "env");
        let absent = fields
            .iter()
            .map(|(field, _)| field.as_str())
            .filter(|field| node.get(field).is_none());
        let remedy = if is_field_of_a_key && SECRET_FIELDS.contains(&name) {
            "remove the key itself; `bartizan key new` makes a key and prints the sha256 to write here".to_owned()
        } else if is_field_of_a_credential && SECRET_FIELDS.contains(&name) {
            "remove the credential itself; name where it is with env, file, vault or aws".to_owned()
        } else if let Some(nearest) = nearest(name, absent) {
            format!("did you mean \"{nearest}\"?")
        } else {
            let known: Vec<_> = fields.iter().map(|(field, _)| field.as_str()).collect();
            format!("the fields here are {}", known.join(", "))
        };
        self.wrong(place, format!("there is no field {}", quote(name)), remedy);
    }

    fn refuse_type(&mut self, shape: &Shape, node: &Node<'_>) {
        let expected = match &shape.form {
            Form::Text(_) | Form::Choice(_) => "text",
            Form::Integer { .. } => "a whole number",
            Form::Fraction { .. } => "a number",
            Form::Boolean => "true or false",
            Form::List { .. } => "a list",
            Form::Fields { .. } => "a mapping of fields",
            Form::Either(..) => "text or a mapping of fields",
            Form::Unknown => "another value",
        };
        let (found, remedy) = match (&node.value, &shape.form) {
            (Value::Null, _) => ("nothing", ""),
            (Value::Boolean(_), Form::Text(_)) => ("true or false", "put it in quotes"),
            (Value::Number(..), Form::Text(_)) => ("a number", "put it in quotes"),
            (Value::Text(_), Form::Integer { .. } | Form::Fraction { .. } | Form::Boolean) => {
                ("text", "remove the quotes, if there are any")
            }
            (Value::Text(_), Form::List { .. }) => ("text", "put it in brackets"),
            (Value::Boolean(_), _) => ("true or false", ""),
            (Value::Number(..), _) => ("a number", ""),
            (Value::Text(_), _) => ("text", ""),
            (Value::List(_), _) => ("a list", ""),
            (Value::Map(_), _) => ("a mapping of fields", ""),
        };
        self.wrong(
            node.place,
            format!("{expected} belongs here, not {found}"),
            remedy.to_owned(),
        );
    }

    fn enter(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }

    fn wrong(&mut self, place: Place, message: String, remedy: String) {
        self.report.add(self.origin.file, place, &self.path, message, remedy);
    }
}

/// What people call a secret that they write where its hash or its place belongs.
const SECRET_FIELDS: [&str; 9] = [
    "key",
    "value",
    "secret",
    "token",
    "apiKey",
    "api_key",
    "password",
    "plaintext",
    "inline",
];

/// What to write where a number belongs, or a word in its place.
fn fraction(least: f64, most: f64, word: Option<&str>) -> String {
    let word = word.map_or_else(String::new, |word| format!(", or {word}"));
    format!("write a number from {least} to {most}{word}")
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// A description as part of a sentence: its beginning in lower case, unless it is a name, and no period or backticks.
fn clause(description: &str) -> String {
    let text = description.trim_end_matches('.').replace('`', "");
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(second).chain(letters).collect()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_become_clauses() {
        assert_eq!(clause("A number and s, such as `1m`."), "a number and s, such as 1m");
        assert_eq!(clause("SHA-256 of the key."), "SHA-256 of the key");
        assert_eq!(clause(""), "");
    }
}
