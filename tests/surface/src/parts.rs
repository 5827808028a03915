use bartizan_prompt::{SpanKind, Unscannable};
use bartizan_verdict::Role;

mod blind;
mod chat;
mod embeddings;
mod mcp;
mod messages;
mod responses;

pub use bartizan_prompt::Surface;
pub use blind::BLIND;

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Request,
    /// The provider.
    Answer,
}

/// A place where there can be text.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Which API.
    pub surface: Surface,
    /// Whose message.
    pub side: Side,
    /// What it is called.
    pub name: &'static str,
    /// Whose words they are.
    pub role: Role,
    /// What they are.
    pub kind: SpanKind,
    /// Where the JSON stands.
    pub place: Place,
    /// The JSON, with `TEXT` where the text stands between quotes; `INDEX` is its number.
    pub json: &'static str,
}

/// Where a part's JSON stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is members of the body.
    Body,
    /// It is one of the messages, items, choices or blocks.
    Item,
}

/// A place with content that cannot be scanned.
#[derive(Clone, Copy, Debug)]
pub struct Blind {
    /// Which API.
    pub surface: Surface,
    /// Whose message.
    pub side: Side,
    /// What it is called.
    pub name: &'static str,
    /// What it is.
    pub kind: Unscannable,
    /// Where the JSON stands.
    pub place: Place,
    /// The JSON.
    pub json: &'static str,
}

/// Every place where there can be text.
pub const PARTS: [&[Part]; 9] = [
    chat::REQUEST,
    chat::ANSWER,
    responses::REQUEST,
    responses::ANSWER,
    embeddings::REQUEST,
    messages::REQUEST,
    messages::ANSWER,
    mcp::REQUEST,
    mcp::ANSWER,
];

macro_rules! parts {
    ($name:ident: $surface:ident $side:ident; $($part:literal $role:ident $kind:ident $place:ident $json:literal,)+) => {
        pub(super) const $name: &[Part] = &[$(Part {
            surface: Surface::$surface,
            side: Side::$side,
            name: $part,
            role: Role::$role,
            kind: SpanKind::$kind,
            place: Place::$place,
            json: $json,
        },)+];
    };
}
use parts;
