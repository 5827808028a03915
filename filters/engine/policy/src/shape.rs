//! Checks documents against the generated JSON Schema, and says what is wrong in words a person can act upon.
//!
//! A general validator would know the whole of JSON Schema and answer in its terms ("is not valid under any of the
//! schemas listed in anyOf"). This one knows the part that our own schema uses, which a test holds it to, and works on
//! nodes that know their place.

use std::fmt::Write;
use std::sync::LazyLock;

use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense::DFA};
use serde_json::Value as Json;

use crate::document::Kind;
use crate::report::{Origin, Report, quote};
use crate::schema::schema;
use crate::suggest::nearest;
use crate::yaml::{Node, Place, Value};

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let schema = schema();
    let reader = Reader {
        definitions: schema.get("$defs"),
    };
    let kinds = schema.get("oneOf").and_then(Json::as_array);
    kinds.into_iter().flatten().map(|kind| reader.read(kind)).collect()
});

/// Reports every way in which a document's structure is not that of its kind.
pub(crate) fn check(kind: Kind, origin: &Origin<'_>, report: &mut Report) {
    if let Some(shape) = SHAPES.get(kind as usize) {
        let mut checker = Checker {
            origin,
            report,
            path: String::new(),
        };
        checker.check(shape, &origin.node);
    }
}

/// What a value may be.
#[derive(Debug)]
struct Shape {
    form: Form,
    /// Whether nothing may stand in its place.
    nullable: bool,
    /// What it is for.
    description: String,
}

#[derive(Debug)]
enum Form {
    Text(TextForm),
    Choice(Vec<String>),
    Integer {
        least: u64,
        most: u64,
    },
    Boolean,
    List {
        items: Box<Shape>,
        least: u64,
    },
    Fields {
        fields: Vec<(String, Shape)>,
        required: Vec<String>,
    },
    /// The schema says something this module does not know; no schema of ours does.
    Unknown,
}

#[derive(Debug)]
struct TextForm {
    title: String,
    pattern: Option<Box<DFA<Vec<u32>>>>,
    shortest: u64,
    longest: u64,
    /// Whether the text may be a secret, which no message repeats.
    secret: bool,
}

impl TextForm {
    fn admits(&self, text: &str) -> bool {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let matches = |pattern: &DFA<Vec<u32>>| matches!(pattern.try_search_fwd(&Input::new(text)), Ok(Some(_)));
        (self.shortest..=self.longest).contains(&length) && self.pattern.as_deref().is_none_or(matches)
    }
}

struct Reader<'s> {
    definitions: Option<&'s Json>,
}

impl Reader<'_> {
    fn read(&self, schema: &Json) -> Shape {
        let description = text_of(schema, "description").replace('\n', " ");
        if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
            let name = target.trim_start_matches("#/$defs/");
            let mut shape = self
                .definitions
                .and_then(|all| all.get(name))
                .map_or_else(unknown, |all| self.read(all));
            if !matches!(shape.form, Form::Text(_)) && !description.is_empty() {
                shape.description = description;
            }
            return shape;
        }
        if let Some(alternatives) = schema.get("anyOf").and_then(Json::as_array) {
            // Always "this or nothing".
            let mut shape = alternatives.first().map_or_else(unknown, |first| self.read(first));
            shape.nullable = true;
            if !matches!(shape.form, Form::Text(_)) && !description.is_empty() {
                shape.description = description;
            }
            return shape;
        }
        Shape {
            form: self.form(schema),
            nullable: types_of(schema).contains(&"null"),
            description,
        }
    }

    fn form(&self, schema: &Json) -> Form {
        if let Some(only) = schema.get("const").and_then(Json::as_str) {
            return Form::Choice(vec![only.to_owned()]);
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            return Form::Choice(words.iter().filter_map(Json::as_str).map(str::to_owned).collect());
        }
        if let Some(words) = schema.get("oneOf").and_then(Json::as_array) {
            let words = words
                .iter()
                .filter_map(|word| word.get("const"))
                .filter_map(Json::as_str);
            return Form::Choice(words.map(str::to_owned).collect());
        }
        match types_of(schema).first().copied() {
            Some("string") => Form::Text(TextForm {
                title: text_of(schema, "title").to_owned(),
                pattern: schema
                    .get("pattern")
                    .and_then(Json::as_str)
                    .and_then(|pattern| DFA::new(pattern).ok().map(Box::new)),
                shortest: number_of(schema, "minLength").unwrap_or(0),
                longest: number_of(schema, "maxLength").unwrap_or(u64::MAX),
                secret: schema.get("writeOnly").is_some(),
            }),
            Some("integer") => Form::Integer {
                least: number_of(schema, "minimum").unwrap_or(0),
                most: number_of(schema, "maximum").unwrap_or(match text_of(schema, "format") {
                    "uint32" => u64::from(u32::MAX),
                    _ => u64::MAX,
                }),
            },
            Some("boolean") => Form::Boolean,
            Some("array") => Form::List {
                items: Box::new(schema.get("items").map_or_else(unknown, |items| self.read(items))),
                least: number_of(schema, "minItems").unwrap_or(0),
            },
            Some("object") => Form::Fields {
                fields: schema
                    .get("properties")
                    .and_then(Json::as_object)
                    .map(|fields| {
                        fields
                            .iter()
                            .map(|(name, field)| (name.clone(), self.read(field)))
                            .collect()
                    })
                    .unwrap_or_default(),
                required: schema
                    .get("required")
                    .and_then(Json::as_array)
                    .map(|names| names.iter().filter_map(Json::as_str).map(str::to_owned).collect())
                    .unwrap_or_default(),
            },
            _ => Form::Unknown,
        }
    }
}

