use serde_json::Value;

use super::{Place, Placed};

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is.
    pub content: Content,
    /// Whether the provider's prompt cache is to remember everything up to here.
    pub cache: Option<CacheMarker>,
    /// Where it was; the root in an answer.
    pub place: Place,
}

/// What a part of a message is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Words.
    Text {
        /// The words.
        text: String,
        /// What they rest on; in answers.
        citations: Vec<Citation>,
    },
    /// The model's words for why it does not answer.
    Refusal(String),
    /// A picture.
    Image {
        /// The picture.
        source: Source,
        /// How closely it is looked at: a word of the client's.
        detail: Option<String>,
    },
    /// Sound.
    Audio {
        /// The sound.
        source: Source,
    },
    /// A document.
    Document(Document),
    /// The model calls a tool.
    ToolCall {
        /// Names the call.
        id: String,
        /// The tool.
        name: String,
        /// JSON text; may be empty for no arguments, and may not be JSON in an answer that was cut short.
        arguments: String,
        /// What the provider wants to see again with the call (Gemini's thought signature), in base64.
        signature: Option<Placed<String>>,
    },
    /// What a tool answered.
    ToolResult {
        /// The call's id.
        call_id: String,
        /// The tool's name, where the dialect tells it; a writer that needs it looks the call up otherwise.
        name: Option<String>,
        /// Text, pictures, documents.
        parts: Vec<Part>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// What the model thought.
    Thinking {
        /// The thoughts, or a summary; may be empty.
        text: String,
        /// The provider's proof that they are its own; it must come back unchanged.
        signature: Option<String>,
    },
    /// Thoughts that only the provider can read.
    RedactedThinking {
        /// Encrypted; must come back unchanged.
        data: String,
    },
}

/// Where the bytes of a picture, a sound or a document are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Here.
    Base64 {
        /// Such as `image/png`.
        media_type: String,
        /// Base64.
        data: String,
    },
    /// Elsewhere.
    Url(String),
    /// With the provider, from an upload.
    File(String),
    /// Here, as text.
    Text(String),
}

/// A document in a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The document.
    pub source: Source,
    /// Its title or file name.
    pub title: Option<String>,
    /// What it is about, for the model.
    pub context: Option<String>,
    /// Whether the answer is to cite it.
    pub is_cited: bool,
}

/// What a piece of an answer rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// The words cited.
    pub text: Option<String>,
    /// Title of the document or page.
    pub title: Option<String>,
    /// Address of the page.
    pub url: Option<String>,
    /// Number of the document in the request.
    pub document: Option<u64>,
    /// The first and the one after the last character, page or block, as `unit` says.
    pub range: Option<(u64, u64)>,
    /// What `range` counts: `char`, `page` or `content_block` of the document; `answer` for characters of the part's own
    /// text that rest on it, which is all of it where there is no range.
    pub unit: Option<&'static str>,
    /// As the provider wrote it, for a client of the same dialect.
    pub raw: Option<Value>,
}

/// Everything up to a part is to be remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheMarker {
    /// For how long, such as `1h`; `None` leaves it to the provider.
    pub lifetime: Option<String>,
}

// === impl Part ===

impl Part {
    /// A part without a cache marker.
    #[must_use]
    pub const fn new(content: Content, place: Place) -> Self {
        Self {
            content,
            cache: None,
            place,
        }
    }

    /// Words.
    #[must_use]
    pub const fn text(text: String, place: Place) -> Self {
        let citations = Vec::new();
        Self::new(Content::Text { text, citations }, place)
    }
}
