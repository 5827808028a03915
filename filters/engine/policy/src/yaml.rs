//! YAML text to nodes that know their place; every mistake in the text is reported, and nothing is unbounded.
//!
//! Built on the events of `saphyr-parser` rather than on a ready-made tree, because that is where the place of every
//! key and value, duplicate keys and the cost of aliases can be seen.

mod scalar;

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Number};

use crate::report::quote;
use scalar::resolve_plain;

/// The deepest nesting. Policies need ten.
const MAX_DEPTH: usize = 64;

/// The most values in one file; fewer in tests, because a debug build takes seconds for so many. Ten thousand tenants
/// have a quarter of a million.
const MAX_VALUES: usize = if cfg!(test) { 200_000 } else { 2_000_000 };

/// The most values that anchors may name and aliases repeat, in one file.
const MAX_ALIASED_VALUES: usize = 100_000;

/// The most fields of one mapping. Policies need twenty.
const MAX_FIELDS: usize = 1_000;

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A mistake in the text itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) remedy: &'static str,
}

/// A value and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Node<'t> {
    pub(crate) place: Place,
    pub(crate) value: Value<'t>,
}

/// What a node holds, as the core schema of YAML 1.2 resolves it.
#[derive(Clone, Debug)]
pub(crate) enum Value<'t> {
    Null,
    Boolean(bool),
    Number(Number, Cow<'t, str>),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Map(Vec<Field<'t>>),
}

/// One entry of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Field<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_place: Place,
    pub(crate) node: Node<'t>,
}

/// The documents of a file, as far as it could be read, and what is wrong with it.
pub(crate) fn parse(text: &str) -> (Vec<Node<'_>>, Vec<YamlError>) {
    let mut loader = Loader::default();
    let mut parser = Parser::new_from_str(text);
    while loader.state == State::Reading {
        match parser.next_event() {
            Some(Ok((event, span))) => loader.take(event, span),
            Some(Err(error)) => {
                let message = format!("the YAML cannot be read: {}", error.info());
                loader.fail(place_of(*error.marker()), message, "");
                break;
            }
            None => break,
        }
    }
    (loader.documents, loader.errors)
}

impl<'t> Node<'t> {
    /// The entry of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(fields) => fields.iter().find(|field| field.key == key).map(|field| &field.node),
            Value::Null | Value::Boolean(_) | Value::Number(..) | Value::Text(_) | Value::List(_) => None,
        }
    }

    /// The element of a list.
    pub(crate) fn item(&self, index: usize) -> Option<&Self> {
        match &self.value {
            Value::List(items) => items.get(index),
            Value::Null | Value::Boolean(_) | Value::Number(..) | Value::Text(_) | Value::Map(_) => None,
        }
    }

    /// The text of a scalar that is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Boolean(_) | Value::Number(..) | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The same as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(value) => (*value).into(),
            Value::Number(number, _) => number.clone().into(),
            Value::Text(text) => text.as_ref().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(fields) => {
                let fields = fields.iter().map(|field| (field.key.to_string(), field.node.to_json()));
                serde_json::Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }

    /// How many nodes this is, itself included.
    fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::size).sum::<usize>(),
            Value::Map(fields) => fields.iter().map(|field| field.node.size()).sum(),
            Value::Null | Value::Boolean(_) | Value::Number(..) | Value::Text(_) => 0,
        }
    }

    fn depth(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(fields) => fields.iter().map(|field| field.node.depth()).max().unwrap_or(0),
            Value::Null | Value::Boolean(_) | Value::Number(..) | Value::Text(_) => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Reading,
    /// A bound was met; going on would only cost.
    Stopped,
}

/// A list or mapping that has not ended yet.
struct Open<'t> {
    place: Place,
    anchor: usize,
    content: OpenContent<'t>,
}

enum OpenContent<'t> {
    List(Vec<Node<'t>>),
    /// The entries so far, and a key that still waits for its value (`None` for a key that cannot be used).
    Map(Vec<Field<'t>>, Option<(Option<Cow<'t, str>>, Place)>),
}