fn unknown() -> Shape {
    Shape {
        form: Form::Unknown,
        nullable: false,
        description: String::new(),
    }
}

fn text_of<'s>(schema: &'s Json, keyword: &str) -> &'s str {
    schema.get(keyword).and_then(Json::as_str).unwrap_or_default()
}

fn number_of(schema: &Json, keyword: &str) -> Option<u64> {
    schema.get(keyword).and_then(Json::as_u64)
}

fn types_of(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(only)) => vec![only],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

struct Checker<'c> {
    origin: &'c Origin<'c>,
    report: &'c mut Report,
    path: String,
}

impl Checker<'_> {
    fn check(&mut self, shape: &Shape, node: &Node<'_>) {
        match (&shape.form, &node.value) {
            (_, Value::Null) if shape.nullable => {}
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
            (Form::Boolean, Value::Boolean(_)) | (Form::Unknown, _) => {}
            (Form::List { items, least }, Value::List(nodes)) => self.check_list(items, *least, node, nodes),
            (Form::Fields { fields, required }, Value::Map(_)) => self.check_fields(fields, required, node),
            (
                Form::Text(_)
                | Form::Choice(_)
                | Form::Integer { .. }
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
            "remove the credential itself; name an environment variable with env, or a file with file".to_owned()
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
            Form::Boolean => "true or false",
            Form::List { .. } => "a list",
            Form::Fields { .. } => "a mapping of fields",
            Form::Unknown => "another value",
        };
        let (found, remedy) = match (&node.value, &shape.form) {
            (Value::Null, _) => ("nothing", ""),
            (Value::Boolean(_), Form::Text(_)) => ("true or false", "put it in quotes"),
            (Value::Number(..), Form::Text(_)) => ("a number", "put it in quotes"),
            (Value::Text(_), Form::Integer { .. } | Form::Boolean) => ("text", "remove the quotes, if there are any"),
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

    /// Keywords that constrain values; the reader must know each that our schema has.
    const KNOWN: [&str; 20] = [
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
    ];

    fn assert_known(schema: &Json) {
        for (keyword, value) in schema.as_object().unwrap() {
            assert!(
                KNOWN.contains(&keyword.as_str()) || keyword == "writeOnly",
                "{keyword} is not known to the reader"
            );
            match keyword.as_str() {
                "properties" => value.as_object().unwrap().values().for_each(assert_known),
                "items" => assert_known(value),
                "anyOf" => {
                    assert_eq!(value.as_array().unwrap().len(), 2);
                    assert_eq!(value[1], serde_json::json!({"type": "null"}));
                    assert_known(&value[0]);
                }
                "oneOf" => assert!(value.as_array().unwrap().iter().all(|word| word["const"].is_string())),
                "additionalProperties" => assert_eq!(value, &Json::Bool(false)),
                _ => {}
            }
        }
    }

    fn assert_read(shape: &Shape) {
        match &shape.form {
            Form::Text(form) => assert_eq!(form.pattern.is_some(), !form.title.is_empty(), "{form:?}"),
            Form::Choice(words) => assert!(!words.is_empty()),
            Form::Integer { least, most } => assert!(least < most),
            Form::Boolean => {}
            Form::List { items, .. } => assert_read(items),
            Form::Fields { fields, required } => {
                assert!(
                    required
                        .iter()
                        .all(|name| fields.iter().any(|(field, _)| field == name))
                );
                fields.iter().for_each(|(_, shape)| assert_read(shape));
            }
            Form::Unknown => panic!("the schema has a shape that is not read"),
        }
    }

    #[test]
    fn all_of_the_schema_is_read() {
        let schema = schema();
        schema["$defs"].as_object().unwrap().values().for_each(assert_known);
        schema["oneOf"].as_array().unwrap().iter().for_each(assert_known);
        assert_eq!(SHAPES.len(), Kind::ALL.len());
        SHAPES.iter().for_each(assert_read);
    }

    #[test]
    fn descriptions_become_clauses() {
        assert_eq!(clause("A number and s, such as `1m`."), "a number and s, such as 1m");
        assert_eq!(clause("SHA-256 of the key."), "SHA-256 of the key");
        assert_eq!(clause(""), "");
    }
}
