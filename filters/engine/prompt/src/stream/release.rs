//! Events that are made for text that was kept back.

use bartizan_wire::json::{Reader, Text, Token};

use super::event::write_line;
use super::number::Numbers;
use super::texts::Left;
use crate::word::is_label;

/// Members of an event that its copy keeps if they are words; they are labels in every dialect that has them.
const LABELS: [&str; 7] = [
    "id",
    "object",
    "model",
    "system_fingerprint",
    "service_tier",
    "type",
    "item_id",
];

/// An array or object that is open.
struct Open {
    /// Where it begins in the copy, its key included.
    start: usize,
    /// Where its inside begins.
    inside: usize,
    closing: u8,
    /// Whether the text is in it.
    holds: bool,
}

/// What the copy of an event is made of.
struct Copy {
    data: Vec<u8>,
    /// The key of the text, as it is written.
    field: String,
    /// Whether the event only opened an Anthropic block, which another event must not do again.
    opens_block: bool,
}

/// Appends an event with the text that is left: the last event of the text with nothing in it but that, so that whoever
/// joins the pieces gets everything once. Nothing if nothing is left.
pub(super) fn write(left: &Left, index: u32, numbers: &mut Numbers, out: &mut Vec<u8>) {
    if left.raw.is_empty() {
        return;
    }
    let template = &left.template;
    let Some(copy) = Copy::make(&template.data, template.at.start, &left.raw, numbers) else {
        return;
    };
    let (mut name, mut data) = (template.name.as_str(), copy.data);
    if copy.opens_block {
        name = if name.is_empty() { "" } else { "content_block_delta" };
        let (field, index) = (copy.field.as_str(), index.to_string());
        data.clear();
        for part in [
            r#"{"type":"content_block_delta","index":"#,
            &index,
            r#","delta":{"type":""#,
            field,
            r#"_delta",""#,
            field,
            r#"":""#,
        ] {
            data.extend_from_slice(part.as_bytes());
        }
        data.extend_from_slice(&left.raw);
        data.extend_from_slice(b"\"}}");
    }
    if !name.is_empty() {
        write_line("event", name.as_bytes(), out);
    }
    write_line("data", &data, out);
    out.push(b'\n');
}

// === impl Copy ===

impl Copy {
    /// Copies the way to the text at `at`, with `raw` in its place: of what lies beside it, only numbers, labels and
    /// nulls at the top, and what tells elements and parts apart. It is numbered anew.
    fn make(data: &[u8], at: usize, raw: &[u8], numbers: &mut Numbers) -> Option<Self> {
        let mut reader = Reader::new(data).ok()?;
        let mut copy = Self {
            data: Vec::with_capacity(data.len() + raw.len()),
            field: String::new(),
            opens_block: false,
        };
        let mut open: Vec<Open> = Vec::new();
        let mut key: Option<Text<'_>> = None;
        while let Some(token) = reader.read().ok()? {
            match token {
                Token::Key(text) => {
                    key = Some(text);
                    continue;
                }
                Token::ObjectStart | Token::ArrayStart => {
                    let start = copy.data.len();
                    copy.key(key);
                    let is_object = matches!(token, Token::ObjectStart);
                    copy.data.push(if is_object { b'{' } else { b'[' });
                    open.push(Open {
                        start,
                        inside: copy.data.len(),
                        closing: if is_object { b'}' } else { b']' },
                        holds: false,
                    });
                }
                Token::ObjectEnd | Token::ArrayEnd => {
                    let closed = open.pop()?;
                    copy.close(&closed, open.last_mut());
                }
                Token::String(text) if text.range().start == at => {
                    copy.opens_block = copy.data.windows(15).any(|part| part == b"\"content_block\"");
                    copy.field = key?.raw().to_owned();
                    copy.key(key);
                    copy.quoted(raw);
                    open.last_mut()?.holds = true;
                }
                other => {
                    if let Some(name) = key
                        && keeps(open.len(), &name, &other)
                    {
                        copy.key(key);
                        let value = data.get(reader.token_range())?;
                        match other {
                            Token::Number(_) if open.len() == 1 && name.is("sequence_number") => {
                                copy.data.extend_from_slice(numbers.take().to_string().as_bytes());
                            }
                            Token::String(_) => copy.quoted(value),
                            _ => copy.data.extend_from_slice(value),
                        }
                    }
                }
            }
            key = None;
        }
        Some(copy)
    }

    /// Writes what stands before a value.
    fn key(&mut self, key: Option<Text<'_>>) {
        if !matches!(self.data.last(), None | Some(b'{' | b'[')) {
            self.data.push(b',');
        }
        if let Some(key) = key {
            self.quoted(key.raw().as_bytes());
            self.data.push(b':');
        }
    }

    fn quoted(&mut self, raw: &[u8]) {
        self.data.push(b'"');
        self.data.extend_from_slice(raw);
        self.data.push(b'"');
    }

    /// Closes an array or object, or takes it back if the text is not in it. Arrays at the top stay, empty: some clients
    /// expect them.
    fn close(&mut self, closed: &Open, parent: Option<&mut Open>) {
        let is_outermost = parent.is_none();
        let is_at_top = parent
            .as_ref()
            .is_some_and(|parent| parent.start == 0 && parent.inside == 1);
        if closed.holds || is_outermost {
            self.data.push(closed.closing);
        } else if closed.closing == b']' && is_at_top {
            self.data.truncate(closed.inside);
            self.data.push(b']');
        } else {
            self.data.truncate(closed.start);
        }
        if let Some(parent) = parent {
            parent.holds |= closed.holds;
        }
    }
}

fn keeps(depth: usize, key: &Text<'_>, value: &Token<'_>) -> bool {
    match value {
        Token::Null => true,
        Token::Number(_) => depth == 1 || key.is("index"),
        Token::String(text) if depth == 1 => is_label(text.raw()) && LABELS.iter().any(|label| key.is(label)),
        Token::String(text) => is_label(text.raw()) && key.is("type"),
        _ => false,
    }
}
