//! Envoy's configuration as text, for the bootstrap and for an Envoy without a control plane.
//!
//! The messages are the same that go over xDS; here their bytes are read back by a table of field names
//! ([`schema`]) and written as protobuf's JSON, or as YAML of the same shape. A field that the table lacks is an
//! error, so nothing is lost on the way.

use std::{collections::BTreeMap, fmt::Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use prost::{Message, Name};

mod schema;

use schema::{Field, Kind, Occurrence};

/// What to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One line.
    Json,
    /// Indented by two.
    #[default]
    Yaml,
}

/// A message that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The table of field names lacks one.
    #[error("no name is known for field {number} of {message}")]
    UnknownField {
        /// Full name of the message.
        message: String,
        /// The field.
        number: u32,
    },
    /// The table of field names lacks a message.
    #[error("no fields are known of {message}")]
    UnknownMessage {
        /// Full name of the message.
        message: String,
    },
    /// The bytes are not what the table says.
    #[error("{message} is not encoded as expected")]
    Malformed {
        /// Full name of the message.
        message: String,
    },
}

/// A document, in the order in which it is to be read.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Null,
    Flag(bool),
    Integer(i128),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// A value as protobuf encodes it.
#[derive(Clone, Copy, Debug)]
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

/// Writes a message.
pub(crate) fn render<M: Message + Name>(message: &M, format: Format) -> Result<String, RenderError> {
    let tree = read(&M::full_name(), &message.encode_to_vec())?;
    let mut out = String::new();
    match format {
        Format::Json => write_json(&mut out, &tree),
        Format::Yaml => write_yaml(&mut out, &tree, 0),
    }
    out.push('\n');
    Ok(out)
}

// === reading ===

fn read(message: &str, bytes: &[u8]) -> Result<Tree, RenderError> {
    let values = split(bytes).ok_or_else(|| malformed(message))?;
    if let Some(tree) = read_well_known(message, &values)? {
        return Ok(tree);
    }
    let fields = schema::fields(message).ok_or_else(|| RenderError::UnknownMessage {
        message: message.to_owned(),
    })?;
    if let Some(number) = values
        .keys()
        .find(|number| fields.iter().all(|field| field.number != **number))
    {
        return Err(RenderError::UnknownField {
            message: message.to_owned(),
            number: *number,
        });
    }
    let mut map = Vec::new();
    for field in fields {
        if let Some(values) = values.get(&field.number) {
            map.push((field.name.to_owned(), read_field(message, field, values)?));
        }
    }
    Ok(Tree::Map(map))
}