#[derive(Default)]
struct Loader<'t> {
    documents: Vec<Node<'t>>,
    errors: Vec<YamlError>,
    open: Vec<Open<'t>>,
    anchors: BTreeMap<usize, Node<'t>>,
    values: usize,
    aliased: usize,
    state: State,
}

impl<'t> Loader<'t> {
    fn take(&mut self, event: Event<'t>, span: Span) {
        let place = place_of(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.resolve(text, style, tag.as_deref(), place);
                self.place(Node { place, value }, anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place);
                self.begin(place, anchor, OpenContent::List(Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), place);
                self.begin(place, anchor, OpenContent::Map(Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.repeat(anchor, place),
        }
    }

    fn begin(&mut self, place: Place, anchor: usize, content: OpenContent<'t>) {
        if self.open.len() >= MAX_DEPTH {
            return self.stop(place, format!("the YAML is nested more than {MAX_DEPTH} levels deep"));
        }
        self.open.push(Open { place, anchor, content });
    }

    fn end(&mut self) {
        let Some(Open { place, anchor, content }) = self.open.pop() else {
            return;
        };
        let value = match content {
            OpenContent::List(items) => Value::List(items),
            OpenContent::Map(fields, _) => Value::Map(fields),
        };
        self.place(Node { place, value }, anchor);
    }

    fn repeat(&mut self, anchor: usize, place: Place) {
        let Some(original) = self.anchors.get(&anchor).cloned() else {
            return self.fail(
                place,
                "the alias has no anchor before it".to_owned(),
                "write the value itself",
            );
        };
        if self.open.len() + original.depth() > MAX_DEPTH {
            return self.stop(place, format!("the YAML is nested more than {MAX_DEPTH} levels deep"));
        }
        self.charge_alias(&original, place);
        self.place(Node { place, ..original }, 0);
    }

    /// Counts values that will be there once more; what nests repeats of repeats would else grow without bound.
    fn charge_alias(&mut self, node: &Node<'t>, place: Place) {
        self.aliased = self.aliased.saturating_add(node.size());
        if self.aliased > MAX_ALIASED_VALUES {
            self.stop(
                place,
                format!("anchors and aliases hold more than {MAX_ALIASED_VALUES} values"),
            );
        }
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node<'t>, anchor: usize) {
        let place = node.place;
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES {
            return self.stop(place, format!("the file has more than {MAX_VALUES} values"));
        }
        if anchor > 0 {
            self.charge_alias(&node, place);
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            return self.documents.push(node);
        };
        match &mut parent.content {
            OpenContent::List(items) => items.push(node),
            OpenContent::Map(fields, _) if fields.len() >= MAX_FIELDS => {
                self.stop(place, format!("the mapping has more than {MAX_FIELDS} fields"));
            }
            OpenContent::Map(fields, waiting) => match waiting.take() {
                Some((Some(key), key_place)) => fields.push(Field { key, key_place, node }),
                Some((None, _)) => {}
                None => {
                    let key = key_of(node, fields);
                    *waiting = Some((key.as_ref().ok().cloned(), place));
                    if let Err((message, remedy)) = key {
                        self.fail(place, message, remedy);
                    }
                }
            },
        }
    }

    fn resolve(&mut self, text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Value<'t> {
        let is_string_tag = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        if !is_string_tag {
            self.refuse_tag(tag, place);
        }
        if style == ScalarStyle::Plain && !is_string_tag {
            resolve_plain(text)
        } else {
            Value::Text(text)
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, place: Place) {
        if let Some(tag) = tag {
            let message = format!("the tag {}{} means nothing here", tag.handle, tag.suffix);
            self.fail(place, message, "remove it");
        }
    }

    fn fail(&mut self, place: Place, message: String, remedy: &'static str) {
        self.errors.push(YamlError { place, message, remedy });
    }

    fn stop(&mut self, place: Place, message: String) {
        self.fail(place, message, "");
        self.state = State::Stopped;
    }
}

/// The name of a field, if it is one and not there yet; else what is wrong with it, and the remedy.
fn key_of<'t>(node: Node<'t>, fields: &[Field<'t>]) -> Result<Cow<'t, str>, (String, &'static str)> {
    let key = match node.value {
        Value::Text(text) | Value::Number(_, text) => text,
        Value::Boolean(value) => value.to_string().into(),
        Value::Null | Value::List(_) | Value::Map(_) => {
            return Err(("a field's name must be text".to_owned(), "write a name"));
        }
    };
    match fields.iter().find(|field| field.key == key) {
        None => Ok(key),
        Some(first) => {
            let message = format!(
                "{} is written twice, first in line {}",
                quote(&key),
                first.key_place.line
            );
            Err((message, "keep one"))
        }
    }
}

fn place_of(marker: Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let (documents, errors) = parse(text);
        assert_eq!(errors, [], "{text}");
        documents
            .iter()
            .map(|node| node.to_json().to_string())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn mistakes(text: &str) -> Vec<String> {
        let (_, errors) = parse(text);
        errors
            .iter()
            .map(|error| format!("{}:{} {}", error.place.line, error.place.column, error.message))
            .collect()
    }

    #[test]
    fn a_file_holds_many_documents() {
        assert_eq!(
            json("a: 1\n---\nb: [x, {c: d}]\n---\n"),
            r#"{"a":1} {"b":["x",{"c":"d"}]} null"#
        );
        assert_eq!(json("- '1'\n- !!str 1\n- 1\n-\n"), r#"["1","1",1,null]"#);
        assert_eq!(json(""), "");
        assert_eq!(json("# only a comment\n"), "");
    }

    #[test]
    fn anchors_are_repeated_within_their_document() {
        assert_eq!(json("a: &x {b: 1}\nc: *x"), r#"{"a":{"b":1},"c":{"b":1}}"#);
        assert!(!mistakes("a: &x 1\n---\nb: *x").is_empty());
    }

    #[test]
    fn mistakes_have_places() {
        let table = [
            ("a: 1\nb: 2\na: 3\n", "3:1 \"a\" is written twice, first in line 1"),
            ("a: !secret x\n", "1:4 the tag !secret means nothing here"),
            ("[a]: 1\n", "1:1 a field's name must be text"),
        ];
        for (text, expected) in table {
            assert_eq!(mistakes(text), [expected], "{text}");
        }
        assert_eq!(mistakes("a: [1\nb: 2\n").len(), 1);
        assert_eq!(mistakes("a: 1\na: 2\nb: 1\nb: 2\n").len(), 2);
    }

    #[test]
    fn nothing_is_unbounded() {
        let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
        assert!(mistakes(&deep)[0].contains("64 levels"), "{:?}", mistakes(&deep));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let previous = level - 1;
            let repeated = vec![format!("*a{previous}"); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{repeated}]\n"));
        }
        assert!(mistakes(&bomb)[0].contains("100000 values"), "{:?}", mistakes(&bomb));
        let anchors = format!("{}{}", "&a [".repeat(60), "x, ".repeat(2_000));
        assert!(mistakes(&format!("{anchors}{}", "]".repeat(60)))[0].contains("100000 values"));
        let wide: String = (0..1_001).map(|number| format!("f{number}: x\n")).collect();
        assert!(mistakes(&wide)[0].contains("1000 fields"), "{:?}", mistakes(&wide));
        let long = "- \n".repeat(MAX_VALUES + 1);
        assert!(mistakes(&long)[0].contains("200000 values"), "{:?}", mistakes(&long));
        let mut tower = "a0: &a0 [x]\n".to_owned();
        for level in 1..70 {
            tower.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(mistakes(&tower)[0].contains("64 levels"), "{:?}", mistakes(&tower));
    }
}
