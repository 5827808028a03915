use crate::{Blind, Part, Place, Side, Surface};

/// Marks JSON that stands in a string of JSON.
const NESTED: &str = r#"\"TEXT\""#;

/// Where among its like an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// By itself. For MCP, that is a message outside of any array.
    Alone,
    /// Before two others.
    First,
    /// Between two others.
    Middle,
    /// After two others.
    Last,
}

impl Position {
    /// Every position.
    pub const ALL: [Self; 4] = [Self::Alone, Self::First, Self::Middle, Self::Last];

    const fn index(self) -> usize {
        match self {
            Self::Alone | Self::First => 0,
            Self::Middle => 1,
            Self::Last => 2,
        }
    }
}

impl Part {
    /// The positions that it can have.
    #[must_use]
    pub fn positions(&self) -> &'static [Position] {
        positions(self.place)
    }

    /// A body with the text in this place, as it is written between quotes.
    #[must_use]
    pub fn body(&self, position: Position, written: &str) -> String {
        // What is JSON within the body's JSON is escaped once more.
        let json = if self.json.contains(NESTED) {
            let twice = written.replace('\\', r"\\").replace('"', r#"\""#);
            self.json.replace("TEXT", &twice)
        } else {
            self.json.replace("TEXT", written)
        };
        body(self.surface, self.side, self.place, &json, position)
    }
}

impl Blind {
    /// The positions that it can have.
    #[must_use]
    pub fn positions(&self) -> &'static [Position] {
        positions(self.place)
    }

    /// A body with it.
    #[must_use]
    pub fn body(&self, position: Position) -> String {
        body(self.surface, self.side, self.place, self.json, position)
    }
}

fn positions(place: Place) -> &'static [Position] {
    match place {
        Place::Body => &[Position::Alone],
        Place::Item => &Position::ALL,
    }
}

fn body(surface: Surface, side: Side, place: Place, json: &str, position: Position) -> String {
    let Frame { members, array, filler } = Frame::of(surface, side);
    if place == Place::Body {
        let has_array = json.contains(&format!("\"{array}\":"));
        let array = if has_array {
            String::new()
        } else {
            format!("\"{array}\":[{filler}],")
        };
        return format!("{{{members}{array}{json}}}");
    }
    let json = json.replace("INDEX", &position.index().to_string());
    let items = match (position, surface) {
        (Position::Alone, Surface::Mcp) => return json,
        (Position::Alone, _) => [json].join(","),
        (Position::First, _) => [&json, filler, filler].join(","),
        (Position::Middle, _) => [filler, &json, filler].join(","),
        (Position::Last, _) => [filler, filler, &json].join(","),
    };
    match surface {
        Surface::Mcp => format!("[{items}]"),
        _ => format!("{{{members}\"{array}\":[{items}]}}"),
    }
}

/// A body less what a part puts into it.
struct Frame {
    /// Members that come first, with a comma behind each.
    members: &'static str,
    /// Name of the array that items are in.
    array: &'static str,
    /// An item that nobody minds.
    filler: &'static str,
}

impl Frame {
    const fn of(surface: Surface, side: Side) -> Self {
        let (members, array, filler) = match (surface, side) {
            (Surface::Chat, Side::Request) => (r#""model":"m","#, "messages", r#"{"role":"user","content":"hello"}"#),
            (Surface::Chat, Side::Answer) => (
                r#""id":"c","object":"chat.completion","model":"m","#,
                "choices",
                r#"{"index":9,"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}"#,
            ),
            (Surface::Responses, Side::Request) => (r#""model":"m","#, "input", r#"{"role":"user","content":"hello"}"#),
            (Surface::Responses, Side::Answer) => (
                r#""id":"r","object":"response","#,
                "output",
                r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hello"}]}"#,
            ),
            (Surface::Embeddings, _) => (r#""model":"m","#, "input", r#""hello""#),
            (Surface::Messages, Side::Request) => (
                r#""model":"m","max_tokens":9,"#,
                "messages",
                r#"{"role":"user","content":"hello"}"#,
            ),
            (Surface::Messages, Side::Answer) => (
                r#""id":"m","type":"message","role":"assistant","#,
                "content",
                r#"{"type":"text","text":"hello"}"#,
            ),
            (Surface::Mcp | Surface::Json, _) => ("", "", r#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#),
        };
        Self { members, array, filler }
    }
}