fn read_field(message: &str, field: &Field, values: &[Wire<'_>]) -> Result<Tree, RenderError> {
    match field.occurrence {
        Occurrence::One => read_one(message, field.kind, values),
        Occurrence::Many => {
            let items = values.iter().map(|value| read_one(message, field.kind, &[*value]));
            Ok(Tree::List(items.collect::<Result<_, _>>()?))
        }
        Occurrence::Map => {
            let entries = values.iter().map(|value| read_entry(message, field.kind, *value));
            let entries = entries.collect::<Result<BTreeMap<_, _>, _>>()?;
            Ok(Tree::Map(entries.into_iter().collect()))
        }
    }
}

fn read_entry(message: &str, kind: Kind, value: Wire<'_>) -> Result<(String, Tree), RenderError> {
    let Wire::Bytes(bytes) = value else {
        return Err(malformed(message));
    };
    let entry = split(bytes).ok_or_else(|| malformed(message))?;
    let key = match entry.get(&1).and_then(|values| values.last()) {
        Some(Wire::Bytes(key)) => String::from_utf8_lossy(key).into_owned(),
        Some(Wire::Varint(_) | Wire::Fixed64(_)) => return Err(malformed(message)),
        None => String::new(),
    };
    let value = entry.get(&2).map_or(&[] as &[_], Vec::as_slice);
    Ok((key, read_one(message, kind, value)?))
}

/// Reads a value that occurs once. Parts of a message that is split are the message when joined, and of anything else
/// the last counts: <https://protobuf.dev/programming-guides/encoding/#last-one-wins>.
fn read_one(message: &str, kind: Kind, values: &[Wire<'_>]) -> Result<Tree, RenderError> {
    match (kind, values.last()) {
        (Kind::Message(name), _) => {
            let joined: Option<Vec<&[u8]>> = values.iter().map(Wire::bytes).collect();
            read(name, &joined.ok_or_else(|| malformed(message))?.concat())
        }
        (Kind::Text, Some(Wire::Bytes(bytes))) => Ok(Tree::Text(String::from_utf8_lossy(bytes).into_owned())),
        (Kind::Bytes, Some(Wire::Bytes(bytes))) => Ok(Tree::Text(STANDARD.encode(bytes))),
        (Kind::Flag, Some(Wire::Varint(value))) => Ok(Tree::Flag(*value != 0)),
        (Kind::Integer, Some(Wire::Varint(value))) => Ok(Tree::Integer(i128::from(*value))),
        (Kind::Choice(name_of), Some(Wire::Varint(value))) => i32::try_from(*value)
            .ok()
            .and_then(name_of)
            .map(|name| Tree::Text(name.to_owned()))
            .ok_or_else(|| malformed(message)),
        (Kind::Text | Kind::Bytes | Kind::Flag | Kind::Integer | Kind::Choice(_), _) => Err(malformed(message)),
    }
}

/// The messages that protobuf's JSON writes in a form of their own:
/// <https://protobuf.dev/programming-guides/json/>.
fn read_well_known(message: &str, values: &BTreeMap<u32, Vec<Wire<'_>>>) -> Result<Option<Tree>, RenderError> {
    let one = |number| values.get(&number).and_then(|values| values.last()).copied();
    let varint = |number| match one(number) {
        Some(Wire::Varint(value)) => value,
        Some(Wire::Fixed64(_) | Wire::Bytes(_)) | None => 0,
    };
    Ok(Some(match message {
        "google.protobuf.UInt32Value" | "google.protobuf.UInt64Value" => Tree::Integer(i128::from(varint(1))),
        "google.protobuf.BoolValue" => Tree::Flag(varint(1) != 0),
        "google.protobuf.Duration" => Tree::Text(duration(varint(1), varint(2))),
        "google.protobuf.Any" => {
            let text = |number| one(number).as_ref().and_then(Wire::bytes).unwrap_or_default();
            let type_url = String::from_utf8_lossy(text(1)).into_owned();
            let name = type_url.rsplit('/').next().unwrap_or_default().to_owned();
            let mut map = vec![("@type".to_owned(), Tree::Text(type_url))];
            match read(&name, text(2))? {
                Tree::Map(fields) => map.extend(fields),
                other => map.push(("value".to_owned(), other)),
            }
            Tree::Map(map)
        }
        "google.protobuf.Struct" => match values.get(&1) {
            None => Tree::Map(Vec::new()),
            Some(entries) => {
                let field = schema::STRUCT_FIELDS;
                read_field(message, &field, entries)?
            }
        },
        "google.protobuf.Value" => match (one(2), one(3), one(4), one(5)) {
            (Some(Wire::Fixed64(bits)), _, _, _) => Tree::Number(f64::from_bits(bits)),
            (_, Some(Wire::Bytes(text)), _, _) => Tree::Text(String::from_utf8_lossy(text).into_owned()),
            (_, _, Some(Wire::Varint(value)), _) => Tree::Flag(value != 0),
            (_, _, _, Some(Wire::Bytes(fields))) => read("google.protobuf.Struct", fields)?,
            _ => Tree::Null,
        },
        _ => return Ok(None),
    }))
}

/// Protobuf's JSON form of a duration: seconds with a fraction, and `s`.
fn duration(seconds: u64, nanoseconds: u64) -> String {
    if nanoseconds == 0 {
        return format!("{seconds}s");
    }
    let fraction = format!("{nanoseconds:09}");
    format!("{seconds}.{}s", fraction.trim_end_matches('0'))
}

/// Splits a message into its fields; `None` if it is not one.
fn split(mut bytes: &[u8]) -> Option<BTreeMap<u32, Vec<Wire<'_>>>> {
    let mut fields: BTreeMap<u32, Vec<Wire<'_>>> = BTreeMap::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let value = match key & 7 {
            0 => Wire::Varint(varint(&mut bytes)?),
            1 => Wire::Fixed64(u64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Wire::Bytes(take(&mut bytes, length)?)
            }
            _ => return None,
        };
        fields.entry(u32::try_from(key >> 3).ok()?).or_default().push(value);
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?.first().copied()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn malformed(message: &str) -> RenderError {
    RenderError::Malformed {
        message: message.to_owned(),
    }
}

impl<'a> Wire<'a> {
    fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Varint(_) | Self::Fixed64(_) => None,
        }
    }
}

// === writing ===

fn write_json(out: &mut String, tree: &Tree) {
    match tree {
        Tree::List(items) => {
            write_sequence(out, '[', items, ']', write_json);
        }
        Tree::Map(entries) => {
            write_sequence(out, '{', entries, '}', |out, (name, value)| {
                out.push_str(&quoted(name));
                out.push(':');
                write_json(out, value);
            });
        }
        Tree::Null | Tree::Flag(_) | Tree::Integer(_) | Tree::Number(_) | Tree::Text(_) => {
            out.push_str(&scalar(tree, quoted));
        }
    }
}

fn write_sequence<T>(out: &mut String, open: char, items: &[T], close: char, write: impl Fn(&mut String, &T)) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(close);
}

