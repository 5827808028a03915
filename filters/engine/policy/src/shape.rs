//! Checks documents against the generated JSON Schema, and says what is wrong in words a person can act upon.
//!
//! A general validator would know the whole of JSON Schema and answer in its terms ("is not valid under any of the
//! schemas listed in anyOf"). This one knows the part that our own schema uses, which a test holds it to, and works on
//! nodes that know their place.

mod checker;
mod reader;

use std::sync::LazyLock;

use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense::DFA};
use serde_json::Value as Json;

use crate::document::Kind;
use crate::report::{Origin, Report};
use crate::schema::schema;
use checker::Checker;
use reader::Reader;

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
    /// A number with a fraction, or a word in its place.
    Fraction {
        least: f64,
        most: f64,
        word: Option<String>,
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
    /// One shape, or a mapping of fields.
    Either(Box<Shape>, Box<Shape>),
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
                    assert_known(&value[0]);
                    assert_known(&value[1]);
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
            Form::Fraction { least, most, .. } => assert!(least < most),
            Form::Boolean => {}
            Form::List { items, .. } => assert_read(items),
            Form::Either(one, fields) => {
                assert_read(one);
                assert_read(fields);
                assert!(!matches!(one.form, Form::Fields { .. }) && matches!(fields.form, Form::Fields { .. }));
            }
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
}
