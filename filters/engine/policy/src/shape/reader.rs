//! The JSON Schema to shapes.

use regex_automata::dfa::dense::DFA;
use serde_json::Value as Json;

use super::{Form, Shape, TextForm};

pub(super) struct Reader<'s> {
    pub(super) definitions: Option<&'s Json>,
}

impl Reader<'_> {
    pub(super) fn read(&self, schema: &Json) -> Shape {
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
        if let Some([first, second]) = schema.get("anyOf").and_then(Json::as_array).map(Vec::as_slice) {
            let mut shape = self.read(first);
            if types_of(second) == ["null"] {
                shape.nullable = true;
            } else {
                shape.form = Form::Either(Box::new(self.read(first)), Box::new(self.read(second)));
            }
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
            Some("number") => Form::Fraction {
                least: fraction_of(schema, "minimum").unwrap_or(f64::MIN),
                most: fraction_of(schema, "maximum").unwrap_or(f64::MAX),
                word: types_of(schema)
                    .contains(&"string")
                    .then(|| text_of(schema, "pattern").trim_matches(['^', '$']).to_owned()),
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

fn fraction_of(schema: &Json, keyword: &str) -> Option<f64> {
    schema.get(keyword).and_then(Json::as_f64)
}

fn types_of(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(only)) => vec![only],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}