/// Writes a block, beginning where the cursor is; its further lines are indented.
fn write_yaml(out: &mut String, tree: &Tree, indent: usize) {
    match tree {
        Tree::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                begin_line(out, index, indent);
                out.push_str("- ");
                write_yaml(out, item, indent + 2);
            }
        }
        Tree::Map(entries) if !entries.is_empty() => {
            for (index, (name, value)) in entries.iter().enumerate() {
                begin_line(out, index, indent);
                out.push_str(&plain_or_quoted(name));
                out.push(':');
                match value {
                    Tree::List(items) if !items.is_empty() => {
                        let _ = write!(out, "\n{:indent$}", "");
                        write_yaml(out, value, indent);
                    }
                    Tree::Map(entries) if !entries.is_empty() => {
                        let deeper = indent + 2;
                        let _ = write!(out, "\n{:deeper$}", "");
                        write_yaml(out, value, deeper);
                    }
                    _ => {
                        out.push(' ');
                        write_yaml(out, value, indent);
                    }
                }
            }
        }
        Tree::List(_) => out.push_str("[]"),
        Tree::Map(_) => out.push_str("{}"),
        Tree::Null | Tree::Flag(_) | Tree::Integer(_) | Tree::Number(_) | Tree::Text(_) => {
            out.push_str(&scalar(tree, plain_or_quoted));
        }
    }
}

fn begin_line(out: &mut String, index: usize, indent: usize) {
    if index > 0 {
        let _ = write!(out, "\n{:indent$}", "");
    }
}

fn scalar(tree: &Tree, text: impl Fn(&str) -> String) -> String {
    match tree {
        Tree::Flag(value) => value.to_string(),
        Tree::Integer(value) => value.to_string(),
        Tree::Number(value) => value.to_string(),
        Tree::Text(value) => text(value),
        Tree::Null | Tree::List(_) | Tree::Map(_) => "null".to_owned(),
    }
}

/// A text that YAML cannot take for anything else stands as it is.
fn plain_or_quoted(text: &str) -> String {
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let is_plain = text
        .chars()
        .all(|each| each.is_ascii_alphanumeric() || "_-./".contains(each));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if starts_well && is_plain && !is_word {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A JSON string, which is a YAML string too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::{
        envoy::config::core::v3::{Address, Node, SocketAddress, address, socket_address},
        google::protobuf::{Duration, Struct, Value, value},
    };

    use super::*;

    fn node(id: &str) -> Node {
        Node {
            id: id.to_owned(),
            cluster: "bartizan".to_owned(),
            ..Node::default()
        }
    }

    #[test]
    fn messages_are_written_by_name() {
        let address = Address {
            address: Some(address::Address::SocketAddress(SocketAddress {
                address: "::1".to_owned(),
                port_specifier: Some(socket_address::PortSpecifier::PortValue(80)),
                ..SocketAddress::default()
            })),
        };
        assert_eq!(
            render(&address, Format::Json).unwrap(),
            "{\"socket_address\":{\"address\":\"::1\",\"port_value\":80}}\n"
        );
        assert_eq!(
            render(&address, Format::Yaml).unwrap(),
            "socket_address:\n  address: \"::1\"\n  port_value: 80\n"
        );
    }

    #[test]
    fn a_field_without_a_name_is_an_error() {
        let mut node = node("edge");
        node.user_agent_name = "envoy".to_owned();
        assert_eq!(
            render(&node, Format::Yaml),
            Err(RenderError::UnknownField {
                message: "envoy.config.core.v3.Node".to_owned(),
                number: 6,
            })
        );
    }

    #[test]
    fn texts_that_yaml_would_misread_are_quoted() {
        for text in [
            "", "true", "No", "12", "1e3", "a: b", "- a", "#", "é", "a\nb", "*", "~", "0x1", ".5",
        ] {
            assert_eq!(plain_or_quoted(text), serde_json::to_string(text).unwrap(), "{text}");
        }
        assert_eq!(
            plain_or_quoted("envoy.filters.http.router"),
            "envoy.filters.http.router"
        );
    }

    #[test]
    fn well_known_messages_have_their_own_form() {
        let duration = |seconds, nanos| render(&Duration { seconds, nanos }, Format::Yaml).unwrap();
        assert_eq!(duration(15, 0), "\"15s\"\n");
        assert_eq!(duration(0, 100_000_000), "\"0.1s\"\n");
        let fields = [
            ("flag", value::Kind::BoolValue(true)),
            ("none", value::Kind::NullValue(0)),
            ("number", value::Kind::NumberValue(1.5)),
            ("text", value::Kind::StringValue("x".to_owned())),
        ];
        let fields = fields.map(|(name, kind)| (name.to_owned(), Value { kind: Some(kind) }));
        assert_eq!(
            render(&Struct { fields: fields.into() }, Format::Json).unwrap(),
            "{\"flag\":true,\"none\":null,\"number\":1.5,\"text\":\"x\"}\n"
        );
    }

    #[test]
    fn bytes_that_are_no_message_are_an_error() {
        assert!(split(&[0x0a, 5, 1]).is_none(), "too short");
        assert!(split(&[0xff; 11]).is_none(), "a varint without end");
        assert!(split(&[0x0b]).is_none(), "a group");
    }
}
